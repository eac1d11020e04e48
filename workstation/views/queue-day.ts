import { patientsWithLinks } from '#clinic/patient-links.ts';
import type { ReplicaReader } from '#clinic/ports/replica.ts';
import { deriveVisit } from '#clinic/visit-state.ts';
import type { PatientSummary, QueueRow } from '#contracts/bridge/views.ts';
import type { Day, RecordId, Scope } from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import { type DeliveryReader, deliveryReader } from '../delivery.ts';
import { summaryOf } from '../patient-summary.ts';
import { inQueueOrder } from '../queue-order.ts';
import { type SessionView, touches, touchesOutbox } from './view.ts';

/** A facility sees some hundred patients a day. */
export const mostVisitsOfDay = 2_000;

/** Visits of a day, in the order they should be seen. */
export const queueDayView: SessionView<'queue.day'> = {
  audience: 'session',
  opened: (_input, session, workstation) => workstation.trail.look(session, { action: 'view.queue' }),
  isTouchedBy: (change, { day }) =>
    touches(change, 'visits', 'patients') ||
    touchesOutbox(change) ||
    (change.kind === 'day' && day === undefined),
  compute: (input, session, { parts }) => {
    const day = input.day ?? session.today();
    const delivery = deliveryReader(session.replica);
    const withLinks = patientsWithLinks(session.replica);
    const summary = (id: RecordId) => summaryOf(session.replica, id, parts.reference.mahallaName, withLinks);
    const visits = visitsOfDay(session.replica, day, session.scope);
    const rows = visits.flatMap((visit) => rowOf(visit, delivery, summary) ?? []);
    return { day, rows: inQueueOrder(rows) };
  },
};

/** All visits of a day to facility `scope`. Of shared patients there are others here: they wait elsewhere (SHR-1). */
export function visitsOfDay(reader: ReplicaReader, day: Day, scope: Scope): readonly RecordOf<'visits'>[] {
  return reader
    .find('visits', { equals: { 'body.day': day }, limit: mostVisitsOfDay })
    .filter((visit) => visit.scope === scope);
}

/** Null for a visit whose patient is not here: it comes with the next frame. */
function rowOf(
  visit: RecordOf<'visits'>,
  delivery: DeliveryReader,
  summary: (id: RecordId) => PatientSummary | null,
): QueueRow | null {
  const patient = summary(visit.body.patientId);
  if (patient === null) return null;
  const { state, room, since, arrivedAt } = deriveVisit(visit.body);
  const { reason, urgency } = visit.body;
  return {
    visitId: visit.id,
    patient,
    reason,
    urgency,
    state,
    room,
    since,
    arrivedAt,
    delivery: delivery('visits', visit),
  };
}
