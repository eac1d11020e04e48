import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import type { Random } from '#clinic/ports/clock.ts';
import { derive, unwrap, wrap, wrappedLength } from './key-wrapping.ts';
import { hkdfSha256 } from './keyed-hash.ts';
import { Secret } from './secret.ts';

/** RFC 8410: what stands before the 32 bytes of an X25519 private key in PKCS 8, and of a public key in SPKI. */
const pkcs8Prefix = Buffer.from('302e020100300506032b656e04220420', 'hex');
const spkiPrefix = Buffer.from('302a300506032b656e032100', 'hex');

const publicKeyLength = 32;
/** Length of 32 sealed bytes: ephemeral public key, then as wrapped. */
export const sealedLength = publicKeyLength + wrappedLength;

/**
 * A door is an X25519 key pair made from a slot's secret (ACC-19). Everybody with the list can put a secret behind it by its
 * public part, nobody present; only the slot's owner gets it out again.
 */
export const doorKey = (slotSecret: Secret): Secret => derive(slotSecret, 'hamshira slot door v2');

/** The raw X25519 public key of a private one; 32 bytes. */
export function publicDoor(privateKey: Secret): Uint8Array {
  return rawPublicKey(privateKeyOf(privateKey.reveal()));
}

/**
 * Seals 32 bytes so that only the holder of the door's private key can open them: ephemeral X25519, HKDF over both public
 * keys, AES-256-GCM. `boundTo`: what is sealed, and for whom.
 */
export function sealBehind(door: Uint8Array, secret: Secret, boundTo: string, random: Random): Uint8Array {
  using ephemeral = Secret.draw(random, 32);
  const ephemeralPublic = publicDoor(ephemeral);
  using key = agreedKey(ephemeral, door, ephemeralPublic, door);
  return Buffer.concat([ephemeralPublic, wrap(secret, key.reveal(), boundTo, random)]);
}

/** What was sealed behind the door, or undefined when door, binding or content do not fit together. */
export function openBehind(privateKey: Secret, sealed: Uint8Array, boundTo: string): Secret | undefined {
  if (sealed.length !== sealedLength) return undefined;
  const ephemeral = sealed.subarray(0, publicKeyLength);
  try {
    using key = agreedKey(privateKey, ephemeral, ephemeral, publicDoor(privateKey));
    return unwrap(sealed.subarray(publicKeyLength), key.reveal(), boundTo);
  } catch {
    // A point of low order: nobody sealed that by the rules.
    return undefined;
  }
}

function agreedKey(own: Secret, other: Uint8Array, ephemeral: Uint8Array, door: Uint8Array): Secret {
  using shared = new Secret(
    diffieHellman({ privateKey: privateKeyOf(own.reveal()), publicKey: publicKeyOf(other) }),
  );
  const salt = Buffer.concat([ephemeral, door]);
  return hkdfSha256(shared.reveal(), 'hamshira sealed v2', salt);
}

function privateKeyOf(raw: Uint8Array): KeyObject {
  const der = Buffer.concat([pkcs8Prefix, raw]);
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } finally {
    der.fill(0);
  }
}

function publicKeyOf(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' });
}

const rawPublicKey = (key: KeyObject): Uint8Array =>
  createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(spkiPrefix.length);
