import * as v from 'valibot';
import { createSlotFile } from '#access/credential-slots.ts';
import { preparePrivateFolder } from '#access/data-folder.ts';
import { diskFailure } from '#access/disk-failure.ts';
import { checkPassphrase } from '#access/passphrase.ts';
import type { PersonKeys } from '#access/person-keys.ts';
import { randomUuid } from '#access/random-uuid.ts';
import { Secret } from '#access/secret.ts';
import { enrolPerson } from '#clinic/actions/enrol-person.ts';
import { createIdSource } from '#clinic/ids.ts';
import type { Replica } from '#clinic/ports/replica.ts';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import { type PersonId, PersonIdSchema } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { Role } from '#contracts/roles.ts';
import { act } from './acting.ts';
import { completeEnrolment, discardEnrolment, layoutOf } from './folder-layout.ts';
import type { Enrolment, WorkstationParts } from './parts.ts';
import { personName } from './people.ts';
import { beginSession } from './session.ts';

type EnrolInput = RequestInput<'workstation.enrol'>;

/** The new workstation's first person and the key of its database. */
export interface EnrolledWorkstation {
  readonly person: PersonId;
  readonly dataKey: Secret;
  readonly personKeys: PersonKeys;
}

/** The first person looks after the workstation until others are enrolled. */
const firstRoles = ['technician', 'head'] as const satisfies readonly Role[];

/**
 * Enrols an unenrolled workstation (WS-2). The database is made before the center is asked, so that a full disk does not
 * use up the code; the slot file is written last; a rename makes it all count. A power cut before that leaves an
 * unenrolled workstation that needs a new code, a power cut after it an enrolled one.
 */
export async function enrolWorkstation(
  parts: WorkstationParts,
  input: EnrolInput,
): Promise<Result<EnrolledWorkstation>> {
  const strength = checkPassphrase(input.passphrase, input.administrator);
  if (!strength.ok) return strength;
  const dataKey = Secret.draw(parts.random, 32);
  try {
    const staged = await stageEnrolment(parts, input, dataKey);
    if (!staged.ok) await abandon(parts, dataKey);
    if (!staged.ok) return staged;
    await completeEnrolment(parts.folder);
    return ok({ ...staged.value, dataKey });
  } catch (error) {
    await abandon(parts, dataKey);
    const expected = error instanceof ReplicaFailure ? error.error : diskFailure(error);
    if (expected === undefined) throw error;
    return fail(expected);
  }
}

async function abandon(parts: WorkstationParts, dataKey: Secret): Promise<void> {
  dataKey.wipe();
  await discardEnrolment(parts.folder);
}

async function stageEnrolment(
  parts: WorkstationParts,
  input: EnrolInput,
  dataKey: Secret,
): Promise<Result<Omit<EnrolledWorkstation, 'dataKey'>>> {
  const { enrolling } = layoutOf(parts.folder);
  await discardEnrolment(parts.folder);
  await preparePrivateFolder(enrolling);
  const replica = await parts.openReplica({ folder: enrolling, dataKey: dataKey.reveal() });
  const person = v.parse(PersonIdSchema, createIdSource(parts.clock, parts.random)());
  try {
    const { center, code, label } = input;
    const enrolled = await parts.enrolDevice({ center, code, label });
    if (!enrolled.ok) return enrolled;
    const written = await writeFirstRecords(parts, replica, enrolled.value, input, person);
    if (!written.ok) return written;
  } finally {
    await replica.close();
  }
  const { clock, random, derivePassphraseKey } = parts;
  const environment = { folder: enrolling, clock, random, derivePassphraseKey };
  const first = { id: person, name: personName(input.administrator), passphrase: input.passphrase };
  const slots = await createSlotFile(environment, randomUuid(random), dataKey, first);
  return slots.ok ? ok({ person, personKeys: slots.value }) : slots;
}

/** Device identity and staff record, in this order; both before the slot file makes the folder count. */
async function writeFirstRecords(
  parts: WorkstationParts,
  replica: Replica,
  enrolment: Enrolment,
  input: EnrolInput,
  person: PersonId,
): Promise<Result<unknown>> {
  await replica.transact((transaction) => {
    enrolment.keep(transaction);
    const at = Math.max(0, Math.floor(parts.clock.now()));
    transaction.beginTrail(enrolment.device, at);
    transaction.audit({ at, person, action: 'workstation.enrol', collection: null, record: null });
  });
  const session = beginSession(
    { replica, identity: enrolment },
    { person, name: personName(input.administrator), roles: firstRoles },
    parts,
  );
  const ownId = { ...session, context: () => ({ ...session.context(), newId: () => person }) };
  return act(ownId, enrolPerson, { name: input.administrator, roles: [...firstRoles] });
}
