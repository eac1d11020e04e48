import { type CtapKey, openCtapKey } from '#access/ctap/ctap-key.ts';
import type { DeviceProgress, Verification } from '#access/ports.ts';
import { Secret } from '#access/secret.ts';
import type { Random, Timers } from '#clinic/ports/clock.ts';
import { createVirtualKey, type VirtualKey } from './authenticator.ts';
import { type KeyMemory, newKeyMemory } from './key-memory.ts';
import { type PluggedKey, plugIn } from './plugged-key.ts';
import { ctap21Profile, type KeyProfile } from './profiles.ts';
import type { Touch } from './session.ts';

/**
 * What the owner does whenever the key blinks, a promise: as soon as she does; `never` until it is cancelled. A list: one after
 * another, then `never`.
 */
export type OwnersTouch = Touch | 'never' | Promise<Touch>;

export interface CtapBench {
  readonly key: CtapKey;
  readonly virtual: VirtualKey;
  readonly pipe: PluggedKey;
  owner(...touches: readonly OwnersTouch[]): void;
  /** How often the key has blinked for its owner so far. */
  askedTouches(): number;
  /** Pulls the key out, puts it in again and opens it anew. */
  replug(): Promise<CtapBench>;
}

export interface BenchParts {
  readonly random: Random;
  readonly timers: Timers;
  readonly profile?: KeyProfile;
  readonly memory?: KeyMemory;
}

/** The finger of the owner of a new bench, and her PIN. */
export const ownersFinger: Touch = { finger: 'right index' };
export const ownersPin = '246810';

/** A key of `profile` with a finger and a PIN, plugged in and opened by the real client. */
export async function openCtapBench(parts: BenchParts): Promise<CtapBench> {
  const { random, timers, profile = ctap21Profile } = parts;
  const known = { fingers: ['right index'], ...(profile.hasPin ? { pin: ownersPin } : {}) };
  const memory = parts.memory ?? newKeyMemory(random.bytes(32), known);
  let touches: readonly OwnersTouch[] = [ownersFinger];
  let asked = 0;
  const touch = (signal: AbortSignal): Promise<Touch> => {
    asked += 1;
    const [next = 'never', ...rest] = touches;
    // The last touch is what she does from then on.
    if (rest.length > 0) touches = rest;
    return next === 'never' ? untilAborted(signal) : Promise.resolve(next);
  };
  const virtual = createVirtualKey({ random, timers, profile, memory, touch });
  const pipe = plugIn(virtual);
  const opened = await openCtapKey(pipe, { id: 'virtual', random, timers });
  if (!opened.ok) throw new Error(opened.error.failure);
  return {
    key: opened.value,
    virtual,
    pipe,
    owner: (...next) => {
      touches = next;
    },
    askedTouches: () => asked,
    replug: async () => {
      await opened.value.close();
      return openCtapBench({ ...parts, memory });
    },
  };
}

const untilAborted = (signal: AbortSignal): Promise<Touch> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve('nothing');
    else signal.addEventListener('abort', () => resolve('nothing'));
  });

export const byFinger: Verification = { method: 'finger' };
export const byPin = (pin = ownersPin): Verification => ({ method: 'pin', pin: pinOf(pin) });
export const pinOf = (pin: string): Secret => new Secret(Uint8Array.from(Buffer.from(pin)));

/** An operation with nothing special about it. */
export function operation(
  verification: Verification = byFinger,
  signal = new AbortController().signal,
  told: DeviceProgress[] = [],
): {
  readonly verification: Verification;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DeviceProgress) => void;
} {
  return { verification, signal, onProgress: (progress) => void told.push(progress) };
}
