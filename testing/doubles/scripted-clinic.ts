import * as v from 'valibot';
import type { Action, ActionContext } from '#clinic/actions/action.ts';
import { amendPatient } from '#clinic/actions/amend-patient.ts';
import { createMemoryReader } from '#clinic/actions/memory-reader.ts';
import { moveVisit } from '#clinic/actions/move-visit.ts';
import { unlinkPatient } from '#clinic/actions/patient-links.ts';
import { recordAllergy } from '#clinic/actions/record-allergy.ts';
import { recordVisit } from '#clinic/actions/record-visit.ts';
import { registerPatient } from '#clinic/actions/register-patient.ts';
import { answerReferral, askAccess, askMove, cancelRequest, referPatient } from '#clinic/actions/requests.ts';
import { settleReview } from '#clinic/actions/settle-review.ts';
import { startVisit } from '#clinic/actions/start-visit.ts';
import { dayAt } from '#clinic/clinic-day.ts';
import { createIdSource, newEntryId, newRecordId } from '#clinic/ids.ts';
import type { Clock } from '#clinic/ports/clock.ts';
import type { RequestOutput } from '#contracts/bridge/requests.ts';
import type { Delivery } from '#contracts/bridge/views.ts';
import type { AppError } from '#contracts/errors.ts';
import {
  type Instant,
  type PersonId,
  PersonIdSchema,
  type RecordId,
  type Scope,
  ScopeSchema,
} from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import type { ReviewBody } from '#contracts/records/reviews.ts';
import { ok, type Result } from '#contracts/result.ts';
import type { Role } from '#contracts/roles.ts';
import type { ReferenceData } from '#workstation/reference-data.ts';
import { addNeighbours } from './scripted-neighbours.ts';
import { type ScriptedPatient, scriptedPatients } from './scripted-patients.ts';
import { SeededRandom } from './seeded-random.ts';

/** Somebody who works at the scripted clinic. */
export interface ScriptedPerson {
  readonly id: PersonId;
  readonly name: string;
  readonly roles: readonly Role[];
}

/** Records of the scripted clinic, in memory only. The clinical actions are the real ones. */
export interface ScriptedClinic {
  readonly reader: ReturnType<typeof createMemoryReader>;
  readonly people: readonly ScriptedPerson[];
  readonly scope: Scope;
  readonly mahallas: readonly string[];
  /** Runs a clinical action for `person`; what it writes counts as saved and not yet sent. */
  act<Input>(
    action: Action<Input>,
    input: Input,
    person: PersonId,
  ): Result<RequestOutput<'patients.register'>>;
  delivery(id: RecordId): Delivery;
  /** When the record was last written here; 0 if it never was. */
  savedAt(id: RecordId): Instant;
  /** Records not yet received by the center, oldest first. */
  unsent(): readonly { readonly id: RecordId; readonly savedAt: Instant }[];
  /** The center has received everything. */
  receiveAll(): void;
  /** Other computers have written every record since, and their versions are here. */
  replaceAll(): void;
}

const place = v.parse(ScopeSchema, 'TSH000123');
const firstPersonId = '0190a000-0000-7000-8000-0000000000a';

const staff = [
  ['Yusupova', 'Malika', ['nurse']],
  ['Ergasheva', 'Nargiza', ['nurse']],
  ['Тошматов', 'Ботир', ['doctor']],
  ['Olimov', 'Jahongir', ['head', 'doctor']],
] as const satisfies readonly (readonly [string, string, readonly Role[]])[];

