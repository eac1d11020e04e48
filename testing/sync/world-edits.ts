import * as v from 'valibot';
import type { ReplicaTransaction } from '#clinic/ports/replica.ts';
import { DaySchema, type RecordId } from '#contracts/ids.ts';
import { type PatientBody, PatientBodySchema } from '#contracts/records/patients.ts';
import type { BodyByCollection, CollectionName } from '#contracts/records/registry.ts';
import { RequestBodySchema } from '#contracts/records/requests.ts';
import { type VisitBody, VisitBodySchema } from '#contracts/records/visits.ts';
import { recordLocalWrite } from '#sync/local-write.ts';
import { randomEntryId, randomPerson, randomRecordId } from './random-bodies.ts';
import { facility, type SyncWorld, type Workstation } from './sync-world.ts';

type Written = { readonly field: string; readonly token: string };

/** Registers a patient; returns its id if it is durable. */
export function registerPatient(world: SyncWorld, workstation: Workstation): RecordId {
  const token = world.ledger.token();
  const body = v.parse(PatientBodySchema, {
    name: { family: token, given: 'x' },
    sex: 'female',
    birth: { date: '1984' },
    allergyStatus: 'not-recorded',
    allergies: [],
    problems: [],
  });
  const id = randomRecordId(world.random);
  writeBody(world, workstation, 'patients', id, body, [{ field: 'name', token }]);
  return id;
}

/** Starts a visit of a patient, somebody unknown unless told otherwise. */
export function startVisit(
  world: SyncWorld,
  workstation: Workstation,
  patientId: RecordId = randomRecordId(world.random),
): RecordId {
  const token = world.ledger.token();
  const body = v.parse(VisitBodySchema, {
    patientId,
    day: v.parse(DaySchema, '2026-03-01'),
    reason: token,
    urgency: 'routine',
    entries: [],
  });
  const id = randomRecordId(world.random);
  writeBody(world, workstation, 'visits', id, body, [{ field: 'reason', token }]);
  return id;
}

/** One random edit of a patient this workstation has. Returns whether there was one and it is durable. */
export function amendPatient(world: SyncWorld, workstation: Workstation, id: RecordId): boolean {
  const stored = workstation.replica.get('patients', id);
  if (stored === undefined) return false;
  const token = world.ledger.token();
  const { random } = world;
  const item = { id: randomEntryId(random), at: 1, by: randomPerson(random) };
  const { body } = stored;
  const edits: readonly { readonly field: string; readonly body: PatientBody }[] = [
    { field: 'name', body: { ...body, name: { family: token, given: 'x' } } },
    { field: 'phone', body: { ...body, phone: phoneOf(token) } },
    { field: 'address', body: { ...body, address: { line: token } } },
    {
      field: 'allergies',
      body: {
        ...body,
        allergyStatus: 'known',
        allergies: [...body.allergies, { ...item, substance: token }],
      },
    },
  ];
  const edit = random.pick(edits);
  const written = edit.field === 'phone' ? phoneOf(token) : token;
  return writeBody(world, workstation, 'patients', id, edit.body, [{ field: edit.field, token: written }]);
}

/** Voids a patient, as a nurse does with a record entered by mistake. */
export function voidPatient(world: SyncWorld, workstation: Workstation, id: RecordId): boolean {
  const stored = workstation.replica.get('patients', id);
  if (stored === undefined || stored.body.voided !== undefined) return false;
  const token = world.ledger.token();
  const voided = { reason: token, at: 1, by: workstation.person };
  return writeBody(world, workstation, 'patients', id, { ...stored.body, voided }, [
    { field: 'voided', token },
  ]);
}

/** Adds an entry to a visit, or changes its reason. */
export function continueVisit(world: SyncWorld, workstation: Workstation, id: RecordId): boolean {
  const stored = workstation.replica.get('visits', id);
  if (stored === undefined) return false;
  const token = world.ledger.token();
  const { random } = world;
  const note = {
    kind: 'note' as const,
    id: randomEntryId(random),
    at: 1,
    by: workstation.person,
    text: token,
  };
  const isNote = random.chance(0.7);
  const body: VisitBody = isNote
    ? { ...stored.body, entries: [...stored.body.entries, note] }
    : { ...stored.body, reason: token };
  return writeBody(world, workstation, 'visits', id, body, [{ field: isNote ? 'entries' : 'reason', token }]);
}

/** An emergency: lane 0. */
export function writeAlert(world: SyncWorld, at: Workstation): RecordId {
  const id = randomRecordId(world.random);
  const matter = { kind: 'access', pinfl: '31203850123459', ground: 'break-glass', reason: 'qon ketishi' };
  const body = v.safeParse(RequestBodySchema, { matter, urgency: 'emergency', events: [] });
  if (!body.success) throw new Error(body.issues.map((issue) => v.getDotPath(issue)).join());
  writeBody(world, at, 'requests', id, body.output, []);
  return id;
}

const phoneOf = (token: string): string => `+998${token.slice(1).padStart(9, '9')}`;

/** Writes a whole body and notes the fields it changed. Returns whether it is durable. */
export function writeBody<C extends CollectionName>(
  world: SyncWorld,
  workstation: Workstation,
  collection: C,
  id: RecordId,
  body: BodyByCollection[C],
  written: readonly Written[],
): boolean {
  const before = workstation.replica.get(collection, id);
  let rev: ReturnType<typeof recordLocalWrite>['rev'] | undefined;
  workstation.write((transaction: ReplicaTransaction) => {
    ({ rev } = recordLocalWrite(transaction, {
      collection,
      id,
      body,
      scope: facility,
      author: workstation.person,
      device: workstation.identity.device,
      at: workstation.now(),
      random: workstation.random,
    }));
  });
  if (rev === undefined) return false;
  const [was, is]: readonly Readonly<Record<string, unknown>>[] = [{ ...before?.body }, { ...body }];
  for (const { field, token } of written) {
    world.ledger.note({ collection, id, field, token, rev }, was?.[field], is?.[field]);
  }
  return true;
}

/**
 * One workstation has an unsent edit of a patient whose record nobody else has any more: the other one, which registered it, is gone, and
 * the center was restored to before it.
 */
export async function loseBase(world: SyncWorld): Promise<{ nurse: Workstation; id: RecordId }> {
  const [nurse, doctor] = await world.start(2);
  if (nurse === undefined || doctor === undefined) throw new Error('no workstations');
  const backup = world.center.backUp();
  const id = registerPatient(world, doctor);
  await world.time.advance(3000);
  nurse.goOffline();
  amendPatient(world, nurse, id);
  doctor.kill();
  world.workstations.splice(world.workstations.indexOf(doctor), 1);
  world.center.restore(backup);
  nurse.isOnline = true;
  return { nurse, id };
}
