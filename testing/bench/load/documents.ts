import * as v from 'valibot';
import { createIdSource, newEntryId, newRecordId } from '#clinic/ids.ts';
import type { Replica } from '#clinic/ports/replica.ts';
import {
  DaySchema,
  type DeviceId,
  type EntryId,
  type Instant,
  type PersonId,
  type RecordId,
  type Scope,
  ScopeSchema,
} from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import type { RequestBody } from '#contracts/records/requests.ts';
import type { VisitBody, VisitEntry } from '#contracts/records/visits.ts';
import { recordLocalWrite } from '#sync/local-write.ts';
import { generateDistrict } from '#testing/district/generate-district.ts';
import { createSeededRandom, type SeededRandom } from '#testing/district/seeded-random.ts';

/** A whole body as a person entered it, ready to be saved on a workstation. */
export type Edit = { readonly id: RecordId; readonly at: Instant; readonly author: PersonId } & (
  | { readonly collection: 'visits'; readonly body: VisitBody }
  | { readonly collection: 'patients'; readonly body: PatientBody }
  | { readonly collection: 'requests'; readonly body: RequestBody }
);

/** Where edits are saved, and by which machine. */
export interface Desk {
  readonly replica: Replica;
  readonly scope: Scope;
  readonly device: DeviceId;
}

const dayMs = 86_400_000;
const referralTarget = v.parse(ScopeSchema, 'TRN000009');
const districtOf = (patients: number) =>
  generateDistrict({
    seed: 20_261,
    patients,
    facilities: 1,
    years: 2,
    today: v.parse(DaySchema, '2026-10-01'),
  });

/** One source of ids for each person and day, as a session of the workstation has it. */
function sessionIds(random: SeededRandom): (author: PersonId, at: Instant) => string {
  let now = 0;
  const sources = new Map<string, () => string>();
  return (author, at) => {
    now = at;
    const session = `${author} ${Math.floor(at / dayMs)}`;
    const source = sources.get(session) ?? createIdSource({ now: () => now }, random);
    sources.set(session, source);
    return source();
  };
}

/**
 * Finished visits of one polyclinic over two years, about a kilobyte of JSON each, in the order they were entered: arrival,
 * vitals, complaint, one or two diagnoses, end. People and illnesses are those of testing/district, all ids are made as a
 * workstation makes them. The same `count` and `seed` give the same visits.
 */
export function visitEdits(count: number, seed: number): readonly Edit[] {
  const visits: { readonly body: VisitBody; readonly at: Instant; readonly author: PersonId }[] = [];
  for (const { collection, record } of districtOf(count)) {
    if (collection !== 'visits' || record.body.entries.length < 5) continue;
    visits.push({ body: record.body, at: record.capturedAt, author: record.author });
    if (visits.length === count) break;
  }
  visits.sort((left, right) => left.at - right.at);
  const newId = sessionIds(createSeededRandom(seed));
  return visits.map(({ body, at, author }) => {
    const [first] = body.entries;
    const id = newRecordId(() => newId(first?.by ?? author, first?.at ?? at));
    const entries = body.entries.map(
      (entry): VisitEntry => ({ ...entry, id: newEntryId(() => newId(entry.by, entry.at)) }),
    );
    return { collection: 'visits', id, at, author, body: { ...body, entries } };
  });
}

/** Registered people, about 900 bytes of JSON each, in the order they were registered. */
export function patientEdits(count: number, seed: number): readonly Edit[] {
  const patients: { readonly body: PatientBody; readonly at: Instant; readonly author: PersonId }[] = [];
  for (const { collection, record } of districtOf(count)) {
    if (collection !== 'patients') continue;
    patients.push({ body: record.body, at: record.capturedAt, author: record.author });
    if (patients.length === count) break;
  }
  patients.sort((left, right) => left.at - right.at);
  const newId = sessionIds(createSeededRandom(seed));
  return patients.map(({ body, at, author }) => {
    const id = newRecordId(() => newId(author, at));
    const entryId = () => newEntryId(() => newId(author, at));
    const allergies = body.allergies.map((allergy) => ({ ...allergy, id: entryId() }));
    const problems = body.problems.map((problem) => ({ ...problem, id: entryId() }));
    return { collection: 'patients', id, at, author, body: { ...body, allergies, problems } };
  });
}

