import type { ReplicaReader } from '#clinic/ports/replica.ts';
import { countingDecision, passedOverDecisions } from '#clinic/reviews/review-decisions.ts';
import { linkedNamesIn, mahallasIn, peopleIn, presentOf } from '#clinic/reviews/review-facts.ts';
import type { PatientSummary, Person, ReviewRow } from '#contracts/bridge/views.ts';
import type { PersonId } from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import type { ReviewBody } from '#contracts/records/reviews.ts';
import { openReviews, settledReviews } from '../open-reviews.ts';
import { summaryOf } from '../patient-summary.ts';
import { personShown } from '../people.ts';
import { type SessionView, touches } from './view.ts';

const mostRows = 200;
/** Who decided in a hurry finds the question again for this long; after that it is found through the record. */
const takeBackMs = 7 * 86_400_000;
const mostSettled = 30;

type MahallaName = (code: string) => string | null;

/** Conflicts and possible duplicates that a person must settle, newest first, and behind them what was settled lately. */
export const openReviewsView: SessionView<'reviews.open'> = {
  audience: 'session',
  opened: (_input, session, workstation) => workstation.trail.look(session, { action: 'view.reviews' }),
  isTouchedBy: (change) => touches(change, 'reviews', 'patients', 'visits', 'staff'),
  compute: (_input, { replica, context }, { parts }) => {
    const since = Math.max(0, context().now - takeBackMs);
    return [...openReviews(replica).slice(0, mostRows), ...settledReviews(replica, since, mostSettled)].map(
      (review) => reviewRow(replica, review, parts.reference.mahallaName),
    );
  },
};

/** One question with everything that its words need. */
export function reviewRow(
  reader: ReplicaReader,
  { id, rev, body, capturedAt }: RecordOf<'reviews'>,
  mahallaName: MahallaName,
): ReviewRow {
  const { question } = body;
  const isConflict = question.kind === 'conflict';
  const fields = isConflict ? question.fields : [];
  const present = presentOf(reader, body.subject, fields);
  const shown = (person: PersonId): Person | null => personShown(reader, person);
  return {
    id,
    rev,
    body,
    patient: patientOf(reader, body.subject, mahallaName),
    fields,
    mineAuthor: isConflict ? shown(question.mineAuthor) : null,
    theirsAuthor: isConflict ? shown(question.theirsAuthor) : null,
    capturedAt,
    visit: visitOf(reader, body.subject),
    present,
    counting: countingDecision(body),
    passedOver: [...passedOverDecisions(body)],
    mahallas: mahallasIn(fields, present?.values ?? [], mahallaName),
    linkedNames: linkedNamesIn(reader, fields, present?.values ?? []),
    people: peopleIn(body, present?.values ?? []).flatMap((person) => shown(person) ?? []),
  };
}

function patientOf(
  reader: ReplicaReader,
  { collection, id }: ReviewBody['subject'],
  mahallaName: MahallaName,
): PatientSummary | null {
  if (collection === 'patients') return summaryOf(reader, id, mahallaName);
  if (collection !== 'visits') return null;
  const visit = reader.get('visits', id);
  return visit === undefined ? null : summaryOf(reader, visit.body.patientId, mahallaName);
}

function visitOf(reader: ReplicaReader, { collection, id }: ReviewBody['subject']): ReviewRow['visit'] {
  const body = collection === 'visits' ? reader.get('visits', id)?.body : undefined;
  return body === undefined ? null : { day: body.day, reason: body.reason };
}
