import { timingSafeEqual } from 'node:crypto';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Random } from '#clinic/ports/clock.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { CreateFailure, CredentialDevice, DeviceOperation } from '../ports.ts';
import { Secret } from '../secret.ts';

/** What the simulated owner does at the next touch. */
export type SimulatedTouch = 'right-finger' | 'wrong-finger' | 'nothing' | 'unplugs';

export interface SimulatedKeyOptions {
  /** 32 bytes: the same seed is the same key, over restarts. */
  readonly seed: Uint8Array;
  readonly random: Random;
  /** Waits for the owner; rejects never, returns early when aborted. */
  readonly waitForTouch: (signal: AbortSignal) => Promise<SimulatedTouch>;
}

/** A fingerprint key made of software, for development and tests only. It follows hmac-secret: HMAC under a per-credential key. */
export interface SimulatedKey extends CredentialDevice {
  unplug(): void;
}

const credentialNonceLength = 16;

/** Makes a simulated fingerprint key. Reachable from development roots only (ACC-9). */
export function createSimulatedKey({ seed, random, waitForTouch }: SimulatedKeyOptions): SimulatedKey {
  const removalListeners = new Set<() => void>();
  let isPlugged = true;
  let isBusy = false;

  const unplug = (): void => {
    if (!isPlugged) return;
    isPlugged = false;
    for (const told of removalListeners) told();
  };

  /** One operation at a time, presence proved before `run`. */
  async function withPresence<Value, Failure>(
    operation: DeviceOperation,
    run: () => Result<Value, Failure>,
  ): Promise<Result<Value, Exclude<CreateFailure, { readonly failure: 'already-enrolled' }> | Failure>> {
    if (!isPlugged) return fail({ failure: 'removed' });
    if (isBusy) return fail({ failure: 'busy' });
    if (operation.signal.aborted) return fail({ failure: 'cancelled' });
    isBusy = true;
    try {
      operation.onProgress('touch-now');
      const touch = await waitForTouch(operation.signal);
      if (touch === 'unplugs') unplug();
      if (!isPlugged) return fail({ failure: 'removed' });
      if (operation.signal.aborted) return fail({ failure: 'cancelled' });
      if (touch === 'nothing') return fail({ failure: 'timed-out' });
      if (touch === 'wrong-finger') return fail({ failure: 'finger-not-recognised', attemptsLeft: 4 });
      operation.onProgress('processing');
      return run();
    } finally {
      isBusy = false;
    }
  }

  return {
    kind: 'simulated-key',
    id: 'simulated-key',
    unplug,
    createCredential: ({ user, known = [], ...operation }) =>
      withPresence(operation, () => {
        if (known.some((each) => isOwnCredential(seed, each))) return fail({ failure: 'already-enrolled' });
        const nonce = random.bytes(credentialNonceLength);
        return ok({ credential: Buffer.concat([nonce, credentialTag(seed, nonce), user]) });
      }),
    releaseSecret: ({ credential, salt, ...operation }) =>
      withPresence(operation, () => {
        if (!isOwnCredential(seed, credential)) return fail({ failure: 'no-credential' });
        const credentialKey = hmac(sha256, seed, Buffer.concat([Buffer.from('secret'), credential]));
        return ok(new Secret(hmac(sha256, credentialKey, hmacSecretSalt(salt))));
      }),
    onRemoved: (told) => {
      removalListeners.add(told);
      return () => removalListeners.delete(told);
    },
  };
}

/** The salt that goes over the wire of CTAP2: see CredentialDevice. */
const hmacSecretSalt = (salt: Uint8Array): Uint8Array =>
  sha256(Buffer.concat([Buffer.from('WebAuthn PRF'), Uint8Array.of(0), salt]));

const credentialTag = (seed: Uint8Array, nonce: Uint8Array): Uint8Array =>
  hmac(sha256, seed, Buffer.concat([Buffer.from('credential'), nonce]));

function isOwnCredential(seed: Uint8Array, credential: Uint8Array): boolean {
  const nonce = credential.subarray(0, credentialNonceLength);
  const tag = credential.subarray(credentialNonceLength, credentialNonceLength + 32);
  return tag.length === 32 && timingSafeEqual(tag, credentialTag(seed, nonce));
}
