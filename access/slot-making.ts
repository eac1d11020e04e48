import { appError } from '#contracts/errors.ts';
import type { PersonId } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { usualArgon2Cost } from './argon2.ts';
import type { SlotsEnvironment } from './credential-slots.ts';
import { deviceError } from './device-error.ts';
import { deviceSlotSecret } from './key-wrapping.ts';
import { passphraseBytes } from './passphrase.ts';
import type { PersonKeys } from './person-keys.ts';
import type { CredentialDevice, DeviceOperation } from './ports.ts';
import { randomUuid } from './random-uuid.ts';
import { Secret } from './secret.ts';
import { dataKeyBinding, type SlotName, seedBinding } from './slot-binding.ts';
import { doorKey, publicDoor, sealBehind } from './slot-door.ts';
import { fromBase64, toBase64 } from './slot-field.ts';
import type { Slot, SlotList } from './slot-file-format.ts';
import type { OldSlot } from './slot-file-format-1.ts';
import { openSlot, seedKey, wipeOpened } from './slot-opening.ts';

/** Whose slot is made, and what goes into it. */
export interface SlotOwner {
  readonly person: PersonId;
  readonly keys: PersonKeys;
  /** Null for holders of break-glass shares, who cannot open alone. */
  readonly dataKey: Secret | null;
  /** The device as its owner calls it; at most 60 characters. */
  readonly label: string;
}

/** A key that was asked by the system or the browser: made once, asked twice. Its secrets stay the caller's to wipe. */
export interface WebauthnEnrolment {
  /** By `encodeCredential`: id and public key. */
  readonly credential: Uint8Array;
  /** 32 bytes: the input of the PRF in both assertions. */
  readonly salt: Uint8Array;
  /** 32 bytes of the first assertion, and of the one that proves the unwrap. */
  readonly secret: Secret;
  readonly proof: Secret;
}

/** A slot that opens with the passphrase, at today's cost of Argon2id. Fails with `access.locked` when it was locked meanwhile. */
export async function makePassphraseSlot(
  environment: SlotsEnvironment,
  list: SlotList,
  owner: SlotOwner,
  passphrase: string,
): Promise<Result<Slot>> {
  const salt = environment.random.bytes(16);
  using typed = new Secret(passphraseBytes(passphrase));
  using secret = new Secret(await environment.derivePassphraseKey(typed.reveal(), salt, usualArgon2Cost));
  if (owner.dataKey?.isWiped === true) return fail(appError('access.locked'));
  const name = { ...nameOf(environment, owner), method: 'passphrase' } as const;
  const kind = { salt: toBase64(salt), cost: usualArgon2Cost };
  const locked = lock(environment, list, name, owner, secret);
  return ok({ ...name, ...kind, ...described(environment, owner), ...locked });
}

/**
 * A slot that opens with a credential made on the device. Asks for presence three times: to make the credential, to use it,
 * and to prove that the slot opens again (ACC-23). A key that opens for anybody of the list is refused with `access.key-enrolled`
 * (ACC-54).
 */
export async function makeDeviceSlot(
  environment: SlotsEnvironment,
  list: SlotList,
  owner: SlotOwner,
  device: CredentialDevice,
  operation: DeviceOperation,
): Promise<Result<Slot>> {
  const known = credentialsOf(list, device.kind, owner.person);
  const created = await device.createCredential({ ...operation, user: personBytes(owner.person), known });
  if (!created.ok) return fail(deviceError(created.error));
  const { credential } = created.value;
  const salt = environment.random.bytes(32);
  const released = await device.releaseSecret({ ...operation, credential, salt });
  if (!released.ok) return fail(deviceError(released.error));
  using secret = released.value;
  const again = await device.releaseSecret({ ...operation, credential, salt });
  if (!again.ok) return fail(deviceError(again.error));
  using proof = again.value;
  return makeKeySlot(environment, list, owner, device.kind, { credential, salt, secret, proof });
}

