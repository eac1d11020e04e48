import { facilityNamed } from '#clinic/facilities/facilities.ts';
import { linkedPatients } from '#clinic/patient-links.ts';
import type { ReplicaReader } from '#clinic/ports/replica.ts';
import { copyStaysUntil } from '#clinic/requests/home-of-patient.ts';
import { deriveVisit } from '#clinic/visit-state.ts';
import type { LinkedPatient, PatientRecord, Person } from '#contracts/bridge/views.ts';
import type { DeviceId, PersonId, RecordId, Scope } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import type { VisitBody } from '#contracts/records/visits.ts';
import { breakGlassRoles, personOfComputer } from '../break-glass.ts';
import type { Change } from '../change.ts';
import { type DeliveryReader, deliveryReader } from '../delivery.ts';
import { linkedShown } from '../linked-patients.ts';
import { personShown } from '../people.ts';
import type { Session } from '../session.ts';
import { signaturesShown } from '../signatures-shown.ts';
import { type SessionView, touches, touchesOutbox } from './view.ts';

const mostVisits = 50;
/** A frame from the center may touch hundreds of visits; looking at each costs more than computing the view again. */
const mostLookedAt = 20;

/** A patient with visits. Opening it is written to the audit trail before anything is shown (BRI-8). */
export const patientRecordView: SessionView<'patients.record'> = {
  audience: 'session',
  isTouchedBy: (change, { id }, session) =>
    touchesOutbox(change) ||
    touches(change, 'staff', 'requests', 'reference') ||
    touchesPatient(change, id, session),
  opened: ({ id }, session, workstation) =>
    workstation.trail.lookAtPatients(session, [
      id,
      ...linkedPatients(session.replica, id).map((each) => each.id),
    ]),
  compute: ({ id }, { replica, scope, device }, { parts }) => {
    const patient = replica.get('patients', id);
    if (patient === undefined) return null;
    const delivery = deliveryReader(replica);
    const linked = linkedShown(replica, id, parts.reference.mahallaName);
    const visits = newestVisits(replica, [id, ...linked.map((each) => each.id)]);
    const mahalla = patient.body.address?.mahalla;
    return {
      id,
      rev: patient.rev,
      body: patient.body,
      mahallaName: mahalla === undefined ? null : parts.reference.mahallaName(mahalla),
      delivery: delivery('patients', patient),
      home: homeShown(replica, scope, patient),
      visits: visits.map((visit) => ({
        ...visitShown(replica, visit, delivery),
        ...(visit.scope === scope ? {} : { elsewhere: facilityNamed(replica, visit.scope) }),
      })),
      linked,
      people: peopleNamed(replica, device, patient, visits, linked),
    };
  },
};

/** Where another facility's patient belongs; null for an own one. */
export function homeShown(
  reader: ReplicaReader,
  here: Scope,
  { id, scope }: RecordOf<'patients'>,
): PatientRecord['home'] {
  if (scope === here) return null;
  return { facility: facilityNamed(reader, scope), until: copyStaysUntil(reader, here, id) };
}

function touchesPatient(change: Change, id: RecordId, { replica }: Session): boolean {
  if (change.kind !== 'commit') return false;
  const { records } = change.notice;
  const ids = new Set([id, ...linkedPatients(replica, id).map((each) => each.id)]);
  // A record that was just taken off this one is no longer found by its link: every change of a patient counts.
  if (records.some(({ collection }) => collection === 'patients')) return true;
  const visits = records.filter((record) => record.collection === 'visits');
  if (visits.length > mostLookedAt) return true;
  return visits.some((record) => {
    const patientId = replica.get('visits', record.id)?.body.patientId;
    return patientId !== undefined && ids.has(patientId);
  });
}

/** Of all records of the citizen together. */
function newestVisits(reader: ReplicaReader, ids: readonly RecordId[]): readonly RecordOf<'visits'>[] {
  const visits = ids.flatMap((id) => visitsOf(reader, id));
  if (ids.length === 1) return visits;
  return visits.sort((left, right) => compare(right, left)).slice(0, mostVisits);
}

const visitsOf = (reader: ReplicaReader, patientId: RecordId): readonly RecordOf<'visits'>[] =>
  reader.find('visits', {
    equals: { 'body.patientId': patientId },
    orderBy: [
      { path: 'body.day', direction: 'desc' },
      { path: 'id', direction: 'desc' },
    ],
    limit: mostVisits,
  });

function compare(left: RecordOf<'visits'>, right: RecordOf<'visits'>): number {
  if (left.body.day !== right.body.day) return left.body.day < right.body.day ? -1 : 1;
  return left.id < right.id ? -1 : 1;
}

const visitShown = (
  reader: ReplicaReader,
  visit: RecordOf<'visits'>,
  delivery: DeliveryReader,
): PatientRecord['visits'][number] => ({
  id: visit.id,
  rev: visit.rev,
  body: visit.body,
  state: deriveVisit(visit.body).state,
  delivery: delivery('visits', visit),
  ...(visit.body.signatures === undefined ? {} : { signatures: signaturesShown(reader, visit) }),
});

/**
 * Everybody who is named in the record, once. Who wrote by the paper key is a computer (ACC-31). A computer knows itself;
 * others are known by the versions shown that were written there.
 */
function peopleNamed(
  reader: ReplicaReader,
  here: DeviceId,
  patient: RecordOf<'patients'>,
  visits: readonly RecordOf<'visits'>[],
  linked: readonly LinkedPatient[],
): Person[] {
  const ids = new Set<PersonId>([patient.author, ...authorsInPatient(patient.body)]);
  for (const { allergies, replacedBy } of linked) {
    for (const { by } of allergies) ids.add(by);
    if (replacedBy !== null) ids.add(replacedBy.by);
  }
  for (const visit of visits) {
    ids.add(visit.author);
    for (const author of authorsInVisit(visit.body)) ids.add(author);
  }
  const known = [...ids].map((id) => personShown(reader, id) ?? id);
  if (known.every((each) => typeof each !== 'string')) return known;
  const versions = [patient, ...visits];
  const computers = new Set([here, ...versions.map(({ device }) => device)].map(personOfComputer));
  return known.flatMap((each) => {
    if (typeof each !== 'string') return each;
    return computers.has(each) ? computerShown(each) : [];
  });
}

const computerShown = (id: PersonId): Person => ({
  id,
  name: '',
  roles: [...breakGlassRoles],
  isComputer: true,
});

const authorsInPatient = (body: PatientBody): readonly PersonId[] => [
  ...body.allergies.map((allergy) => allergy.by),
  ...body.problems.map((problem) => problem.by),
  ...(body.consent === undefined ? [] : [body.consent.by]),
  ...(body.voided === undefined ? [] : [body.voided.by]),
  ...(body.replacedBy === undefined ? [] : [body.replacedBy.by]),
];
const authorsInVisit = (body: VisitBody): readonly PersonId[] => body.entries.map((entry) => entry.by);