/** The clinic on a morning, around the clock's present moment. */
export function openScriptedClinic(clock: Clock, reference: ReferenceData): ScriptedClinic {
  const reader = createMemoryReader(place);
  const random = new SeededRandom(7);
  const savedAtById = new Map<RecordId, Instant>();
  const receivedAtById = new Map<RecordId, Instant>();
  const replacedIds = new Set<RecordId>();
  const mahallas = reference.searchMahallas('Navoiy', 4, []).map((hit) => hit.code);
  const people = staff.map(([family, given, roles], at) => ({
    id: v.parse(PersonIdSchema, `${firstPersonId}${at}`),
    name: `${family} ${given}`,
    roles,
  }));
  const nurse = people[0]?.id ?? v.parse(PersonIdSchema, `${firstPersonId}0`);

  const actAt = <Input>(action: Action<Input>, input: Input, person: PersonId, at: Instant) => {
    const newId = createIdSource({ now: () => at }, random);
    const context: ActionContext = { now: at, person, scope: place, today: dayAt(at), newId };
    const planned = action(reader, input, context);
    if (!planned.ok) return planned;
    reader.apply(planned.value);
    for (const write of planned.value.writes) {
      savedAtById.set(write.id, at);
      receivedAtById.delete(write.id);
      replacedIds.delete(write.id);
    }
    return ok(planned.value.subject);
  };

  const clinic: ScriptedClinic = {
    reader,
    people,
    scope: place,
    mahallas,
    act(action, input, person) {
      const acted = actAt(action, input, person, clock.now());
      return acted.ok ? ok(savedRecord(clinic, acted.value)) : acted;
    },
    delivery(id) {
      const savedAt = savedAtById.get(id);
      if (savedAt === undefined || replacedIds.has(id)) return { state: 'at-center' };
      const receivedAt = receivedAtById.get(id);
      return receivedAt === undefined ? { state: 'saved', savedAt } : { state: 'received', receivedAt };
    },
    savedAt: (id) => savedAtById.get(id) ?? 0,
    unsent: () =>
      [...savedAtById]
        .filter(([id]) => !receivedAtById.has(id))
        .map(([id, savedAt]) => ({ id, savedAt }))
        .sort((one, other) => one.savedAt - other.savedAt),
    receiveAll() {
      for (const [id, savedAt] of savedAtById) {
        if (!receivedAtById.has(id)) receivedAtById.set(id, savedAt + 60_000);
      }
    },
    replaceAll() {
      clinic.receiveAll();
      for (const id of savedAtById.keys()) replacedIds.add(id);
    },
  };

  const now = clock.now();
  const script = scriptedPatients(now, dayAt(now), mahallas);
  const patientIds = script.map((patient) => admit(patient, nurse, actAt));
  clinic.receiveAll();
  for (const [at, patient] of script.entries()) {
    const patientId = patientIds[at];
    if (patientId !== undefined) beginToday(patient, patientId, nurse, actAt);
  }
  addReviews(clinic, patientIds, now);
  addNeighbours(clinic, now);
  return clinic;
}

type ActAt = <Input>(
  action: Action<Input>,
  input: Input,
  person: PersonId,
  at: Instant,
) => Result<RecordId, AppError>;

const longAgoMs = 400 * 24 * 60 * 60_000;

/** A script that does not fit the actions is a defect of the script. */
function expectDone(result: Result<RecordId, AppError>): RecordId {
  if (!result.ok) throw new Error(`the script does not fit: ${JSON.stringify(result.error)}`);
  return result.value;
}

function admit(patient: ScriptedPatient, nurse: PersonId, actAt: ActAt): RecordId {
  const firstVisit = patient.history[0]?.at ?? patient.today?.at ?? 0;
  const at = Math.max(0, firstVisit - longAgoMs);
  const id = expectDone(actAt(registerPatient, patient.registration, nurse, at));
  for (const allergy of patient.allergies) {
    expectDone(actAt(recordAllergy, { id, allergy: { status: 'known', ...allergy } }, nurse, at + 1));
  }
  for (const visit of patient.history) {
    const started = { patientId: id, reason: visit.reason, urgency: 'routine', state: 'arrived' } as const;
    const visitId = expectDone(actAt(startVisit, started, nurse, visit.at));
    const record = { id: visitId, entries: [...visit.entries], state: 'finished' as const };
    expectDone(actAt(recordVisit, record, nurse, visit.at + 9 * 60_000));
  }
  return id;
}

function beginToday({ today }: ScriptedPatient, patientId: RecordId, nurse: PersonId, actAt: ActAt): void {
  if (today === undefined) return;
  const started = {
    patientId,
    reason: today.reason,
    urgency: today.urgency,
    state: today.state === 'planned' ? 'planned' : 'arrived',
    ...(today.room === undefined ? {} : { room: today.room }),
  } as const;
  const id = expectDone(actAt(startVisit, started, nurse, today.at));
  if (today.entries.length > 0) {
    const record = { id, entries: [...today.entries] };
    expectDone(actAt(recordVisit, record, nurse, today.at + 8 * 60_000));
  }
  if (today.state !== 'planned' && today.state !== 'arrived') {
    expectDone(actAt(moveVisit, { id, state: today.state }, nurse, today.at + 9 * 60_000));
  }
}

