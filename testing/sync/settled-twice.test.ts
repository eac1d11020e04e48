import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { conflictOver, disputedPatient as patient } from '#clinic/actions/disputed-patient.ts';
import { createMemoryReader, strangeId, testContext } from '#clinic/actions/memory-reader.ts';
import { carryOutDecision, settleReview } from '#clinic/actions/settle-review.ts';
import { newRecordId } from '#clinic/ids.ts';
import { survivorOf } from '#clinic/patient-links.ts';
import { countingDecision, isOpenReview, passedOverDecisions } from '#clinic/reviews/review-decisions.ts';
import { type RecordId, type Revision, RevisionSchema } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import type { BodyByCollection } from '#contracts/records/registry.ts';
import type { Decision, ReviewBody } from '#contracts/records/reviews.ts';
import { mergeRecord } from '#sync/merge/merge-record.ts';

const rev = v.parse(RevisionSchema, `1-${'0'.repeat(32)}`);
const phone = { field: 'phone', mine: '"+998902222222"', theirs: '"+998901111111"' };
const conflict = (id: RecordId) => conflictOver({ collection: 'patients', id }, [phone], rev);

type State = { patients: Record<string, PatientBody>; review: ReviewBody };

/** A workstation alone with its records: decides, and merges what the center has like the exchange does. */
function workstation(before: State, reviewId: RecordId) {
  const reader = createMemoryReader();
  const put = <C extends 'patients' | 'reviews'>(collection: C, id: RecordId, body: BodyByCollection[C]) => {
    const write = { collection, id, body, audit: 't' };
    reader.apply({ subject: id, writes: [write as Parameters<typeof reader.apply>[0]['writes'][number]] });
  };
  const ids = Object.keys(before.patients) as RecordId[];
  for (const id of ids) put('patients', id, before.patients[id] ?? patient);
  put('reviews', reviewId, before.review);
  const state = (): State => ({
    patients: Object.fromEntries(ids.map((id) => [id, reader.get('patients', id)?.body ?? patient])),
    review: reader.get('reviews', reviewId)?.body ?? before.review,
  });
  return {
    reader,
    state,
    revOf: (id: RecordId) => reader.get('patients', id)?.rev,
    settle: (choice: Decision['choice'], goesOn?: RecordId, subjectRev?: Revision) => {
      const input = { id: reviewId, choice, goesOn, subjectRev };
      const settled = settleReview(reader, input, testContext);
      if (!settled.ok) throw new Error(settled.error.code);
      reader.apply(settled.value);
    },
    /** `theirs` is the center's state, reached by another workstation first. */
    merge: (theirs: State) => {
      const mine = state();
      for (const id of ids) {
        const sides = {
          base: before.patients[id],
          mine: mine.patients[id] ?? patient,
          theirs: theirs.patients[id] ?? patient,
        };
        const merged = mergeRecord('patients', sides);
        expect(merged.conflicts).toEqual([]);
        put('patients', id, merged.body);
      }
      const merged = mergeRecord('reviews', {
        base: before.review,
        mine: mine.review,
        theirs: theirs.review,
      });
      expect([merged.conflicts, merged.keepsMine]).toEqual([[], true]);
      put('reviews', reviewId, merged.body);
    },
    carryOut: () => {
      const carried = carryOutDecision(reader, reviewId, testContext);
      if (!carried.ok) throw new Error(carried.error.code);
      reader.apply({ subject: reviewId, writes: carried.value });
      return carried.value.length;
    },
    receive: (center: State) => {
      for (const id of ids) put('patients', id, center.patients[id] ?? patient);
      put('reviews', reviewId, center.review);
    },
  };
}

/** The first reaches the center as it is, the second merges into that, the first gets the result. */
function exchange(first: ReturnType<typeof workstation>, second: ReturnType<typeof workstation>) {
  second.merge(first.state());
  first.receive(second.state());
}

describe('REV-A4, REV-A5: two workstations settle one question differently without a link', () => {
  it.each([
    ['theirs', 'mine', '+998901111111'],
    ['mine', 'theirs', '+998902222222'],
  ] as const)('%s before %s', (earlier, later, phone) => {
    const [id, reviewId] = [newRecordId(testContext.newId), newRecordId(testContext.newId)];
    const before = { patients: { [id]: patient }, review: conflict(id) };
    const [first, second] = [workstation(before, reviewId), workstation(before, reviewId)];
    first.settle(earlier);
    second.settle(later);
    exchange(first, second);
    for (const each of [first, second]) {
      each.carryOut();
      expect(each.carryOut()).toBe(0);
      expect(countingDecision(each.state().review)?.choice).toBe(earlier);
      expect(passedOverDecisions(each.state().review).map(({ choice }) => choice)).toEqual([later]);
    }
    expect(second.state()).toEqual(first.state());
    expect(first.state().patients[id]?.phone).toBe(phone);
  });

  it('"what it says now" before "mine": nobody knows any more what it said, so the question is open again', () => {
    const [id, reviewId] = [newRecordId(testContext.newId), newRecordId(testContext.newId)];
    const before = { patients: { [id]: { ...patient, phone: '+998903333333' } }, review: conflict(id) };
    const [first, second] = [workstation(before, reviewId), workstation(before, reviewId)];
    first.settle('present');
    second.settle('mine', undefined, second.revOf(id));
    exchange(first, second);
    for (const each of [first, second]) {
      expect(each.carryOut()).toBe(0);
      expect(isOpenReview(each.state().review)).toBe(true);
    }
    first.settle('present');
    expect(isOpenReview(first.state().review)).toBe(false);
  });

  it.each([
    ['different', 'same'],
    ['same', 'different'],
  ] as const)('%s before %s', (earlier, later) => {
    const [one, other] = [newRecordId(testContext.newId), newRecordId(testContext.newId)];
    const reviewId = newRecordId(testContext.newId);
    const review: ReviewBody = {
      subject: { collection: 'patients', id: one },
      question: { kind: 'possible-duplicate', other, score: 0.7 },
      decisions: [],
    };
    const before = { patients: { [one]: patient, [other]: patient }, review };
    const [first, second] = [workstation(before, reviewId), workstation(before, reviewId)];
    first.settle(earlier, earlier === 'same' ? one : undefined);
    second.settle(later, later === 'same' ? one : undefined);
    exchange(first, second);
    for (const each of [first, second]) each.carryOut();
    expect(second.state()).toEqual(first.state());
    expect(survivorOf(first.reader, other)).toBe(earlier === 'same' ? one : other);
  });

  it('LNK-P2: both say "same", each the other way round: both see the same record go on', () => {
    const [one, other] = [newRecordId(testContext.newId), newRecordId(testContext.newId)];
    const reviewId = newRecordId(testContext.newId);
    const review: ReviewBody = {
      subject: { collection: 'patients', id: one },
      question: { kind: 'possible-duplicate', other, score: 0.7 },
      decisions: [],
    };
    const before = { patients: { [one]: patient, [other]: patient }, review };
    const [first, second] = [workstation(before, reviewId), workstation(before, reviewId)];
    first.settle('same', one);
    second.settle('same', other);
    exchange(first, second);
    for (const each of [first, second]) {
      each.carryOut();
      expect([one, other].map((id) => survivorOf(each.reader, id))).toEqual([one, one]);
      expect(survivorOf(each.reader, strangeId)).toBe(strangeId);
    }
  });
});
