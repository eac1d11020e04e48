import { createCipheriv, createDecipheriv } from 'node:crypto';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Random } from '#clinic/ports/clock.ts';
import type { PersonId } from '#contracts/ids.ts';
import { Secret } from './secret.ts';
import type { SlotList } from './slot-file-format.ts';

const nonceLength = 12;
const tagLength = 16;
const encoder = new TextEncoder();

/** What a wrapped key is bound to: moved to another slot, person or database it does not open. */
export interface SlotBinding {
  readonly database: string;
  readonly person: PersonId;
  readonly slot: string;
  readonly method: string;
}

/** Encrypts the data key under a slot's key by AES-256-GCM; base64 of nonce, ciphertext, tag. */
export function wrapDataKey(
  dataKey: Secret,
  slotKey: Uint8Array,
  binding: SlotBinding,
  random: Random,
): string {
  const nonce = random.bytes(nonceLength);
  const cipher = createCipheriv('aes-256-gcm', slotKey, nonce).setAAD(boundTo(binding));
  const sealed = Buffer.concat([cipher.update(dataKey.reveal()), cipher.final(), cipher.getAuthTag()]);
  return Buffer.concat([nonce, sealed]).toString('base64');
}

/** The data key, or undefined when key, binding or content do not fit together. */
export function unwrapDataKey(
  wrapped: string,
  slotKey: Uint8Array,
  binding: SlotBinding,
): Secret | undefined {
  const bytes = Buffer.from(wrapped, 'base64');
  const tag = bytes.subarray(bytes.length - tagLength);
  const decipher = createDecipheriv('aes-256-gcm', slotKey, bytes.subarray(0, nonceLength), {
    authTagLength: tagLength,
  });
  decipher.setAAD(boundTo(binding)).setAuthTag(tag);
  try {
    const opened = decipher.update(bytes.subarray(nonceLength, bytes.length - tagLength));
    decipher.final();
    return new Secret(opened);
  } catch {
    // The tag is wrong. Node tells nothing else apart, and nothing else may be told apart.
    return undefined;
  }
}

/** 32 bytes for one purpose, from the data key: different purposes give unrelated keys. */
export function deriveFromDataKey(dataKey: Secret, purpose: string, subject = ''): Uint8Array {
  return hkdf(sha256, dataKey.reveal(), undefined, encoder.encode(`hamshira ${purpose} v1\n${subject}`), 32);
}

/** The key that wraps the data key in a device's slot. */
export function deviceSlotKey(released: Secret, salt: Uint8Array): Uint8Array {
  return hkdf(sha256, released.reveal(), salt, encoder.encode('hamshira device slot v1'), 32);
}

/** MAC over the whole list (ACC-3). Each member at its place in nested arrays, so that the text is unambiguous. */
export function slotListMac(dataKey: Secret, list: SlotList): Uint8Array {
  const key = deriveFromDataKey(dataKey, 'slot list', list.database);
  try {
    return hmac(sha256, key, encoder.encode(listText(list)));
  } finally {
    key.fill(0);
  }
}

function listText({ format, database, facility, people, slots }: SlotList): string {
  const name = facility?.name;
  return JSON.stringify([
    format,
    database,
    facility && [facility.code, facility.isTraining],
    name && [name['uz-Latn'], name['uz-Cyrl'], name.ru, name.en],
    people.map((person) => [person.id, person.name]),
    slots.map((slot) => [
      slot.id,
      slot.person,
      slot.method,
      slot.wrapped,
      slot.salt,
      slot.method === 'passphrase' ? [slot.cost.memoryKib, slot.cost.passes] : slot.credential,
    ]),
  ]);
}

const boundTo = ({ database, person, slot, method }: SlotBinding): Uint8Array =>
  encoder.encode(`hamshira slot v1\n${database}\n${person}\n${slot}\n${method}`);