/** One conflict of two fields, and one possible duplicate. */
function addReviews(clinic: ScriptedClinic, patientIds: readonly RecordId[], now: Instant): void {
  const [first, second] = [patientIds[0], patientIds[2]];
  const other = patientIds[14];
  const [nurse, colleague] = clinic.people;
  if (first === undefined || second === undefined || other === undefined) return;
  if (nurse === undefined || colleague === undefined) return;
  const newId = createIdSource({ now: () => now }, new SeededRandom(11));
  const rev = clinic.reader.get('patients', second)?.rev;
  if (rev === undefined) return;
  const conflict: ReviewBody = {
    subject: { collection: 'patients', id: second },
    question: {
      kind: 'conflict',
      fields: [
        {
          field: 'phone',
          base: JSON.stringify('+998901010101'),
          mine: JSON.stringify('+998935550199'),
          theirs: JSON.stringify('+998935550101'),
        },
        {
          field: 'birth',
          base: JSON.stringify({ date: '1972', approximate: true }),
          mine: JSON.stringify({ date: '1972-07-03' }),
          theirs: JSON.stringify({ date: '1972-07-30' }),
        },
      ],
      mineRev: rev,
      theirsRev: rev,
      mineAuthor: nurse.id,
      theirsAuthor: colleague.id,
      mineAt: now - 5 * 3_600_000,
      theirsAt: now - 4 * 3_600_000,
    },
    decisions: [],
  };
  const duplicate: ReviewBody = {
    subject: { collection: 'patients', id: first },
    question: { kind: 'possible-duplicate', other, score: 91 },
    decisions: [],
  };
  const visit = clinic.reader.find('visits', { equals: { 'body.patientId': first } }).at(-1);
  const clinical = visit === undefined ? [] : [visitConflict(visit, nurse.id, colleague.id, now, newId)];
  const writes = [conflict, duplicate, ...clinical].map((body) => ({
    collection: 'reviews' as const,
    id: newRecordId(newId),
    body,
    audit: 'reviews.raise',
  }));
  clinic.reader.apply({ writes, subject: first });
}

/** Two sets of vitals and two reasons for one visit, whose reason somebody has changed since. */
function visitConflict(
  { id, rev }: RecordOf<'visits'>,
  nurse: PersonId,
  colleague: PersonId,
  now: Instant,
  newId: () => string,
): ReviewBody {
  const entryId = newEntryId(newId);
  const vitals = (values: object, by: PersonId) =>
    JSON.stringify({ kind: 'vitals', id: entryId, at: now - 7_200_000, by, values });
  const measured = { diastolicMmHg: 94, pulsePerMinute: 88, temperatureCelsius: 36.9 };
  return {
    subject: { collection: 'visits', id },
    question: {
      kind: 'conflict',
      fields: [
        {
          field: 'reason',
          base: JSON.stringify('Bosim'),
          mine: JSON.stringify('Bosh ogʻrigʻi va bosim'),
          theirs: JSON.stringify('Bosh aylanishi va bosim'),
        },
        {
          field: 'entries',
          itemId: entryId,
          mine: vitals({ systolicMmHg: 152, ...measured }, nurse),
          theirs: vitals({ systolicMmHg: 125, ...measured }, colleague),
        },
      ],
      mineRev: rev,
      theirsRev: rev,
      mineAuthor: nurse,
      theirsAuthor: colleague,
    },
    decisions: [],
  };
}

function savedRecord(clinic: ScriptedClinic, id: RecordId): RequestOutput<'patients.register'> {
  const { reader } = clinic;
  const record =
    reader.get('patients', id) ??
    reader.get('visits', id) ??
    reader.get('reviews', id) ??
    reader.get('requests', id) ??
    reader.get('staff', id);
  if (record === undefined) throw new Error('an action answered with a record it did not write');
  return { id, rev: record.rev, delivery: { state: 'saved', savedAt: clinic.savedAt(id) } };
}

/** The actions behind the requests that write. */
export const scriptedActions = {
  'patients.register': registerPatient,
  'patients.amend': amendPatient,
  'patients.record-allergy': recordAllergy,
  'patients.unlink': unlinkPatient,
  'visits.start': startVisit,
  'visits.move': moveVisit,
  'visits.record': recordVisit,
  'reviews.settle': settleReview,
  'requests.refer': referPatient,
  'requests.answer': answerReferral,
  'requests.cancel': cancelRequest,
  'requests.ask-access': askAccess,
  'requests.move-patient': askMove,
} as const;
