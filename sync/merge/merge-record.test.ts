import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type PatientBody, PatientBodySchema } from '#contracts/records/patients.ts';
import { ReviewBodySchema } from '#contracts/records/reviews.ts';
import { StaffBodySchema } from '#contracts/records/staff.ts';
import { type VisitBody, VisitBodySchema } from '#contracts/records/visits.ts';
import { mergeRecord } from './merge-record.ts';

const id = (tail: number) => `0190a000-0000-7000-8000-${tail.toString(16).padStart(12, '0')}`;
const by = id(1);

const patient = (changes: Record<string, unknown> = {}): PatientBody =>
  v.parse(PatientBodySchema, {
    name: { family: 'Karimova', given: 'Dilnoza' },
    sex: 'female',
    birth: { date: '1984' },
    phone: '+998901111111',
    allergyStatus: 'not-recorded',
    allergies: [],
    problems: [],
    ...changes,
  });

const visit = (entries: readonly unknown[]): VisitBody =>
  v.parse(VisitBodySchema, { patientId: id(2), day: '2026-03-01', reason: '', urgency: 'routine', entries });

const note = (tail: number, text: string, more: Record<string, unknown> = {}) => ({
  kind: 'note',
  id: id(tail),
  at: 1,
  by,
  text,
  ...more,
});