/** A slot that opens with a key which the system or the browser asked. Fails when the second asking gave another secret. */
export function makeKeySlot(
  environment: SlotsEnvironment,
  list: SlotList,
  owner: SlotOwner,
  method: CredentialDevice['kind'],
  made: WebauthnEnrolment,
): Result<Slot> {
  // It was locked while the key waited for its owner.
  if (owner.dataKey?.isWiped === true) return fail(appError('access.locked'));
  const isSame = (bytes: Uint8Array) => Buffer.compare(bytes, made.credential) === 0;
  if (credentialsOf(list, method, owner.person).some(isSame)) return fail(appError('access.key-enrolled'));
  const name = { ...nameOf(environment, owner), method };
  const kind = { salt: toBase64(made.salt), credential: toBase64(made.credential) };
  using secret = deviceSlotSecret(made.secret, made.salt);
  const locked = lock(environment, list, name, owner, secret);
  const slot: Slot = { ...name, ...kind, ...described(environment, owner), ...locked };
  using proof = deviceSlotSecret(made.proof, made.salt);
  return opensToOwner(list, slot, proof, owner)
    ? ok(slot)
    : fail(appError('access.finger-not-recognised', { rule: 'other-secret' }));
}

/** A slot of format 1 as one of format 2, without its owner's seed when another slot of hers has it (ACC-25). */
export function bringOver(
  environment: SlotsEnvironment,
  list: SlotList,
  old: OldSlot,
  secret: Secret,
  content: { readonly dataKey: Secret; readonly keys: PersonKeys | null },
): Slot {
  const { wrapped: _, ...kept } = old;
  return { ...kept, label: '', enrolledAt: null, ...lock(environment, list, old, content, secret) };
}

/** What only the slot's secret opens. */
function lock(
  { random }: SlotsEnvironment,
  list: SlotList,
  name: SlotName,
  { keys, dataKey }: { readonly keys: PersonKeys | null; readonly dataKey: Secret | null },
  secret: Secret,
): Pick<Slot, 'door' | 'seed' | 'dataKey'> {
  using privateDoor = doorKey(secret);
  using key = seedKey(secret);
  const door = publicDoor(privateDoor);
  return {
    door: toBase64(door),
    seed: keys && toBase64(keys.wrapUnder(key.reveal(), seedBinding(list, name), random)),
    dataKey: dataKey && toBase64(sealBehind(door, dataKey, dataKeyBinding(list, name), random)),
  };
}

function opensToOwner(list: SlotList, slot: Slot, proof: Secret, { keys }: SlotOwner): boolean {
  const content = openSlot(list, slot, proof);
  if (content === undefined) return false;
  const isSame = Buffer.compare(content.keys?.publicKey ?? new Uint8Array(), keys.publicKey) === 0;
  wipeOpened({ slot, secret: proof, ...content });
  return isSame;
}

const nameOf = ({ random }: SlotsEnvironment, { person }: SlotOwner) => ({ id: randomUuid(random), person });

const described = ({ clock }: SlotsEnvironment, { label }: SlotOwner) => ({
  label: label.slice(0, 60),
  enrolledAt: Math.max(0, Math.floor(clock.now())),
});

/**
 * Her own first: a key is told as many as it takes. The simulated key stands for a key of each person: there is no other in
 * development.
 */
function credentialsOf(
  list: SlotList,
  method: CredentialDevice['kind'],
  person: PersonId,
): readonly Uint8Array[] {
  const made = [...list.slots, ...list.oldSlots].flatMap((slot) =>
    slot.method === method ? [{ isOwn: slot.person === person, bytes: fromBase64(slot.credential) }] : [],
  );
  const others = method === 'simulated-key' ? [] : made.filter(({ isOwn }) => !isOwn);
  return [...made.filter(({ isOwn }) => isOwn), ...others].map(({ bytes }) => bytes);
}

const personBytes = (person: PersonId): Uint8Array => Buffer.from(person.replaceAll('-', ''), 'hex');

/** The data key sealed anew behind the door of a slot, for another generation of the list. */
export function resealed(slot: Slot, list: SlotList, dataKey: Secret, { random }: SlotsEnvironment): Slot {
  if (slot.dataKey === null) return slot;
  const door = fromBase64(slot.door);
  return { ...slot, dataKey: toBase64(sealBehind(door, dataKey, dataKeyBinding(list, slot), random)) };
}
