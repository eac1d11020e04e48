import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { Random } from '#clinic/ports/clock.ts';
import type { Signer } from '#clinic/ports/signer.ts';
import { derive, unwrap, wrap } from './key-wrapping.ts';
import { Secret } from './secret.ts';

/** RFC 8410: what stands before the 32 bytes of an Ed25519 private key in PKCS 8, and of a public key in SPKI. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const spkiLength = 12;

/**
 * What a person has that nobody else has: 32 random bytes, the same in each of her slots, and the signing key made from them
 * (ACC-20). Neither the data key nor another person's slot leads to it. To be wiped by whoever was given it.
 */
export class PersonKeys implements Signer {
  readonly publicKey: Uint8Array;
  readonly #seed: Secret;
  readonly #signingKey: Secret;

  private constructor(seed: Secret) {
    this.#seed = seed;
    this.#signingKey = derive(seed, 'hamshira signing key v2');
    this.publicKey = createPublicKey(privateKeyOf(this.#signingKey))
      .export({ format: 'der', type: 'spki' })
      .subarray(spkiLength);
  }

  /** Keys of a person who has none yet. */
  static make(random: Random): PersonKeys {
    return new PersonKeys(Secret.draw(random, 32));
  }

  /** The keys wrapped by {@link wrapUnder}, or undefined when key, binding or content do not fit together. */
  static unwrap(wrapped: Uint8Array, key: Uint8Array, boundTo: string): PersonKeys | undefined {
    const seed = unwrap(wrapped, key, boundTo);
    return seed && new PersonKeys(seed);
  }

  /** The seed under the key of a slot; `boundTo` names the slot. */
  wrapUnder(key: Uint8Array, boundTo: string, random: Random): Uint8Array {
    return wrap(this.#seed, key, boundTo, random);
  }

  sign(bytes: Uint8Array): Uint8Array {
    return sign(null, bytes, privateKeyOf(this.#signingKey));
  }

  /** A copy that lives on when this one is wiped. */
  copy(): PersonKeys {
    return new PersonKeys(Secret.copyOf(this.#seed.reveal()));
  }

  get isWiped(): boolean {
    return this.#seed.isWiped;
  }

  wipe(): void {
    this.#seed.wipe();
    this.#signingKey.wipe();
  }

  [Symbol.dispose](): void {
    this.wipe();
  }
}

function privateKeyOf(raw: Secret): KeyObject {
  const der = Buffer.concat([pkcs8Prefix, raw.reveal()]);
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } finally {
    der.fill(0);
  }
}
