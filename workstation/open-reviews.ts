import type { ReplicaReader } from '#clinic/ports/replica.ts';
import { countingDecision, isOpenReview } from '#clinic/reviews/review-decisions.ts';
import type { Instant } from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';

/** Most reviews that are looked at; a facility with more has a problem that a list does not solve. */
const mostReviews = 2_000;

/** Reviews that wait for a decision, newest first. */
export function openReviews(reader: ReplicaReader): readonly RecordOf<'reviews'>[] {
  return newestReviews(reader).filter(({ body }) => isOpenReview(body));
}

/** Reviews that were settled at `since` or later and can be taken back, newest decision first. */
export function settledReviews(
  reader: ReplicaReader,
  since: Instant,
  limit: number,
): readonly RecordOf<'reviews'>[] {
  const settledAt = ({ body }: RecordOf<'reviews'>) => countingDecision(body)?.at ?? 0;
  return newestReviews(reader)
    .filter((review) => !isOpenReview(review.body) && settledAt(review) >= since)
    .sort((left, right) => settledAt(right) - settledAt(left))
    .slice(0, limit);
}

const newestReviews = (reader: ReplicaReader): readonly RecordOf<'reviews'>[] =>
  reader.find('reviews', { orderBy: [{ path: 'capturedAt', direction: 'desc' }], limit: mostReviews });

export const countOpenReviews = (reader: ReplicaReader): number => openReviews(reader).length;
