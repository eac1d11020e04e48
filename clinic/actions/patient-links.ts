import type { RequestInput } from '#contracts/bridge/requests.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import type { RecordId } from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import type { Decision, ReviewBody } from '#contracts/records/reviews.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { linkedPatients, survivorOf } from '../patient-links.ts';
import { possibleDuplicateScore } from '../possible-duplicates.ts';
import { inOrder, pairReviewId } from '../reviews/pair-id.ts';
import { countingDecision } from '../reviews/review-decisions.ts';
import type { RecordReader } from './action.ts';
import { type Action, type ActionContext, type AnyPlannedWrite, checkBody, invalid } from './action.ts';

/**
 * Links the records of a pair, so that `goesOn` is used from now on. Nothing moves and nothing goes: the other record
 * says by whom it is replaced. If either was replaced before, the ends of their chains are linked.
 */
export function planLink(
  reader: RecordReader,
  pair: readonly [RecordId, RecordId],
  goesOn: RecordId | undefined,
  reviewId: RecordId,
  context: ActionContext,
): Result<readonly AnyPlannedWrite[], AppError> {
  if (goesOn === undefined || !pair.includes(goesOn)) return invalid(['goesOn']);
  const replaced = pair[0] === goesOn ? pair[1] : pair[0];
  const records = pair.map((id) => reader.get('patients', id));
  if (records.includes(undefined)) return fail(appError('record.not-found'));
  if (records.some((record) => record?.body.voided !== undefined)) {
    return invalid(['goesOn'], ['patient.void']);
  }
  const [from, other] = [survivorOf(reader, replaced), survivorOf(reader, goesOn)];
  const record = reader.get('patients', from);
  if (record === undefined) return fail(appError('record.not-found'));
  if (from === other) return ok([]);
  const body = { ...record.body, replacedBy: { other, at: context.now, by: context.person, reviewId } };
  const fits = checkBody('patients', body);
  return fits.ok ? ok([{ collection: 'patients', id: from, body, audit: 'patients.link' }]) : fits;
}

/** Takes back the links that a review brought about. */
export function planUnlink(
  reader: RecordReader,
  pair: readonly [RecordId, RecordId],
  reviewId: RecordId,
): readonly AnyPlannedWrite[] {
  const concerned = new Map<RecordId, RecordOf<'patients'>>();
  for (const id of pair) {
    const own = reader.get('patients', id);
    for (const record of [...(own === undefined ? [] : [own]), ...linkedPatients(reader, id)]) {
      if (record.body.replacedBy?.reviewId === reviewId) concerned.set(record.id, record);
    }
  }
  return [...concerned.values()].map(withoutLink);
}

function withoutLink({ id, body }: RecordOf<'patients'>): AnyPlannedWrite {
  const { replacedBy: _link, ...unlinked } = body;
  return { collection: 'patients', id, body: unlinked, audit: 'patients.unlink' };
}

/**
 * Takes the link of a replaced record back: two people after all. The reason stands in the pair's review, as a decision
 * that changes the one before, so that nobody is asked about the pair again. Fails with `record.not-found`,
 * `record.changed-meanwhile` (there is no link any more), `record.invalid`.
 */
export const unlinkPatient: Action<RequestInput<'patients.unlink'>> = (reader, input, context) => {
  const record = reader.get('patients', input.id);
  if (record === undefined) return fail(appError('record.not-found'));
  const link = record.body.replacedBy;
  if (link === undefined) return fail(appError('record.changed-meanwhile'));
  const review = reviewOfPair(reader, record.id, link.other, link.reviewId);
  const changes = review.body === null ? undefined : countingDecision(review.body)?.id;
  const decision: Decision = {
    id: context.newId(),
    at: context.now,
    by: context.person,
    choice: 'different',
    ...(changes === undefined ? {} : { changes }),
    reason: input.reason.trim(),
  };
  const before = review.body ?? duplicateReview(record.id, link.other);
  const body = { ...before, decisions: [...before.decisions, decision] };
  const fits = checkBody('reviews', body);
  if (!fits.ok) return fits;
  return ok({
    subject: input.id,
    writes: [withoutLink(record), { collection: 'reviews', id: review.id, body, audit: 'patients.unlink' }],
  });
};

function reviewOfPair(
  reader: RecordReader,
  one: RecordId,
  other: RecordId,
  named: RecordId | undefined,
): { readonly id: RecordId; readonly body: ReviewBody | null } {
  for (const id of [named, pairReviewId(one, other)]) {
    const body = id === undefined ? undefined : reader.get('reviews', id)?.body;
    if (id !== undefined && body?.question.kind === 'possible-duplicate') return { id, body };
  }
  return { id: pairReviewId(one, other), body: null };
}

/** The question whether two records are one citizen, the same wherever it is asked (DUP-3). */
export function duplicateReview(one: RecordId, other: RecordId): ReviewBody {
  const [subject, second] = inOrder(one, other);
  return {
    subject: { collection: 'patients', id: subject },
    question: { kind: 'possible-duplicate', other: second, score: possibleDuplicateScore },
    decisions: [],
  };
}

/**
 * The questions to ask about a patient and others who are alike: none about a pair that was asked about before, that is
 * linked, or of which one is void (DUP-4).
 */
export function planDuplicateReviews(
  reader: RecordReader,
  id: RecordId,
  alike: readonly RecordId[],
): readonly AnyPlannedWrite[] {
  const own = survivorOf(reader, id);
  const others = new Set(alike.map((other) => survivorOf(reader, other)));
  return [...others]
    .filter((other) => other !== own && !isAskedAbout(reader, own, other))
    .map((other) => ({
      collection: 'reviews',
      id: pairReviewId(own, other),
      body: duplicateReview(own, other),
      audit: 'reviews.raise',
    }));
}

/** Most reviews of one patient that are looked through for an older question about the pair. */
const mostOfPatient = 100;

function isAskedAbout(reader: RecordReader, one: RecordId, other: RecordId): boolean {
  if (reader.get('reviews', pairReviewId(one, other)) !== undefined) return true;
  return [
    [one, other],
    [other, one],
  ].some(([subject = one, second]) =>
    reader
      .find('reviews', { equals: { 'body.subject.id': subject }, limit: mostOfPatient })
      .some(({ body }) => body.question.kind === 'possible-duplicate' && body.question.other === second),
  );
}
