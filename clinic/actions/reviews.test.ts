import { describe, expect, it } from 'vitest';
import type { AppError } from '#contracts/errors.ts';
import type { RecordId } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import type { ConflictingField, Decision, ReviewBody } from '#contracts/records/reviews.ts';
import type { VisitBody } from '#contracts/records/visits.ts';
import type { Result } from '#contracts/result.ts';
import { newEntryId, newRecordId } from '../ids.ts';
import { countingDecision } from '../reviews/review-decisions.ts';
import { deriveVisit } from '../visit-state.ts';
import { conflictOver, disputedPatient } from './disputed-patient.ts';
import { isSameJson } from './json-equality.ts';
import { createMemoryReader, strangeId, testContext } from './memory-reader.ts';
import { carryOutDecision, settleReview } from './settle-review.ts';

const codeOf = (result: Result<unknown, AppError>) => (result.ok ? 'ok' : result.error.code);
const json = (value: unknown) => JSON.stringify(value);

function asked(body: PatientBody, fields: ConflictingField[]) {
  const reader = createMemoryReader();
  const id = newRecordId(testContext.newId);
  const reviewId = newRecordId(testContext.newId);
  const review = conflictOver({ collection: 'patients', id }, fields);
  const set = (patientBody: PatientBody) =>
    reader.apply({ subject: id, writes: [{ collection: 'patients', id, body: patientBody, audit: 't' }] });
  set(body);
  reader.apply({
    subject: reviewId,
    writes: [{ collection: 'reviews', id: reviewId, body: review, audit: 't' }],
  });
  const settle = (choice: Decision['choice']) => settleReview(reader, { id: reviewId, choice }, testContext);
  return { reader, id, reviewId, settle, set };
}

const phones = [
  { field: 'phone', base: json('+998900000000'), mine: json('+998902222222'), theirs: json('+998901111111') },
];

