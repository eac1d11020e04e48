import type { Clock, Timers } from '#clinic/ports/clock.ts';

/** A clock and timers that move only when told. */
export interface ManualTime {
  readonly clock: Clock & { set(now: number): void };
  readonly timers: Timers & {
    /** Moves the time and runs what is due, in order. Returns how many ran. */
    advance(byMs: number): number;
  };
}

interface Waiting {
  readonly at: number;
  readonly run: () => void;
}

/** Time that begins on a Tuesday morning at the clinic. `isQuick`: waits of 0 run by themselves in a later turn. */
export function createManualTime({ isQuick }: { readonly isQuick: boolean }): ManualTime {
  let now = Date.parse('2026-03-10T04:00:00.000Z');
  /** Timers go by their own time: setting the clock does not make them due. */
  let elapsed = 0;
  let waiting: readonly Waiting[] = [];
  const after: Timers['after'] = (waitMs, run) => {
    if (isQuick && waitMs === 0) {
      const immediate = setImmediate(run);
      return () => clearImmediate(immediate);
    }
    const entry = { at: elapsed + waitMs, run };
    waiting = [...waiting, entry];
    return () => {
      waiting = waiting.filter((each) => each !== entry);
    };
  };
  const advance = (byMs: number): number => {
    const until = elapsed + byMs;
    let ran = 0;
    for (
      let due = nextDue(waiting, until);
      due !== undefined && ran < 10_000;
      due = nextDue(waiting, until)
    ) {
      const next = due;
      waiting = waiting.filter((each) => each !== next);
      now += next.at - elapsed;
      elapsed = next.at;
      next.run();
      ran += 1;
    }
    now += until - elapsed;
    elapsed = until;
    return ran;
  };
  return {
    clock: {
      now: () => now,
      set: (instant) => {
        now = instant;
      },
    },
    timers: { after, advance },
  };
}

function nextDue(waiting: readonly Waiting[], until: number): Waiting | undefined {
  return [...waiting].sort((left, right) => left.at - right.at).find((each) => each.at <= until);
}
