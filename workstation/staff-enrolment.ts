import * as v from 'valibot';
import type { CredentialSlots } from '#access/credential-slots.ts';
import { checkPassphrase } from '#access/passphrase.ts';
import type { Secret } from '#access/secret.ts';
import { enrolPerson } from '#clinic/actions/enrol-person.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import { appError } from '#contracts/errors.ts';
import { type PersonId, PersonIdSchema } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { act } from './acting.ts';
import type { WorkstationParts } from './parts.ts';
import { personName } from './people.ts';
import { byFinger, deviceOf } from './releasing.ts';
import type { Session } from './session.ts';

/**
 * Adds a member of staff: the slots first, then the record. Without a record nobody gets in, so an interruption in
 * between leaves only a name that goes away at the next unlock; the other way round the retry would enrol twice.
 */
export async function addStaff(
  parts: WorkstationParts,
  session: Session,
  slots: CredentialSlots,
  dataKey: Secret,
  input: RequestInput<'staff.enrol'>,
): Promise<Result<{ readonly person: PersonId }>> {
  const strength = checkPassphrase(input.passphrase, input.name);
  if (!strength.ok) return strength;
  const id = v.parse(PersonIdSchema, session.context().newId());
  const person = { id, name: personName(input.name) };
  let isWritten = false;
  try {
    const slotted = await addSlots(parts, slots, dataKey, person, input);
    const written = slotted.ok ? await write(session, id, input, slotted.value) : slotted;
    isWritten = written.ok;
    return written.ok ? ok({ person: id }) : written;
  } finally {
    if (!isWritten) await slots.remove(dataKey, id, 'undone');
  }
}

/** Gives the public part of the person's signing key. */
async function addSlots(
  parts: WorkstationParts,
  slots: CredentialSlots,
  dataKey: Secret,
  person: { readonly id: PersonId; readonly name: string },
  input: RequestInput<'staff.enrol'>,
): Promise<Result<Uint8Array>> {
  const byPassphrase = await slots.enrolPassphrase(dataKey, person, input.passphrase, 'new');
  if (!byPassphrase.ok) return byPassphrase;
  using keys = byPassphrase.value;
  const publicKey = Uint8Array.from(keys.publicKey);
  if (input.withSimulatedKey !== true) return ok(publicKey);
  const device = deviceOf(parts.devices, 'simulated-key');
  if (device === undefined) return fail(appError('access.device-removed'));
  const byKey = await byFinger(parts.timers, (operation) =>
    slots.enrolDevice(dataKey, person, device, operation, keys),
  );
  if (!byKey.ok) return byKey;
  byKey.value.wipe();
  return ok(publicKey);
}

function write(
  session: Session,
  person: PersonId,
  { name, roles }: RequestInput<'staff.enrol'>,
  publicKey: Uint8Array,
) {
  const forPerson = { ...session, context: () => ({ ...session.context(), newId: () => person }) };
  return act(forPerson, enrolPerson, { name, roles, publicKey });
}
