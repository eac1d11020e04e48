import type { PersonKeys } from '#access/person-keys.ts';
import type { Timers } from '#clinic/ports/clock.ts';
import type { InFlight } from './in-flight.ts';

/** How long requests of somebody who was relieved may still sign. */
const longestRequestMs = 10_000;

/** The keys of who is signed in, wiped when she is not any more. */
export interface SessionKeys {
  /** Those of the person before are wiped once her requests have ended. */
  hold(keys: PersonKeys | null): void;
  copy(): PersonKeys | null;
  wipe(): void;
}

export function createSessionKeys(inFlight: InFlight, timers: Timers): SessionKeys {
  let held: PersonKeys | null = null;
  return {
    hold(keys) {
      const before = held;
      held = keys;
      if (before !== null) void inFlight.settled(timers, longestRequestMs).then(() => before.wipe());
    },
    copy: () => held?.copy() ?? null,
    wipe() {
      held?.wipe();
      held = null;
    },
  };
}
