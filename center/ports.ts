/** Tells the time in milliseconds since 1970. */
export interface Clock {
  now(): number;
}

/** Runs something later, after 0 ms as soon as what waits already had its turn; the returned function cancels it. */
export interface Timers {
  after(waitMs: number, run: () => void): () => void;
}

/** Cryptographically secure randomness. */
export interface Random {
  bytes(length: number): Uint8Array;
}

/** Where the center tells its operator what happens. No patient data, no secrets. */
export type Log = (line: string) => void;

/** The effects a center runs on; its roots give the real ones. */
export interface Effects {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
}

/** Waits `waitMs` milliseconds. */
export function wait(timers: Timers, waitMs: number): Promise<void> {
  return new Promise((resolve) => {
    timers.after(waitMs, resolve);
  });
}
