import type { RequestInput } from '#contracts/bridge/requests.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import type { RecordId } from '#contracts/ids.ts';
import type { ReviewBody } from '#contracts/records/reviews.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { ReplicaReader } from '../ports/replica.ts';
import { type Action, type ActionContext, type AnyPlannedWrite, checkBody, invalid } from './action.ts';
import { writeBack } from './conflict-values.ts';

type Choice = RequestInput<'reviews.settle'>['choice'];

/**
 * Settles a review by appending a decision. `mine` also writes the value that had lost into the subject, field by field,
 * unless a third person changed that field meanwhile. Fails with `record.not-found`, `record.invalid` (the choice does
 * not fit the question), `record.changed-meanwhile` (settled already, or the subject went on).
 */
export const settleReview: Action<RequestInput<'reviews.settle'>> = (reader, input, context) => {
  const review = reader.get('reviews', input.id);
  if (review === undefined) return fail(appError('record.not-found'));
  if (!fitsQuestion(review.body, input.choice)) return invalid(['choice']);
  if (review.body.decisions.length > 0) return fail(appError('record.changed-meanwhile'));
  const subject = input.choice === 'mine' ? planSubject(reader, review.body, context) : ok([]);
  if (!subject.ok) return subject;
  const decided = decide(input.id, review.body, input.choice, context);
  const fits = checkBody('reviews', decided.body);
  if (!fits.ok) return fits;
  return ok({ subject: input.id, writes: [...subject.value, decided] });
};

function fitsQuestion(review: ReviewBody, choice: Choice): boolean {
  const isSide = choice === 'mine' || choice === 'theirs';
  return isSide === (review.question.kind === 'conflict');
}

function decide(id: RecordId, review: ReviewBody, choice: Choice, context: ActionContext) {
  const decision = { id: context.newId(), at: context.now, by: context.person, choice };
  const body = { ...review, decisions: [...review.decisions, decision] };
  return { collection: 'reviews' as const, id, body, audit: 'reviews.settle' };
}

/** Only patients and visits merge field by field; for the others the center decides. */
function planSubject(
  reader: ReplicaReader,
  review: ReviewBody,
  context: ActionContext,
): Result<readonly AnyPlannedWrite[], AppError> {
  const { collection, id } = review.subject;
  if (collection !== 'patients' && collection !== 'visits') return invalid(['subject']);
  const record = reader.get(collection, id);
  if (record === undefined) return fail(appError('record.not-found'));
  if (review.question.kind !== 'conflict') return invalid(['choice']);
  const body = writeBack(collection, record.body, review.question.fields, context);
  if (!body.ok) return body;
  return ok([{ ...body.value, id, audit: 'reviews.settle' }]);
}
