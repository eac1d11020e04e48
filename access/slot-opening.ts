import { type AppError, appError } from '#contracts/errors.ts';
import type { PersonId } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { SlotsEnvironment } from './credential-slots.ts';
import { deviceError } from './device-error.ts';
import { decodeCredential } from './enrolled-credential.ts';
import { derive, deviceSlotSecret, unwrap } from './key-wrapping.ts';
import { passphraseBytes } from './passphrase.ts';
import { PersonKeys } from './person-keys.ts';
import type { CredentialDevice, DeviceOperation, ReleaseFailure } from './ports.ts';
import { Secret } from './secret.ts';
import { dataKeyBinding, seedBinding } from './slot-binding.ts';
import { doorKey, openBehind } from './slot-door.ts';
import { fromBase64 } from './slot-field.ts';
import type { Slot, SlotList } from './slot-file-format.ts';
import { oldSlotBinding } from './slot-file-format-1.ts';
import { type AnySlot, slotsOf } from './slot-list.ts';

/** How a person proves who she is. Every way ends in secret bytes; none in a yes. */
export type Proof =
  | { readonly method: 'passphrase'; readonly passphrase: string }
  | { readonly method: 'device'; readonly device: CredentialDevice; readonly operation: DeviceOperation }
  /** The system or the browser asked the key: 32 bytes of the PRF for the slot's salt. Stays the caller's to wipe. */
  | { readonly method: 'webauthn'; readonly credentialId: Uint8Array; readonly secret: Secret };

/** What a slot holds. The data key is null for holders, the keys for a slot of format 1. */
interface SlotContent {
  readonly dataKey: Secret | null;
  readonly keys: PersonKeys | null;
}

/** A slot whose owner proved herself. Whoever has it wipes what it holds. */
export interface OpenedSlot extends SlotContent {
  readonly slot: AnySlot;
  readonly secret: Secret;
}

/** Drops everything an opened slot holds. */
export function wipeOpened(opened: OpenedSlot): void {
  opened.secret.wipe();
  opened.dataKey?.wipe();
  opened.keys?.wipe();
}

/**
 * Opens the first of a person's slots that the proof fits. Fails with `access.unknown-person` (no slot of that kind),
 * `access.wrong-passphrase`, a device's error, or `store.wrong-key` when the slot does not hold what it should.
 */
export function openByProof(
  environment: SlotsEnvironment,
  list: SlotList,
  person: PersonId,
  proof: Proof,
): Promise<Result<OpenedSlot>> {
  const slots = slotsOf(list, person).filter((slot) => fitsProof(slot, proof));
  if (slots.length === 0) return Promise.resolve(fail(appError('access.unknown-person')));
  switch (proof.method) {
    case 'passphrase':
      return openByPassphrase(environment, list, slots, proof.passphrase);
    case 'device':
      return openByDevice(list, slots, proof.device, proof.operation);
    case 'webauthn':
      return Promise.resolve(openByReleased(list, slots[0], proof.secret));
  }
}

function fitsProof(slot: AnySlot, proof: Proof): boolean {
  if (proof.method === 'passphrase') return slot.method === 'passphrase';
  if (proof.method === 'device') return slot.method === proof.device.kind;
  if (slot.method !== 'fido2') return false;
  const enrolled = decodeCredential(fromBase64(slot.credential));
  return enrolled !== undefined && Buffer.compare(enrolled.id, proof.credentialId) === 0;
}

async function openByPassphrase(
  { derivePassphraseKey }: SlotsEnvironment,
  list: SlotList,
  slots: readonly AnySlot[],
  passphrase: string,
): Promise<Result<OpenedSlot>> {
  using typed = new Secret(passphraseBytes(passphrase));
  for (const slot of slots) {
    if (slot.method !== 'passphrase') continue;
    const secret = new Secret(await derivePassphraseKey(typed.reveal(), fromBase64(slot.salt), slot.cost));
    const content = openSlot(list, slot, secret);
    if (content !== undefined) return ok({ slot, secret, ...content });
    secret.wipe();
  }
  return fail(appError('access.wrong-passphrase'));
}

/** Tries the slots on the key; one that the key does not know is passed over. */
async function openByDevice(
  list: SlotList,
  slots: readonly AnySlot[],
  device: CredentialDevice,
  operation: DeviceOperation,
): Promise<Result<OpenedSlot>> {
  const choices = slots.flatMap((slot) =>
    slot.method === 'passphrase'
      ? []
      : [{ slot, salt: fromBase64(slot.salt), credential: fromBase64(slot.credential) }],
  );
  if (device.releaseOneOf !== undefined) {
    const released = await device.releaseOneOf({ ...operation, choices });
    if (!released.ok) return fail(releaseError(released.error));
    using secret = released.value.secret;
    return openByReleased(list, choices[released.value.chosen]?.slot, secret);
  }
  for (const { slot, salt, credential } of choices) {
    const released = await device.releaseSecret({ ...operation, credential, salt });
    if (!released.ok && released.error.failure === 'no-credential') continue;
    if (!released.ok) return fail(releaseError(released.error));
    using secret = released.value;
    return openByReleased(list, slot, secret);
  }
  return fail(releaseError({ failure: 'no-credential' }));
}

/** A key that holds none of the person's credentials is most likely somebody else's. */
const releaseError = (failure: ReleaseFailure): AppError =>
  failure.failure === 'no-credential'
    ? appError('access.finger-not-recognised', { rule: 'other-key' })
    : deviceError(failure);

function openByReleased(list: SlotList, slot: AnySlot | undefined, released: Secret): Result<OpenedSlot> {
  if (slot === undefined) return fail(appError('access.unknown-person'));
  const secret = deviceSlotSecret(released, fromBase64(slot.salt));
  const content = openSlot(list, slot, secret);
  if (content !== undefined) return ok({ slot, secret, ...content });
  secret.wipe();
  return fail(appError('store.wrong-key', { part: 'slot-list' }));
}

/** What the slot holds, or undefined when its secret is another one or the slot was moved or changed. */
export function openSlot(list: SlotList, slot: AnySlot, secret: Secret): SlotContent | undefined {
  if ('wrapped' in slot) {
    const wrapped = fromBase64(slot.wrapped);
    const dataKey = unwrap(wrapped, secret.reveal(), oldSlotBinding(list.database, slot));
    return dataKey && { dataKey, keys: null };
  }
  const keys = openSeed(list, slot, secret);
  const dataKey = openDataKey(list, slot, secret);
  if (keys !== undefined && dataKey !== undefined && (keys ?? dataKey) !== null) return { dataKey, keys };
  keys?.wipe();
  dataKey?.wipe();
  return undefined;
}

function openSeed(list: SlotList, slot: Slot, secret: Secret): PersonKeys | null | undefined {
  if (slot.seed === null) return null;
  using key = seedKey(secret);
  return PersonKeys.unwrap(fromBase64(slot.seed), key.reveal(), seedBinding(list, slot));
}

function openDataKey(list: SlotList, slot: Slot, secret: Secret): Secret | null | undefined {
  if (slot.dataKey === null) return null;
  using door = doorKey(secret);
  return openBehind(door, fromBase64(slot.dataKey), dataKeyBinding(list, slot));
}

/** The key that wraps the person's seed in a slot. */
export const seedKey = (slotSecret: Secret): Secret => derive(slotSecret, 'hamshira slot seed v2');
