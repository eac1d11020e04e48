import type { Timers } from '#clinic/ports/clock.ts';

/** Runs something when nobody was at the screen for a while. */
export interface IdleLock {
  /** Somebody is there: the wait begins anew. Starts it if it was stopped. */
  touch(): void;
  stop(): void;
}

/** An idle lock that is not running yet. */
export function createIdleLock(timers: Timers, waitMs: number, whenIdle: () => void): IdleLock {
  let cancel = (): void => undefined;
  return {
    touch: () => {
      cancel();
      cancel = timers.after(waitMs, whenIdle);
    },
    stop: () => cancel(),
  };
}
