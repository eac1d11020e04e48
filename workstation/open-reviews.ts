import type { ReplicaReader } from '#clinic/ports/replica.ts';
import type { RecordOf } from '#contracts/records/registry.ts';

/** Most reviews that are looked at; a facility with more has a problem that a list does not solve. */
const mostReviews = 2_000;

/** Reviews without a decision, newest first. */
export function openReviews(reader: ReplicaReader): readonly RecordOf<'reviews'>[] {
  return reader
    .find('reviews', { orderBy: [{ path: 'capturedAt', direction: 'desc' }], limit: mostReviews })
    .filter(({ body }) => body.decisions.length === 0);
}

export const countOpenReviews = (reader: ReplicaReader): number => openReviews(reader).length;
