import { facilityNamed } from '#clinic/facilities/facilities.ts';
import type { ReplicaReader } from '#clinic/ports/replica.ts';
import { allRequests } from '#clinic/requests/home-of-patient.ts';
import { type DerivedRequest, deriveRequest } from '#clinic/requests/request-state.ts';
import type { RequestRow } from '#contracts/bridge/views.ts';
import type { Instant, Scope } from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import { type DeliveryReader, deliveryReader } from '../delivery.ts';
import { summaryOf } from '../patient-summary.ts';
import { personShown } from '../people.ts';
import { type SessionView, touches, touchesOutbox } from './view.ts';

const mostRows = 200;
/** What was closed stays in sight for this long. */
const shownAfterMs = 30 * 86_400_000;

/** Referrals, access requests and moves of and to this facility, newest first. */
export const openRequestsView: SessionView<'requests.open'> = {
  audience: 'session',
  opened: (_input, session, workstation) => workstation.trail.look(session, { action: 'view.requests' }),
  isTouchedBy: (change) =>
    touchesOutbox(change) || touches(change, 'requests', 'patients', 'staff', 'reference'),
  compute: (_input, { replica, scope, context }, { parts }) =>
    requestRows(replica, context().now, {
      here: scope,
      delivery: deliveryReader(replica),
      mahallaName: parts.reference.mahallaName,
    }),
};

/** The rows of the view at `now`. */
export function requestRows(reader: ReplicaReader, now: Instant, surroundings: Surroundings): RequestRow[] {
  return allRequests(reader)
    .map((request) => ({ request, derived: deriveRequest(request.body) }))
    .filter(({ request, derived }) => derived.isOpen || request.capturedAt >= now - shownAfterMs)
    .slice(0, mostRows)
    .map(({ request, derived }) => rowOf(reader, request, derived, surroundings));
}

/** What a row needs to know beside the records. */
interface Surroundings {
  readonly here: Scope;
  readonly delivery: DeliveryReader;
  readonly mahallaName: (code: string) => string | null;
}

function rowOf(
  reader: ReplicaReader,
  request: RecordOf<'requests'>,
  derived: DerivedRequest,
  { here, delivery, mahallaName }: Surroundings,
): RequestRow {
  const { id, rev, body } = request;
  const { matter } = body;
  const made = body.events.find(({ kind }) => kind === 'sent');
  const direction = request.scope === here ? 'outgoing' : 'incoming';
  const patientId = matter.kind === 'access' ? derived.grants[0]?.patientId : matter.patientId;
  const other = direction === 'incoming' ? request.scope : askedFacility(request, derived, here);
  return {
    id,
    rev,
    body,
    state: derived.state,
    direction,
    patient: patientId === undefined ? null : summaryOf(reader, patientId, mahallaName),
    facility: other === null ? null : facilityNamed(reader, other),
    author: personShown(reader, made?.by ?? request.author),
    madeAt: made?.at ?? request.capturedAt,
    until: derived.until,
    delivery: delivery('requests', request),
  };
}

/** Whom an own request went to. One that takes a patient over went to where the patient was at home. */
function askedFacility(
  { body }: RecordOf<'requests'>,
  { grants }: DerivedRequest,
  here: Scope,
): Scope | null {
  const { matter, events } = body;
  if (matter.kind === 'access') return grants[0]?.home ?? null;
  if (matter.to !== here) return matter.to;
  const moved = events.find((event) => event.kind === 'moved');
  return moved?.kind === 'moved' ? moved.from : null;
}