describe('mergeRecord', () => {
  it('keeps the center value of a field both changed, and asks', () => {
    const merged = mergeRecord('patients', {
      base: patient(),
      mine: patient({ phone: '+998902222222', bloodGroup: 'A+' }),
      theirs: patient({ phone: '+998903333333' }),
    });
    expect(merged.body).toEqual(patient({ phone: '+998903333333', bloodGroup: 'A+' }));
    expect(merged.conflicts).toEqual([
      { field: 'phone', base: '"+998901111111"', mine: '"+998902222222"', theirs: '"+998903333333"' },
    ]);
  });

  it('takes a removed field from the one side that removed it', () => {
    const { phone: _phone, ...without } = patient();
    expect(mergeRecord('patients', { base: patient(), mine: without, theirs: patient() }).body).toEqual(
      without,
    );
  });

  it('keeps entries of both sides, the center order first', () => {
    const base = visit([note(10, 'first')]);
    const merged = mergeRecord('visits', {
      base,
      mine: visit([note(10, 'first'), note(11, 'nurse')]),
      theirs: visit([note(10, 'first'), note(12, 'doctor')]),
    });
    expect(merged.body.entries.map((entry) => entry.id)).toEqual([id(10), id(12), id(11)]);
    expect(merged.conflicts).toEqual([]);
  });

  it('keeps signatures of both sides, and never another one under the same id (SIG-8)', () => {
    const signature = (tail: number, at: number) => ({
      id: id(tail),
      at,
      by,
      key: '0'.repeat(32),
      entries: [id(10)],
      signature: `${'A'.repeat(86)}==`,
    });
    const signed = (...signatures: readonly unknown[]): VisitBody =>
      v.parse(VisitBodySchema, { ...visit([note(10, 'first')]), signatures });
    const base = visit([note(10, 'first')]);
    const both = mergeRecord('visits', {
      base,
      mine: signed(signature(20, 1)),
      theirs: signed(signature(21, 2)),
    });
    expect(both.body.signatures?.map((each) => each.id)).toEqual([id(21), id(20)]);
    expect(both.conflicts).toEqual([]);
    const alone = mergeRecord('visits', { base, mine: signed(signature(20, 1)), theirs: base });
    expect(alone.body).toEqual(signed(signature(20, 1)));
    const forged = mergeRecord('visits', {
      base: signed(signature(20, 1)),
      mine: signed(signature(20, 9)),
      theirs: signed(signature(20, 1)),
    });
    expect(forged.body).toEqual(signed(signature(20, 1)));
    expect(forged.conflicts).toMatchObject([{ field: 'signatures', itemId: id(20) }]);
  });

  it.each(['mine', 'theirs'] as const)('keeps the mark of an allergy that was set in %s (MRG-2)', (side) => {
    const allergy = { id: id(30), substance: 'penicillin', at: 1, by };
    const base = patient({ allergyStatus: 'known', allergies: [allergy] });
    const marked = patient({ allergies: [{ ...allergy, enteredInError: true }] });
    const edited = patient({ allergyStatus: 'known', allergies: [allergy], bloodGroup: 'A+' });
    const sides = side === 'mine' ? { mine: marked, theirs: edited } : { mine: edited, theirs: marked };
    const merged = mergeRecord('patients', { base, ...sides });
    expect(merged.body).toEqual({ ...marked, bloodGroup: 'A+' });
    expect(merged.conflicts).toEqual([]);
  });

  it('never changes an entry once written, even on one side (MRG-3)', () => {
    const base = visit([note(10, 'first')]);
    const merged = mergeRecord('visits', { base, mine: visit([note(10, 'rewritten')]), theirs: base });
    expect(merged.body).toEqual(base);
    expect(merged.conflicts).toMatchObject([{ field: 'entries', itemId: id(10) }]);
  });

  it('asks when one side voided what the other corrected (MRG-5)', () => {
    const base = visit([note(10, 'first')]);
    const voiding = { kind: 'void', id: id(11), at: 2, by, amends: id(10), reason: 'wrong patient' };
    const correction = note(12, 'corrected', { amends: id(10) });
    const merged = mergeRecord('visits', {
      base,
      mine: visit([note(10, 'first'), voiding]),
      theirs: visit([note(10, 'first'), correction]),
    });
    expect(merged.body.entries).toHaveLength(3);
    expect(merged.conflicts).toMatchObject([{ field: 'entries', itemId: id(11) }]);
    const [asked] = merged.conflicts;
    expect(JSON.parse(asked?.base ?? '')).toEqual(base.entries[0]);
    expect(JSON.parse(asked?.mine ?? '')).toEqual(voiding);
    expect(JSON.parse(asked?.theirs ?? '')).toEqual(correction);
  });

  it('leaves staff to the center and asks about what was changed here (MRG-4)', () => {
    const person = (changes: Record<string, unknown>) =>
      v.parse(StaffBodySchema, {
        name: { family: 'A', given: 'B' },
        roles: ['nurse'],
        active: true,
        ...changes,
      });
    const merged = mergeRecord('staff', {
      base: person({}),
      mine: person({ roles: ['doctor'] }),
      theirs: person({ active: false }),
    });
    expect(merged.body).toEqual(person({ active: false }));
    expect(merged.conflicts.map(({ field }) => field)).toEqual(['roles']);
  });

  it('says so when the merge fits no schema, and keeps the center version (MRG-7)', () => {
    const entries = (from: number) => Array.from({ length: 300 }, (_, index) => note(from + index, 'x'));
    const theirs = visit(entries(1000));
    const merged = mergeRecord('visits', { base: visit([]), mine: visit(entries(5000)), theirs });
    expect(merged).toEqual({ body: theirs, conflicts: [], keepsMine: false });
  });

  it('says so when a value is too long for a review (MRG-7)', () => {
    const review = (mine: string) =>
      v.parse(ReviewBodySchema, {
        subject: { collection: 'patients', id: id(2) },
        question: {
          kind: 'conflict',
          fields: [{ field: 'address', mine }],
          mineRev: `1-${'a'.repeat(32)}`,
          theirsRev: `1-${'b'.repeat(32)}`,
          mineAuthor: by,
          theirsAuthor: by,
        },
        decisions: [],
      });
    const merged = mergeRecord('reviews', {
      base: review('1'),
      mine: review('m'.repeat(65_000)),
      theirs: review('"'.repeat(65_000)),
    });
    expect(merged.keepsMine).toBe(false);
    expect(merged.body).toEqual(review('"'.repeat(65_000)));
    for (const conflict of merged.conflicts) expect(JSON.stringify(conflict).length).toBeLessThan(200_000);
  });

  it('loses nothing of a list that repeats an id', () => {
    const twice = visit([note(10, 'one'), note(10, 'two')]);
    const merged = mergeRecord('visits', { base: visit([]), mine: twice, theirs: visit([]) });
    expect(merged.body).toEqual(twice);
  });
});