describe('settling a conflict', () => {
  it('keeps the center value: only the decision is written', () => {
    const { settle, reviewId } = asked(disputedPatient, phones);
    const result = settle('theirs');
    if (!result.ok) throw new Error('refused');
    expect(result.value.writes.map((write) => [write.collection, write.id])).toEqual([['reviews', reviewId]]);
  });

  it('writes the other value back together with the decision', () => {
    const { settle, reader, id, reviewId } = asked(disputedPatient, phones);
    const result = settle('mine');
    if (!result.ok) throw new Error('refused');
    reader.apply(result.value);
    expect(result.value.subject).toBe(reviewId);
    expect(reader.get('patients', id)?.body.phone).toBe('+998902222222');
    expect(reader.get('reviews', reviewId)?.body.decisions).toMatchObject([{ choice: 'mine' }]);
    expect(codeOf(settle('theirs'))).toBe('record.changed-meanwhile');
  });

  it('removes a field that one side had removed', () => {
    const { settle, reader, id } = asked(disputedPatient, [
      { field: 'phone', theirs: json('+998901111111') },
    ]);
    const result = settle('mine');
    if (!result.ok) throw new Error('refused');
    reader.apply(result.value);
    const body = reader.get('patients', id)?.body;
    expect(body !== undefined && 'phone' in body).toBe(false);
  });

  it('overwrites no value that the question did not show', () => {
    const { settle, set } = asked(disputedPatient, phones);
    set({ ...disputedPatient, phone: '+998903333333' });
    expect(codeOf(settle('mine'))).toBe('record.changed-meanwhile');
    expect(codeOf(settle('theirs'))).toBe('record.changed-meanwhile');
    expect(codeOf(settle('present'))).toBe('ok');
  });

  it('overwrites it once the screen has shown it, and keeps it on demand', () => {
    const { reader, set, id, reviewId } = asked(disputedPatient, phones);
    set({ ...disputedPatient, phone: '+998903333333' });
    const subjectRev = reader.get('patients', id)?.rev;
    const mine = settleReview(reader, { id: reviewId, choice: 'mine', subjectRev }, testContext);
    if (!mine.ok) throw new Error('refused');
    expect(mine.value.writes).toMatchObject([
      { body: { phone: '+998902222222' } },
      { collection: 'reviews' },
    ]);
    const kept = settleReview(reader, { id: reviewId, choice: 'present' }, testContext);
    expect(kept.ok && kept.value.writes).toHaveLength(1);
    set({ ...disputedPatient, phone: '+998904444444' });
    expect(codeOf(settleReview(reader, { id: reviewId, choice: 'mine', subjectRev }, testContext))).toBe(
      'record.changed-meanwhile',
    );
  });

  it('REV-A2: shows a standing allergy whatever side is chosen (MRG-9)', () => {
    const penicillin = {
      id: newEntryId(testContext.newId),
      substance: 'Penitsillin',
      at: 1,
      by: testContext.person,
    };
    const disputed = { ...disputedPatient, allergyStatus: 'known' as const, allergies: [penicillin] };
    const { settle, reader, id } = asked(disputed, [
      { field: 'allergyStatus', base: json('not-recorded'), mine: json('none-known'), theirs: json('known') },
    ]);
    const result = settle('mine');
    if (!result.ok) throw new Error('refused');
    reader.apply(result.value);
    expect(reader.get('patients', id)?.body).toMatchObject({
      allergyStatus: 'known',
      allergies: [penicillin],
    });
  });

  it('REV-A5: of two decisions made without knowing of each other the first is carried out', () => {
    const { settle, reader, id, reviewId, set } = asked(disputedPatient, phones);
    const result = settle('mine');
    if (!result.ok) throw new Error('refused');
    reader.apply(result.value);
    const review = reader.get('reviews', reviewId)?.body;
    const [passedOver] = review?.decisions ?? [];
    if (review === undefined || passedOver === undefined) throw new Error('no review');
    const decisions = [{ ...passedOver, id: strangeId, choice: 'theirs' as const }, passedOver];
    reader.apply({
      subject: reviewId,
      writes: [{ collection: 'reviews', id: reviewId, body: { ...review, decisions }, audit: 't' }],
    });
    const carryOut = () => {
      const carried = carryOutDecision(reader, reviewId, testContext);
      if (!carried.ok) throw new Error('refused');
      reader.apply({ subject: id, writes: carried.value });
      return carried.value.length;
    };
    expect(carryOut()).toBe(1);
    expect(reader.get('patients', id)?.body.phone).toBe('+998901111111');
    expect(carryOut()).toBe(0);
    set({ ...disputedPatient, phone: '+998906666666' });
    expect(carryOut()).toBe(0);
  });

  it('REV-A4: a decision is changed or taken back only by whoever names it', () => {
    const { reader, id, reviewId } = asked(disputedPatient, phones);
    const settle = (choice: Decision['choice'], changes?: string) => {
      const result = settleReview(
        reader,
        { id: reviewId, choice, ...(changes === undefined ? {} : { changes }) },
        testContext,
      );
      if (result.ok) reader.apply(result.value);
      return codeOf(result);
    };
    const counting = () => countingDecision(reader.get('reviews', reviewId)?.body ?? { decisions: [] });
    const phone = () => reader.get('patients', id)?.body.phone;
    expect(settle('taken-back')).toBe('record.invalid');
    expect(settle('mine', strangeId)).toBe('record.changed-meanwhile');
    expect(settle('mine')).toBe('ok');
    expect(phone()).toBe('+998902222222');
    const first = counting()?.id;
    expect(settle('theirs')).toBe('record.changed-meanwhile');
    expect(settle('taken-back', strangeId)).toBe('record.changed-meanwhile');
    expect(settle('taken-back', first)).toBe('ok');
    expect(phone()).toBe('+998901111111');
    expect(counting()?.choice).toBe('taken-back');
    expect(settle('mine')).toBe('ok');
    expect(settle('theirs', counting()?.id)).toBe('ok');
    expect(phone()).toBe('+998901111111');
    expect(reader.get('reviews', reviewId)?.body.decisions).toHaveLength(4);
  });

  it('taking back leaves a value alone that somebody wrote since', () => {
    const { reader, id, reviewId, set, settle } = asked(disputedPatient, phones);
    const first = settle('mine');
    if (!first.ok) throw new Error('refused');
    reader.apply(first.value);
    set({ ...disputedPatient, phone: '+998905555555' });
    const changes = reader.get('reviews', reviewId)?.body.decisions[0]?.id;
    const back = settleReview(reader, { id: reviewId, choice: 'taken-back', changes }, testContext);
    expect(back.ok && back.value.writes).toHaveLength(1);
    expect(reader.get('patients', id)?.body.phone).toBe('+998905555555');
  });

  it('replaces one item of a union field', () => {
    const item = (substance: string) => ({
      id: newEntryId(() => '0190a000-0000-7000-8000-00000000aaaa'),
      substance,
      at: 1,
      by: testContext.person,
    });
    const fields = [
      {
        field: 'allergies',
        itemId: item('').id,
        mine: json(item('Penitsillin')),
        theirs: json(item('Penicillin')),
      },
    ];
    const known: PatientBody = {
      ...disputedPatient,
      allergyStatus: 'known',
      allergies: [item('Penicillin')],
    };
    const { settle, reader, id } = asked(known, fields);
    const result = settle('mine');
    if (!result.ok) throw new Error('refused');
    reader.apply(result.value);
    expect(reader.get('patients', id)?.body.allergies).toEqual([item('Penitsillin')]);
    const meanwhile = asked({ ...known, allergies: [item('Ampitsillin')] }, fields);
    expect(codeOf(meanwhile.settle('mine'))).toBe('record.changed-meanwhile');
  });

  it('refuses a choice of the other kind, broken values, and strangers', () => {
    const { settle, reader } = asked(disputedPatient, phones);
    expect(codeOf(settle('same'))).toBe('record.invalid');
    expect(codeOf(settleReview(reader, { id: strangeId, choice: 'mine' }, testContext))).toBe(
      'record.not-found',
    );
    expect(codeOf(asked(disputedPatient, [{ ...phones[0], field: 'nonsense' }]).settle('mine'))).toBe(
      'record.invalid',
    );
    expect(codeOf(asked(disputedPatient, [{ field: 'phone', mine: '{', theirs: '1' }]).settle('mine'))).toBe(
      'record.invalid',
    );
    const unfit = [{ field: 'phone', mine: json('12'), theirs: json('+998901111111') }];
    expect(codeOf(asked(disputedPatient, unfit).settle('mine'))).toBe('record.invalid');
  });
});

