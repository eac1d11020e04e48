import { createHmac } from 'node:crypto';
import { Secret } from './secret.ts';

const hashLength = 32;
const noSalt = new Uint8Array(hashLength);

/**
 * HMAC-SHA-256, 32 bytes. By the platform's library, which overwrites what it worked with: one in JavaScript leaves pieces of the key
 * in the heap (ACC-56).
 */
export const hmacSha256 = (key: Uint8Array, message: Uint8Array | string): Uint8Array =>
  createHmac('sha256', key).update(message).digest();

/** HKDF with SHA-256 (RFC 5869): 32 bytes for one purpose. `from` stays the caller's. Without a salt: zeros, as the RFC says. */
export function hkdfSha256(from: Uint8Array, purpose: string, salt: Uint8Array = noSalt): Secret {
  using pseudoRandomKey = new Secret(hmacSha256(salt, from));
  const expanded = createHmac('sha256', pseudoRandomKey.reveal()).update(purpose).update(Uint8Array.of(1));
  return new Secret(expanded.digest());
}
