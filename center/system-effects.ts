import { randomBytes } from 'node:crypto';
import type { Effects, Log } from './ports.ts';

/** The real clock, timers and randomness of this computer. */
export function systemEffects(log: Log): Effects {
  return {
    clock: { now: () => Date.now() },
    timers: {
      after: (waitMs, run) => {
        if (waitMs === 0) {
          const immediate = setImmediate(run);
          return () => clearImmediate(immediate);
        }
        const timer = setTimeout(run, waitMs);
        return () => clearTimeout(timer);
      },
    },
    random: { bytes: (length) => randomBytes(length) },
    log,
  };
}