/** What one save of a visit writes: four documents. */
export type SavedVisit = readonly [Edit, Edit, Edit, Edit];

/**
 * Saves of today, each of four documents: a visit of a patient, the patient changed by it (a problem added), the control visit
 * planned for next month, and a referral to the district hospital. `patients` have to be on the workstation.
 */
export function savedVisits(patients: readonly Edit[], seed: number, now: Instant): readonly SavedVisit[] {
  const random = createSeededRandom(seed);
  const newId = sessionIds(random);
  const visits = visitEdits(patients.length, seed + 1);
  return patients.flatMap((patient, index) => {
    const visit = visits[index];
    if (patient.collection !== 'patients' || visit?.collection !== 'visits') return [];
    const at = now + index;
    return [fourDocuments(patient, visit, at, (author) => newId(author, at))];
  });
}

type PatientEdit = Extract<Edit, { readonly collection: 'patients' }>;
type VisitEdit = Extract<Edit, { readonly collection: 'visits' }>;

function fourDocuments(
  patient: PatientEdit,
  visit: VisitEdit,
  at: Instant,
  newId: (author: PersonId) => string,
): SavedVisit {
  const { author } = visit;
  const entryId = () => newEntryId(() => newId(author));
  const recordId = () => newRecordId(() => newId(author));
  const same = { at, author } as const;
  const day = dayOf(at);
  const entries = visit.body.entries.map(
    (entry): VisitEntry => ({ ...entry, id: entryId(), at, by: author }),
  );
  const today = { ...visit.body, patientId: patient.id, day, entries };
  const planned: VisitEntry = { kind: 'state', id: entryId(), at, by: author, state: 'planned' };
  const control = {
    patientId: patient.id,
    day: dayOf(at + 30 * dayMs),
    reason: 'Nazorat koʻrigi',
    urgency: 'routine' as const,
    entries: [planned],
  };
  const problem = { id: entryId(), icd10: 'I11.9', at, by: author };
  const visitId = recordId();
  return [
    { ...same, collection: 'visits', id: visitId, body: today },
    { ...same, collection: 'patients', id: patient.id, body: withProblem(patient, problem) },
    { ...same, collection: 'visits', id: recordId(), body: control },
    {
      ...same,
      collection: 'requests',
      id: recordId(),
      body: referral(patient.id, visitId, entryId(), at, author),
    },
  ];
}

const dayOf = (at: Instant) => v.parse(DaySchema, new Date(at).toISOString().slice(0, 10));

const withProblem = ({ body }: PatientEdit, problem: PatientBody['problems'][number]): PatientBody => ({
  ...body,
  problems: [...body.problems, problem],
});

/** A referral, as a nurse sends it; also what travels in lane 0. */
export function referral(
  patientId: RecordId,
  visitId: RecordId,
  sent: EntryId,
  at: Instant,
  by: PersonId,
): RequestBody {
  return {
    matter: {
      kind: 'referral',
      patientId,
      to: referralTarget,
      reason: 'Kardiolog koʻrigi, EKG',
      icd10: 'I11.9',
      visitId,
    },
    urgency: 'urgent',
    events: [{ id: sent, at, by, kind: 'sent' }],
  };
}

/** Saves edits at a desk as its actions do, so many in one transaction. */
export async function saveEdits(
  desk: Desk,
  edits: readonly Edit[],
  random: SeededRandom,
  perTransaction = 200,
): Promise<void> {
  const { scope, device, replica } = desk;
  for (let from = 0; from < edits.length; from += perTransaction) {
    await replica.transact((transaction) => {
      for (const edit of edits.slice(from, from + perTransaction)) {
        const where = { scope, device, random };
        if (edit.collection === 'visits') recordLocalWrite(transaction, { ...where, ...edit });
        else if (edit.collection === 'patients') recordLocalWrite(transaction, { ...where, ...edit });
        else recordLocalWrite(transaction, { ...where, ...edit });
      }
    });
  }
}
