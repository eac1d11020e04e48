import { describe, expect, it } from 'vitest';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import type { AppError } from '#contracts/errors.ts';
import type { RecordId } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import type { Result } from '#contracts/result.ts';
import { newRecordId } from '../ids.ts';
import { survivorOf } from '../patient-links.ts';
import { pairReviewId } from '../reviews/pair-id.ts';
import { countingDecision, isOpenReview } from '../reviews/review-decisions.ts';
import type { ActionPlan } from './action.ts';
import { createMemoryReader, strangeId, testContext } from './memory-reader.ts';
import { planDuplicateReviews, unlinkPatient } from './patient-links.ts';
import { recordAllergy } from './record-allergy.ts';
import { carryOutDecision, settleReview } from './settle-review.ts';
import { startVisit } from './start-visit.ts';

const body: PatientBody = {
  name: { family: 'Aliyeva', given: 'Shahlo' },
  sex: 'female',
  birth: { date: '1985' },
  allergyStatus: 'not-recorded',
  allergies: [],
  problems: [],
};
const codeOf = (result: Result<unknown, AppError>) => (result.ok ? 'ok' : result.error.code);

function pair() {
  const reader = createMemoryReader();
  const [first, second] = [newRecordId(testContext.newId), newRecordId(testContext.newId)];
  const put = (id: RecordId, next: PatientBody) =>
    reader.apply({ subject: id, writes: [{ collection: 'patients', id, body: next, audit: 't' }] });
  put(first, body);
  put(second, { ...body, name: { family: 'Алиева', given: 'Шахло' } });
  reader.apply({ subject: first, writes: planDuplicateReviews(reader, second, [first]) });
  const id = pairReviewId(first, second);
  const apply = (result: Result<ActionPlan, AppError>) => {
    if (result.ok) reader.apply(result.value);
    return codeOf(result);
  };
  const settle = (input: Omit<RequestInput<'reviews.settle'>, 'id'>) =>
    apply(settleReview(reader, { id, ...input }, testContext));
  const review = () => {
    const found = reader.get('reviews', id)?.body;
    if (found === undefined) throw new Error('no review');
    return found;
  };
  const link = (of: RecordId) => reader.get('patients', of)?.body.replacedBy;
  return { reader, first, second, put, apply, settle, review, link, id };
}

describe('two records of one citizen', () => {
  it('are linked, nothing else changes, and the choice can be taken back', () => {
    const { first, second, settle, review, link, id, reader } = pair();
    const before = reader.get('patients', second)?.body;
    expect(settle({ choice: 'same' })).toBe('record.invalid');
    expect(settle({ choice: 'same', goesOn: strangeId })).toBe('record.invalid');
    expect(settle({ choice: 'same', goesOn: first })).toBe('ok');
    expect(link(second)).toMatchObject({ other: first, reviewId: id });
    expect(link(first)).toBeUndefined();
    expect(reader.get('patients', second)?.body).toMatchObject({ ...before });
    expect(settle({ choice: 'taken-back', changes: countingDecision(review())?.id })).toBe('ok');
    expect(reader.get('patients', second)?.body).toEqual(before);
    expect(isOpenReview(review())).toBe(true);
  });

  it('void ones are not linked', () => {
    const { first, second, put, settle } = pair();
    put(second, { ...body, voided: { reason: 'x', at: 1, by: testContext.person } });
    expect(settle({ choice: 'same', goesOn: first })).toBe('record.invalid');
  });

  it('chains are linked at their ends', () => {
    const { reader, first, second, put, settle, link } = pair();
    const third = newRecordId(testContext.newId);
    put(third, { ...body, replacedBy: undefined });
    put(second, { ...body, replacedBy: { other: third, at: 1, by: testContext.person } });
    expect(settle({ choice: 'same', goesOn: first })).toBe('ok');
    expect(link(second)?.other).toBe(third);
    expect(link(third)?.other).toBe(first);
    expect(survivorOf(reader, second)).toBe(first);
  });

  it('DUP-4: a pair is asked about once', () => {
    const { reader, first, second, settle } = pair();
    expect(planDuplicateReviews(reader, first, [second])).toEqual([]);
    settle({ choice: 'different' });
    expect(planDuplicateReviews(reader, second, [first, second])).toEqual([]);
    const third = newRecordId(testContext.newId);
    reader.apply({ subject: third, writes: [{ collection: 'patients', id: third, body, audit: 't' }] });
    expect(planDuplicateReviews(reader, third, [first, second])).toHaveLength(2);
  });

  it('a link is taken back with a reason, and the pair is not asked about again', () => {
    const { reader, first, second, settle, apply, review, link } = pair();
    const unlink = () => apply(unlinkPatient(reader, { id: second, reason: ' Two sisters ' }, testContext));
    expect(unlink()).toBe('record.changed-meanwhile');
    settle({ choice: 'same', goesOn: first });
    expect(unlink()).toBe('ok');
    expect(link(second)).toBeUndefined();
    expect(countingDecision(review())).toMatchObject({ choice: 'different', reason: 'Two sisters' });
    expect(planDuplicateReviews(reader, first, [second])).toEqual([]);
    expect(codeOf(unlinkPatient(reader, { id: strangeId, reason: 'x' }, testContext))).toBe(
      'record.not-found',
    );
  });

  it('a link without a review gets one when it is taken back', () => {
    const { reader, first, second, put, apply } = pair();
    const third = newRecordId(testContext.newId);
    put(third, { ...body, replacedBy: { other: first, at: 1, by: testContext.person } });
    expect(apply(unlinkPatient(reader, { id: third, reason: 'mistake' }, testContext))).toBe('ok');
    expect(reader.get('reviews', pairReviewId(first, third))?.body.decisions).toMatchObject([
      { choice: 'different' },
    ]);
    expect(survivorOf(reader, second)).toBe(second);
  });
});

