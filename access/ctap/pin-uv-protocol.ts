import { createCipheriv, createDecipheriv } from 'node:crypto';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Random } from '#clinic/ports/clock.ts';
import { Secret } from '../secret.ts';
import { type CurvePoint, makeKeyPair } from './p256.ts';

/** PIN/UV auth protocols (CTAP 2.1, 6.5.6 and 6.5.7). */
export type PinUvProtocolNumber = 1 | 2;

const blockLength = 16;
const encoder = new TextEncoder();
const noSalt = new Uint8Array(32);

/** HMAC-SHA-256 as `authenticate` of the protocol: protocol 1 keeps the first 16 bytes. `key`: a token or an HMAC key. */
export function authenticateWith(
  protocol: PinUvProtocolNumber,
  key: Uint8Array,
  message: Uint8Array,
): Uint8Array {
  const whole = hmac(sha256, key, message);
  return protocol === 1 ? whole.slice(0, 16) : whole;
}

const derived = (agreed: Uint8Array, purpose: string): Secret =>
  new Secret(hkdf(sha256, agreed, noSalt, encoder.encode(purpose), 32));

/** A secret shared with the key for one operation. Throws when used after it was wiped: a defect. */
export class SharedSecret {
  readonly protocol: PinUvProtocolNumber;
  readonly #authenticationKey: Secret;
  readonly #encryptionKey: Secret;
  readonly #random: Random;

  /** `agreed`: the x coordinate of the shared point, 32 bytes; wiped here. */
  constructor(protocol: PinUvProtocolNumber, agreed: Uint8Array, random: Random) {
    this.protocol = protocol;
    this.#random = random;
    if (protocol === 1) {
      this.#authenticationKey = this.#encryptionKey = new Secret(sha256(agreed));
    } else {
      this.#authenticationKey = derived(agreed, 'CTAP2 HMAC key');
      this.#encryptionKey = derived(agreed, 'CTAP2 AES key');
    }
    agreed.fill(0);
  }

  /** `plain`: whole blocks of 16 bytes. Protocol 2 puts a fresh initialisation vector first. */
  encrypt(plain: Uint8Array): Uint8Array {
    const vector = this.protocol === 1 ? new Uint8Array(blockLength) : this.#random.bytes(blockLength);
    const cipher = createCipheriv('aes-256-cbc', this.#encryptionKey.reveal(), vector).setAutoPadding(false);
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Uint8Array.from(this.protocol === 1 ? sealed : Buffer.concat([vector, sealed]));
  }

  /** Undefined unless it is a whole number of blocks, at least one. Nothing here says whether the bytes were altered. */
  decrypt(sealed: Uint8Array): Uint8Array | undefined {
    const prefix = this.protocol === 1 ? 0 : blockLength;
    const length = sealed.length - prefix;
    if (length <= 0 || length % blockLength !== 0) return undefined;
    const vector = this.protocol === 1 ? new Uint8Array(blockLength) : sealed.subarray(0, blockLength);
    const decipher = createDecipheriv('aes-256-cbc', this.#encryptionKey.reveal(), vector).setAutoPadding(
      false,
    );
    const plain = Buffer.concat([decipher.update(sealed.subarray(prefix)), decipher.final()]);
    const taken = Uint8Array.from(plain);
    plain.fill(0);
    return taken;
  }

  authenticate(message: Uint8Array): Uint8Array {
    return authenticateWith(this.protocol, this.#authenticationKey.reveal(), message);
  }

  [Symbol.dispose](): void {
    this.#authenticationKey.wipe();
    this.#encryptionKey.wipe();
  }
}

/** Agrees on a secret with the key's public point: our public point for the request, and the secret. */
export function encapsulate(
  protocol: PinUvProtocolNumber,
  theirs: CurvePoint,
  random: Random,
): { readonly ours: CurvePoint; readonly secret: SharedSecret } {
  const pair = makeKeyPair(random);
  return { ours: pair.publicPoint, secret: new SharedSecret(protocol, pair.agree(theirs), random) };
}
