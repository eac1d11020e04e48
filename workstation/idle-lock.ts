import type { Clock, Timers } from '#clinic/ports/clock.ts';

/** Timers stand still while the computer sleeps, so the clock is looked at this often. */
const lookMs = 10_000;

/** Runs something when nobody was at the screen for a while. */
export interface IdleLock {
  /** Somebody is there: the wait begins anew, unless it was over already. Starts it if it was stopped. */
  touch(): void;
  stop(): void;
}

/**
 * An idle lock that is not running yet. The wait is over by timers or by the clock, whichever is first: a clock that was
 * set back does not make it longer, and waking a computer that slept is nobody's presence.
 */
export function createIdleLock(
  { timers, clock }: { readonly timers: Timers; readonly clock: Clock },
  waitMs: number,
  whenIdle: () => void,
): IdleLock {
  let cancel = (): void => undefined;
  let touchedAt: number | null = null;
  const isOver = () => touchedAt !== null && clock.now() - touchedAt >= waitMs;
  const stop = (): void => {
    cancel();
    touchedAt = null;
  };
  const end = (): void => {
    stop();
    whenIdle();
  };
  const watch = (leftMs: number): void => {
    cancel = timers.after(Math.min(leftMs, lookMs), () => {
      if (leftMs <= lookMs || isOver()) end();
      else watch(leftMs - lookMs);
    });
  };
  return {
    touch: () => {
      if (isOver()) return end();
      cancel();
      touchedAt = clock.now();
      watch(waitMs);
    },
    stop,
  };
}
