import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { OperationIdSchema } from '#contracts/ids.ts';
import type { AnyRecord, CollectionName } from '#contracts/records/registry.ts';
import { checkAcknowledgedItems, checkItems } from './item-checks.ts';
import { WriteRecord } from './write-record.ts';

const id = (number: number) => `01a00000-0000-7000-8000-${String(number).padStart(12, '0')}`;
const [patient, author, allergy, other] = [id(1), id(2), id(3), id(4)];

/** As it would come from a disk: the checks look at what stands there. */
const record = (body: object, at = 1): AnyRecord =>
  JSON.parse(JSON.stringify({ id: patient, rev: `${at}-${'a'.repeat(32)}`, author, capturedAt: at, body }));
const allergies = (...items: readonly object[]) => record({ allergies: items });
const standing = { id: allergy, substance: 'penicillin' };
const marked = { ...standing, enteredInError: true };

let operations = 100;
function write(
  writes: WriteRecord,
  collection: CollectionName,
  before: AnyRecord | undefined,
  is: AnyRecord,
) {
  operations += 1;
  const op = v.parse(OperationIdSchema, id(operations));
  writes.note({ op, collection, lane: 1, baseRev: null, record: is, at: is.capturedAt }, before, 'w1', true);
}

describe('the items of a record from one version to the next (SIM-20)', () => {
  const check = (was: AnyRecord, is: AnyRecord) => checkItems(new WriteRecord(), 'patients', was, is);

  it('are added and marked as entered in error', () => {
    expect(check(allergies(standing), allergies(marked, { id: other }))).toEqual([]);
  });

  it('do not go, come twice, say something else or lose their mark', () => {
    const place = `patients/${patient} allergies:`;
    expect(check(allergies(standing), allergies())).toEqual([`${place} item ${allergy} is gone`]);
    expect(check(allergies(), allergies(standing, standing))).toEqual([`${place} an item twice`]);
    expect(check(allergies(standing), allergies({ ...standing, substance: 'latex' }))).toEqual([
      `${place} item ${allergy} says something else`,
    ]);
    expect(check(allergies(marked), allergies(standing))).toEqual([
      `${place} item ${allergy} is no longer entered in error`,
    ]);
  });

  it('lose their mark by somebody who had seen it', () => {
    const writes = new WriteRecord();
    write(writes, 'patients', allergies(marked), allergies(standing));
    expect(checkItems(writes, 'patients', allergies(marked), allergies(standing))).toEqual([]);
    expect(checkItems(writes, 'patients', allergies(marked), allergies())).toHaveLength(1);
  });

  it.each([
    ['visits', 'entries'],
    ['visits', 'signatures'],
    ['reviews', 'decisions'],
    ['requests', 'events'],
    ['patients', 'problems'],
  ] as const)('are those of %s %s too', (collection, field) => {
    const was = record({ [field]: [{ id: other }] });
    expect(checkItems(new WriteRecord(), collection, was, record({ [field]: [] }))).toHaveLength(1);
  });
});

describe('the items of acknowledged writes (SIM-20)', () => {
  const review = (field: object) =>
    record({
      subject: { collection: 'patients', id: patient },
      question: {
        kind: 'conflict',
        fields: [field],
        mineRev: `1-${'a'.repeat(32)}`,
        theirsRev: `1-${'b'.repeat(32)}`,
        mineAuthor: author,
        theirsAuthor: author,
      },
      decisions: [],
    });

  function check(
    written: AnyRecord,
    newest: AnyRecord,
    {
      collection = 'patients',
      isExempt = false,
      reviews = [],
    }: {
      readonly collection?: CollectionName;
      readonly isExempt?: boolean;
      readonly reviews?: readonly AnyRecord[];
    } = {},
  ) {
    const writes = new WriteRecord();
    write(writes, collection, undefined, written);
    const all = new Map([[`${collection}/${patient}`, newest] as const]);
    for (const each of reviews) all.set('reviews/one', each);
    return checkAcknowledgedItems({ writes: writes.all(), isExempt: () => isExempt, newest: all });
  }

  it('are in the newest version, with their marks', () => {
    expect(check(allergies(standing), allergies(marked))).toEqual([]);
    expect(check(allergies(standing), allergies())[0]).toContain(`allergies: item ${allergy} is gone`);
    expect(check(allergies(marked), allergies(standing))[0]).toContain('is no longer entered in error');
  });

  it('may be missing if the write is in quarantine or forgotten', () => {
    expect(check(allergies(standing), allergies(), { isExempt: true })).toEqual([]);
  });

  it('may lack a mark that a review asks about, and nothing else', () => {
    const reviews = [review({ field: 'allergies', itemId: allergy })];
    expect(check(allergies(marked), allergies(standing), { reviews })).toEqual([]);
    expect(check(allergies(marked), allergies(), { reviews })).toHaveLength(1);
    const elsewhere = [review({ field: 'allergies', itemId: other })];
    expect(check(allergies(marked), allergies(standing), { reviews: elsewhere })).toHaveLength(1);
  });

  it('may have another moment if only the center says them', () => {
    const events = (kind: string, at: number) => record({ events: [{ id: other, kind, at }] });
    const collection = 'requests';
    expect(check(events('ended', 1), events('ended', 2), { collection })).toEqual([]);
    expect(check(events('seen', 1), events('seen', 2), { collection })).toHaveLength(1);
  });
});