describe('settling a conflict of visit entries', () => {
  it('adds the other reading as a correction, since entries never change', () => {
    const reader = createMemoryReader();
    const id: RecordId = newRecordId(testContext.newId);
    const reviewId = newRecordId(testContext.newId);
    const entryId = newEntryId(testContext.newId);
    const note = (text: string) => ({
      kind: 'note' as const,
      id: entryId,
      at: 1,
      by: testContext.person,
      text,
    });
    const body: VisitBody = {
      patientId: strangeId,
      day: testContext.today,
      reason: '',
      urgency: 'routine',
      entries: [note('theirs')],
    };
    const review = conflictOver({ collection: 'visits', id }, [
      { field: 'entries', itemId: entryId, mine: json(note('mine')), theirs: json(note('theirs')) },
    ]);
    reader.apply({
      subject: id,
      writes: [
        { collection: 'visits', id, body, audit: 't' },
        { collection: 'reviews', id: reviewId, body: review, audit: 't' },
      ],
    });
    const result = settleReview(reader, { id: reviewId, choice: 'mine' }, testContext);
    if (!result.ok) throw new Error('refused');
    reader.apply(result.value);
    const written = reader.get('visits', id)?.body;
    if (written === undefined) throw new Error('missing');
    expect(written.entries[0]).toEqual(note('theirs'));
    expect(deriveVisit(written).entries).toMatchObject([{ text: 'mine', amends: entryId }]);
  });
});

describe('settling a possible duplicate', () => {
  it('"different" appends the decision only', () => {
    const reader = createMemoryReader();
    const id = newRecordId(testContext.newId);
    const body: ReviewBody = {
      subject: { collection: 'patients', id: strangeId },
      question: { kind: 'possible-duplicate', other: strangeId, score: 0.9 },
      decisions: [],
    };
    reader.apply({ subject: id, writes: [{ collection: 'reviews', id, body, audit: 't' }] });
    expect(codeOf(settleReview(reader, { id, choice: 'mine' }, testContext))).toBe('record.invalid');
    const result = settleReview(reader, { id, choice: 'different' }, testContext);
    expect(result.ok && result.value.writes).toHaveLength(1);
  });
});

describe('comparing JSON values', () => {
  it('ignores the order of members and nothing else', () => {
    expect(isSameJson({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toBe(true);
    expect(isSameJson({ a: undefined }, {})).toBe(true);
    expect(isSameJson([1, 2], [2, 1])).toBe(false);
    expect(isSameJson({ a: 1 }, { a: 1, b: 2 })).toBe(false);
    expect(isSameJson(null, {})).toBe(false);
    expect(isSameJson([], {})).toBe(false);
  });
});
