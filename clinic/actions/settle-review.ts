import type { RequestInput } from '#contracts/bridge/requests.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import type { RecordId } from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import type { Decision, ReviewBody } from '#contracts/records/reviews.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { countingDecision, isOpenReview, passedOverDecisions } from '../reviews/review-decisions.ts';
import type { RecordReader } from './action.ts';
import { type ActionContext, type ActionPlan, type AnyPlannedWrite, checkBody, invalid } from './action.ts';
import { type Overwriting, writeSide } from './conflict-values.ts';
import { isSameJson } from './json-equality.ts';
import { planLink, planUnlink } from './patient-links.ts';

type Input = RequestInput<'reviews.settle'>;
type Writes = Result<readonly AnyPlannedWrite[], AppError>;

/**
 * Settles a review by appending a decision, and makes the subject say what was chosen: the values of one side of a
 * conflict, or the link between two records. `changes` names the decision that is changed or taken back. Values that the
 * question did not show are overwritten only if `subjectRev` says that they were on the screen. Fails with
 * `record.not-found`, `record.invalid` (the choice does not fit the question), `record.changed-meanwhile` (somebody else
 * decided, or the subject went on).
 */
export const settleReview = (
  reader: RecordReader,
  input: Input,
  context: ActionContext,
): Result<ActionPlan, AppError> => {
  const review = reader.get('reviews', input.id);
  if (review === undefined) return fail(appError('record.not-found'));
  if (!fitsQuestion(review.body, input.choice)) return invalid(['choice']);
  const before = countingDecision(review.body);
  const isSettled = !isOpenReview(review.body);
  if (isSettled !== (input.changes !== undefined) || (isSettled && before?.id !== input.changes)) {
    return fail(appError('record.changed-meanwhile'));
  }
  if (input.choice === 'taken-back' && !isSettled) return invalid(['choice']);
  const subject = planSubject(reader, review, input, context);
  if (!subject.ok) return subject;
  const decided = decide(review, input, before, context);
  const fits = checkBody('reviews', decided.body);
  if (!fits.ok) return fits;
  return ok({ subject: input.id, writes: [...subject.value, decided] });
};

function fitsQuestion({ question }: ReviewBody, choice: Input['choice']): boolean {
  switch (choice) {
    case 'taken-back':
      return true;
    case 'mine':
    case 'theirs':
    case 'present':
      return question.kind === 'conflict';
    case 'same':
    case 'different':
      return question.kind === 'possible-duplicate';
  }
}

function decide(
  { id, body }: RecordOf<'reviews'>,
  { choice }: Input,
  before: Decision | null,
  context: ActionContext,
) {
  const decision: Decision = {
    id: context.newId(),
    at: context.now,
    by: context.person,
    choice,
    ...(before === null ? {} : { changes: before.id }),
  };
  const decided = { ...body, decisions: [...body.decisions, decision] };
  return { collection: 'reviews' as const, id, body: decided, audit: 'reviews.settle' };
}

function planSubject(
  reader: RecordReader,
  review: RecordOf<'reviews'>,
  input: Input,
  context: ActionContext,
): Writes {
  const { question, subject } = review.body;
  if (question.kind === 'possible-duplicate') {
    const pair = [subject.id, question.other] as const;
    if (input.choice === 'same') return planLink(reader, pair, input.goesOn, review.id, context);
    return ok(planUnlink(reader, pair, review.id));
  }
  if (input.choice === 'present') return ok([]);
  if (input.choice === 'taken-back') {
    return planFields(reader, review.body, 'before', 'only-the-other-side', context);
  }
  const side = input.choice === 'mine' ? 'mine' : 'theirs';
  const now = findSubject(reader, review.body);
  const isSeen = now !== undefined && now.record.rev === input.subjectRev;
  return planFields(reader, review.body, side, isSeen ? 'anything' : 'nothing-unseen', context);
}

/**
 * What is left to do when two workstations decided without knowing of each other (REV-A5): the subject says what the
 * decision that counts says. Only values that a passed-over decision wrote are replaced. No writes where nothing is left.
 */
export function carryOutDecision(reader: RecordReader, reviewId: RecordId, context: ActionContext): Writes {
  const review = reader.get('reviews', reviewId);
  if (review === undefined) return ok([]);
  const counting = countingDecision(review.body);
  const passed = new Set(passedOverDecisions(review.body).map(({ choice }) => choice));
  const { question, subject } = review.body;
  if (counting === null || passed.size === 0) return ok([]);
  if (question.kind === 'possible-duplicate') {
    const isLinked = passed.has('same') && counting.choice !== 'same';
    return ok(isLinked ? planUnlink(reader, [subject.id, question.other], reviewId) : []);
  }
  if (counting.choice === 'mine' && passed.has('theirs')) {
    return planFields(reader, review.body, 'mine', 'only-the-other-side', context);
  }
  const isAgainstMine = counting.choice === 'theirs' || counting.choice === 'taken-back';
  if (!isAgainstMine || !passed.has('mine')) return ok([]);
  const side = counting.choice === 'theirs' ? 'theirs' : 'before';
  return planFields(reader, review.body, side, 'only-the-other-side', context);
}

/** Only patients and visits merge field by field; for the others the center decides. */
function planFields(
  reader: RecordReader,
  review: ReviewBody,
  side: 'mine' | 'theirs' | 'before',
  overwriting: Overwriting,
  context: ActionContext,
): Writes {
  const found = findSubject(reader, review);
  if (found === undefined) {
    const { collection } = review.subject;
    const isMergeable = collection === 'patients' || collection === 'visits';
    if (side !== 'mine') return ok([]);
    return isMergeable ? fail(appError('record.not-found')) : invalid(['subject']);
  }
  if (review.question.kind !== 'conflict') return invalid(['choice']);
  const { collection, record } = found;
  const { fields } = review.question;
  const written = writeSide(collection, record.body, { fields, side, overwriting }, context);
  if (!written.ok) return written;
  if (isSameJson(written.value.body, record.body)) return ok([]);
  return ok([{ ...written.value, id: record.id, audit: 'reviews.settle' }]);
}

function findSubject(reader: RecordReader, { subject }: ReviewBody) {
  const { collection, id } = subject;
  if (collection === 'patients') {
    const record = reader.get('patients', id);
    return record === undefined ? undefined : { collection, record };
  }
  if (collection !== 'visits') return undefined;
  const record = reader.get('visits', id);
  return record === undefined ? undefined : { collection, record };
}
