import { createHash } from 'node:crypto';

/** What survives when the key is pulled out. */
export interface KeyMemory {
  /** 32 bytes: every credential and its secrets come from it. A reset draws another. */
  seed: Uint8Array;
  /** Left half of SHA-256 of the PIN. */
  pinHash: Uint8Array | undefined;
  pinRetries: number;
  fingerRetries: number;
  fingers: StoredFinger[];
  signCount: number;
}

/** A finger that the key knows. `finger` stands for the ridges: whoever touches with the same word is the same finger. */
export interface StoredFinger {
  readonly id: Uint8Array;
  readonly finger: string;
  name: string;
}

export const mostPinRetries = 8;
export const mostFingerRetries = 3;
/** Wrong PINs in one go after which the key wants its power cycled. */
export const mostPinFailuresInOneGo = 3;

/** A new key: no PIN, no finger, unless given. */
export function newKeyMemory(
  seed: Uint8Array,
  known: { readonly pin?: string; readonly fingers?: readonly string[] } = {},
): KeyMemory {
  return {
    seed,
    pinHash: known.pin === undefined ? undefined : pinHashOf(Buffer.from(known.pin)),
    pinRetries: mostPinRetries,
    fingerRetries: mostFingerRetries,
    fingers: (known.fingers ?? []).map((finger, place) => ({
      id: Uint8Array.of(place + 1),
      finger,
      name: finger,
    })),
    signCount: 0,
  };
}

export const pinHashOf = (pin: Uint8Array): Uint8Array =>
  Uint8Array.from(createHash('sha256').update(pin).digest().subarray(0, 16));
