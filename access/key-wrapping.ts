import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '#clinic/ports/clock.ts';
import { hkdfSha256, hmacSha256 } from './keyed-hash.ts';
import { Secret } from './secret.ts';

const nonceLength = 12;
const tagLength = 16;
const encoder = new TextEncoder();

/** Length of 32 wrapped bytes: nonce (12), ciphertext (32), tag (16). */
export const wrappedLength = nonceLength + 32 + tagLength;

/**
 * Encrypts a secret under a key of 32 bytes by AES-256-GCM. `boundTo` says what it is for and whose: elsewhere it does not
 * open (ACC-2). Nonce, ciphertext, tag.
 */
export function wrap(secret: Secret, key: Uint8Array, boundTo: string, random: Random): Uint8Array {
  const nonce = random.bytes(nonceLength);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(encoder.encode(boundTo));
  return Buffer.concat([nonce, cipher.update(secret.reveal()), cipher.final(), cipher.getAuthTag()]);
}

/** The secret, or undefined when key, binding or content do not fit together. */
export function unwrap(wrapped: Uint8Array, key: Uint8Array, boundTo: string): Secret | undefined {
  const tag = wrapped.subarray(wrapped.length - tagLength);
  const decipher = createDecipheriv('aes-256-gcm', key, wrapped.subarray(0, nonceLength), {
    authTagLength: tagLength,
  });
  decipher.setAAD(encoder.encode(boundTo)).setAuthTag(tag);
  try {
    const opened = decipher.update(wrapped.subarray(nonceLength, wrapped.length - tagLength));
    decipher.final();
    return new Secret(opened);
  } catch {
    // The tag is wrong. Node tells nothing else apart, and nothing else may be told apart.
    return undefined;
  }
}

/** 32 bytes for one purpose from another secret; different purposes give unrelated ones. */
export function derive(from: Secret, purpose: string, salt?: Uint8Array): Secret {
  return hkdfSha256(from.reveal(), purpose, salt);
}

/** 32 bytes for one purpose, from the data key: different purposes give unrelated keys. */
export function deriveFromDataKey(dataKey: Secret, purpose: string, subject = ''): Secret {
  return derive(dataKey, `hamshira ${purpose} v1\n${subject}`);
}

/** HMAC-SHA-256 of a text under a key derived from the data key. */
export function macUnderDataKey(dataKey: Secret, purpose: string, subject: string, text: string): Uint8Array {
  using key = deriveFromDataKey(dataKey, purpose, subject);
  return hmacSha256(key.reveal(), text);
}

/** The secret of a key's slot, from what the key released for the slot's salt. */
export const deviceSlotSecret = (released: Secret, salt: Uint8Array): Secret =>
  derive(released, 'hamshira device slot v1', salt);