describe('working with linked records', () => {
  it('a new visit and a new allergy go to the record that goes on', () => {
    const { reader, first, second, settle, apply } = pair();
    settle({ choice: 'same', goesOn: first });
    const visit = startVisit(
      reader,
      { patientId: second, reason: 'x', urgency: 'routine', state: 'arrived' },
      testContext,
    );
    expect(visit.ok && visit.value.writes[0]?.body).toMatchObject({ patientId: first });
    const allergy = { status: 'known', substance: 'Penitsillin' } as const;
    expect(apply(recordAllergy(reader, { id: second, allergy }, testContext))).toBe('ok');
    expect(reader.get('patients', first)?.body.allergies).toHaveLength(1);
    expect(reader.get('patients', second)?.body.allergies).toHaveLength(0);
  });

  it('"none known" is refused while any of the records has an allergy', () => {
    const { reader, first, second, settle, apply } = pair();
    apply(
      recordAllergy(reader, { id: second, allergy: { status: 'known', substance: 'Analgin' } }, testContext),
    );
    settle({ choice: 'same', goesOn: first });
    const none = () =>
      apply(recordAllergy(reader, { id: first, allergy: { status: 'none-known' } }, testContext));
    expect(none()).toBe('record.invalid');
    const allergyId = reader.get('patients', second)?.body.allergies[0]?.id;
    if (allergyId === undefined) throw new Error('no allergy');
    const wrong = { status: 'entered-in-error', allergyId } as const;
    expect(apply(recordAllergy(reader, { id: second, allergy: wrong }, testContext))).toBe('ok');
    expect(none()).toBe('ok');
  });
});

describe('REV-A5: two decisions made without knowing of each other', () => {
  it('the link of the one that is passed over goes', () => {
    const { reader, first, second, settle, review, id, link } = pair();
    settle({ choice: 'same', goesOn: first });
    const [mine] = review().decisions;
    if (mine === undefined) throw new Error('no decision');
    const earlier = { ...mine, id: strangeId, choice: 'different' as const };
    const merged = { ...review(), decisions: [earlier, mine] };
    reader.apply({ subject: id, writes: [{ collection: 'reviews', id, body: merged, audit: 't' }] });
    const carried = carryOutDecision(reader, id, testContext);
    if (!carried.ok) throw new Error('refused');
    reader.apply({ subject: second, writes: carried.value });
    expect(link(second)).toBeUndefined();
    expect(carryOutDecision(reader, id, testContext)).toEqual({ ok: true, value: [] });
  });

  it('the other way round the link stays', () => {
    const { reader, first, settle, review, id } = pair();
    settle({ choice: 'same', goesOn: first });
    const [mine] = review().decisions;
    if (mine === undefined) throw new Error('no decision');
    const merged = {
      ...review(),
      decisions: [mine, { ...mine, id: strangeId, choice: 'different' as const }],
    };
    reader.apply({ subject: id, writes: [{ collection: 'reviews', id, body: merged, audit: 't' }] });
    expect(carryOutDecision(reader, id, testContext)).toEqual({ ok: true, value: [] });
  });
});
