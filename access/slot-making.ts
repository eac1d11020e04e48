import type { PersonId } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { usualArgon2Cost } from './argon2.ts';
import type { SlotsEnvironment } from './credential-slots.ts';
import { deviceError } from './device-error.ts';
import { deviceSlotKey, wrapDataKey } from './key-wrapping.ts';
import { passphraseBytes } from './passphrase.ts';
import type { CredentialDevice, DeviceOperation } from './ports.ts';
import { randomUuid } from './random-uuid.ts';
import { Secret } from './secret.ts';
import type { DeviceSlot, PassphraseSlot } from './slot-file-format.ts';

/** A slot that opens with the passphrase, at today's cost of Argon2id. */
export async function makePassphraseSlot(
  { random, derivePassphraseKey }: SlotsEnvironment,
  database: string,
  dataKey: Secret,
  person: PersonId,
  passphrase: string,
): Promise<PassphraseSlot> {
  const salt = random.bytes(16);
  const id = randomUuid(random);
  using secret = new Secret(passphraseBytes(passphrase));
  using slotKey = new Secret(await derivePassphraseKey(secret.reveal(), salt, usualArgon2Cost));
  const binding = { database, person, slot: id, method: 'passphrase' };
  return {
    id,
    person,
    method: 'passphrase',
    salt: Buffer.from(salt).toString('base64'),
    cost: usualArgon2Cost,
    wrapped: wrapDataKey(dataKey, slotKey.reveal(), binding, random),
  };
}

/** A slot that opens with a credential made on the device: asks for presence twice, to make it and to use it. */
export async function makeDeviceSlot(
  { random }: SlotsEnvironment,
  database: string,
  dataKey: Secret,
  person: PersonId,
  device: CredentialDevice,
  operation: DeviceOperation,
): Promise<Result<DeviceSlot>> {
  const created = await device.createCredential({ ...operation, user: personBytes(person) });
  if (!created.ok) return fail(deviceError(created.error));
  const { credential } = created.value;
  const salt = random.bytes(32);
  const released = await device.releaseSecret({ ...operation, credential, salt });
  if (!released.ok) return fail(deviceError(released.error));
  using secret = released.value;
  using slotKey = new Secret(deviceSlotKey(secret, salt));
  const id = randomUuid(random);
  const binding = { database, person, slot: id, method: device.kind };
  return ok({
    id,
    person,
    method: device.kind,
    salt: Buffer.from(salt).toString('base64'),
    credential: Buffer.from(credential).toString('base64'),
    wrapped: wrapDataKey(dataKey, slotKey.reveal(), binding, random),
  });
}

const personBytes = (person: PersonId): Uint8Array => Buffer.from(person.replaceAll('-', ''), 'hex');
