import type { Clock, Timers } from '#clinic/ports/clock.ts';

interface Waiting {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that passes only when told to: a clock and timers for worlds that must run the same way every time. */
export class VirtualTime implements Clock, Timers {
  #now: number;
  #order = 0;
  readonly #waiting = new Set<Waiting>();

  constructor(startMs = 1_800_000_000_000) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  after(waitMs: number, run: () => void): () => void {
    this.#order += 1;
    const waiting = { at: this.#now + Math.max(0, waitMs), order: this.#order, run };
    this.#waiting.add(waiting);
    return () => this.#waiting.delete(waiting);
  }

  /** Lets `ms` pass, running everything that becomes due, in order. Promises settle in between. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await this.settle();
    for (let next = this.#next(); next !== undefined && next.at <= until; next = this.#next()) {
      await this.#run(next);
    }
    this.#now = until;
    await this.settle();
  }

  /** Lets everything that follows from this moment happen. Worlds that wait for more than promises override it. */
  settle(): Promise<void> {
    return settlePromises();
  }

  /** Lets time pass until `isReached`, at most `limitMs`. Returns whether it was reached. */
  async advanceUntil(isReached: () => boolean, limitMs: number): Promise<boolean> {
    const until = this.#now + limitMs;
    await this.settle();
    while (!isReached()) {
      const next = this.#next();
      if (next === undefined || next.at > until) return false;
      await this.#run(next);
    }
    return true;
  }

  /** How many timers wait; for tests that everything was cancelled. */
  get waiting(): number {
    return this.#waiting.size;
  }

  #next(): Waiting | undefined {
    let next: Waiting | undefined;
    for (const waiting of this.#waiting) {
      const isEarlier =
        next === undefined || waiting.at < next.at || (waiting.at === next.at && waiting.order < next.order);
      if (isEarlier) next = waiting;
    }
    return next;
  }

  async #run(waiting: Waiting): Promise<void> {
    this.#waiting.delete(waiting);
    this.#now = Math.max(this.#now, waiting.at);
    waiting.run();
    await this.settle();
  }
}

/** Runs every promise job that is ready, however long their chain. */
const settlePromises = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
