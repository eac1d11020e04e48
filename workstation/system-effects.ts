import { webcrypto } from 'node:crypto';
import type { Clock, Random, Timers } from '#clinic/ports/clock.ts';

/** The machine's clock, in whole milliseconds. */
export const systemClock: Clock = { now: () => Date.now() };

/** The machine's timers. */
export const systemTimers: Timers = {
  after: (waitMs, run) => {
    const timer = setTimeout(run, Math.min(waitMs, 0x7fff_ffff));
    return () => clearTimeout(timer);
  },
};

/** The machine's secure randomness. */
export const systemRandom: Random = { bytes: (length) => webcrypto.getRandomValues(new Uint8Array(length)) };
