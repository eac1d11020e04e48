/** Tells the time. The clinic's clock may be wrong by years; nothing about safety may rest on it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

/** Runs things later. `every` and `after` return a function that cancels. */
export interface Timers {
  after(waitMs: number, run: () => void): () => void;
}

/** Cryptographically secure randomness; seeded in simulations. */
export interface Random {
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
}
