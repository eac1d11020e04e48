import * as v from 'valibot';
import type { CredentialSlots } from '#access/credential-slots.ts';
import { checkPassphrase } from '#access/passphrase.ts';
import type { Secret } from '#access/secret.ts';
import { enrolPerson } from '#clinic/actions/enrol-person.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import { type PersonId, PersonIdSchema } from '#contracts/ids.ts';
import { ok, type Result } from '#contracts/result.ts';
import { act } from './acting.ts';
import { personName } from './people.ts';
import { deviceFor, type ProofSources } from './releasing.ts';
import type { Session } from './session.ts';

/**
 * Adds a member of staff: the slots first, then the record. Without a record nobody gets in, so an interruption in
 * between leaves only a name that goes away at the next unlock; the other way round the retry would enrol twice.
 */
export async function addStaff(
  sources: ProofSources,
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
    const slotted = await addSlots(sources, slots, dataKey, person, input);
    const written = slotted.ok ? await write(session, id, input, slotted.value) : slotted;
    isWritten = written.ok;
    return written.ok ? ok({ person: id }) : written;
  } finally {
    if (!isWritten) await slots.remove(dataKey, id, 'undone');
  }
}

/** Gives the public part of the person's signing key. */
async function addSlots(
  sources: ProofSources,
  slots: CredentialSlots,
  dataKey: Secret,
  person: { readonly id: PersonId; readonly name: string },
  input: RequestInput<'staff.enrol'>,
): Promise<Result<Uint8Array>> {
  const bringsSecond = input.withSimulatedKey === true;
  const alone = { ...person, isSecondDemanded: !bringsSecond };
  const byPassphrase = await slots.enrolPassphrase(dataKey, alone, input.passphrase, 'new');
  if (!byPassphrase.ok) return byPassphrase;
  using keys = byPassphrase.value;
  const publicKey = Uint8Array.from(keys.publicKey);
  if (!bringsSecond) return ok(publicKey);
  const byKey = await sources.operations.run({ kind: 'enrol-key' }, async (operation) => {
    const device = await deviceFor(sources.devices, 'simulated-key', operation);
    return device.ok ? slots.enrolDevice(dataKey, person, device.value, operation, keys) : device;
  });
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
