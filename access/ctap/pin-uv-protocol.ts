import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import type { Random } from '#clinic/ports/clock.ts';
import { hkdfSha256, hmacSha256 } from '../keyed-hash.ts';
import { bytesOutsideHeap, Secret } from '../secret.ts';
import { type CurvePoint, makeKeyPair } from './p256.ts';

/** PIN/UV auth protocols (CTAP 2.1, 6.5.6 and 6.5.7). */
export type PinUvProtocolNumber = 1 | 2;

const blockLength = 16;

/** HMAC-SHA-256 as `authenticate` of the protocol: protocol 1 keeps the first 16 bytes. `key`: a token or an HMAC key. */
export function authenticateWith(
  protocol: PinUvProtocolNumber,
  key: Uint8Array,
  message: Uint8Array,
): Uint8Array {
  const whole = hmacSha256(key, message);
  return protocol === 1 ? whole.slice(0, 16) : whole;
}

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
      this.#authenticationKey = this.#encryptionKey = new Secret(
        createHash('sha256').update(agreed).digest(),
      );
    } else {
      this.#authenticationKey = hkdfSha256(agreed, 'CTAP2 HMAC key');
      this.#encryptionKey = hkdfSha256(agreed, 'CTAP2 AES key');
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

  /** Undefined unless it is a whole number of blocks, at least one. Nothing here says whether the bytes were altered. The caller wipes them. */
  decrypt(sealed: Uint8Array): Uint8Array | undefined {
    const prefix = this.protocol === 1 ? 0 : blockLength;
    const length = sealed.length - prefix;
    if (length <= 0 || length % blockLength !== 0) return undefined;
    const vector = this.protocol === 1 ? new Uint8Array(blockLength) : sealed.subarray(0, blockLength);
    const decipher = createDecipheriv('aes-256-cbc', this.#encryptionKey.reveal(), vector).setAutoPadding(
      false,
    );
    const plain = bytesOutsideHeap(length);
    let at = 0;
    for (const piece of [decipher.update(sealed.subarray(prefix)), decipher.final()]) {
      plain.set(piece, at);
      at += piece.length;
      piece.fill(0);
    }
    return plain;
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
