import type { ReplicaReader } from '#clinic/ports/replica.ts';
import type { PatientSummary, ReviewRow } from '#contracts/bridge/views.ts';
import type { ReviewBody } from '#contracts/records/reviews.ts';
import { openReviews } from '../open-reviews.ts';
import { summaryOf } from '../patient-summary.ts';
import { personShown } from '../people.ts';
import { type SessionView, touches } from './view.ts';

const mostRows = 200;

/** Conflicts and possible duplicates that a person must settle, newest first. */
export const openReviewsView: SessionView<'reviews.open'> = {
  audience: 'session',
  isTouchedBy: (change) => touches(change, 'reviews', 'patients', 'visits', 'staff'),
  compute: (_input, { replica }, { parts }) =>
    openReviews(replica)
      .slice(0, mostRows)
      .map(({ id, rev, body, capturedAt }): ReviewRow => {
        const { question } = body;
        const isConflict = question.kind === 'conflict';
        return {
          id,
          rev,
          body,
          patient: patientOf(replica, body.subject, parts.reference.mahallaName),
          fields: isConflict ? question.fields : [],
          mineAuthor: isConflict ? personShown(replica, question.mineAuthor) : null,
          theirsAuthor: isConflict ? personShown(replica, question.theirsAuthor) : null,
          capturedAt,
        };
      }),
};

function patientOf(
  reader: ReplicaReader,
  { collection, id }: ReviewBody['subject'],
  mahallaName: (code: string) => string | null,
): PatientSummary | null {
  if (collection === 'patients') return summaryOf(reader, id, mahallaName);
  if (collection !== 'visits') return null;
  const visit = reader.get('visits', id);
  return visit === undefined ? null : summaryOf(reader, visit.body.patientId, mahallaName);
}
