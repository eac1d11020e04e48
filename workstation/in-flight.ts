import type { Timers } from '#clinic/ports/clock.ts';

/** Work that must end before the records close. */
export interface InFlight {
  run<Value>(work: () => Promise<Value>): Promise<Value>;
  /** Resolves when nothing runs any more, or after `limitMs`. */
  settled(timers: Timers, limitMs: number): Promise<void>;
}

export function createInFlight(): InFlight {
  let running = 0;
  let waiting: (() => void)[] = [];
  const ended = (): void => {
    running -= 1;
    if (running > 0) return;
    for (const wake of waiting) wake();
    waiting = [];
  };
  return {
    run: (work) => {
      running += 1;
      return work().finally(ended);
    },
    settled: (timers, limitMs) => {
      if (running === 0) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = timers.after(limitMs, resolve);
      waiting.push(resolve);
      return promise.finally(cancel);
    },
  };
}
