/** Randomness that is the same for the same seed, for tests and synthetic people. Not for keys. */
export interface SeededRandom {
  /** At least 0, below 1. */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  integer(least: number, most: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  /** About normally distributed, by the sum of twelve. */
  normal(mean: number, deviation: number): number;
  bytes(length: number): Uint8Array;
}

/** Starts a stream from one or more whole numbers, by sfc32 (C. Doty-Humphrey) seeded through a mixing hash. */
export function createSeededRandom(...seeds: readonly number[]): SeededRandom {
  const next = sfc32(...mix(seeds));
  const integer = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    pick: (items) => {
      const item = items[integer(0, items.length - 1)];
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
    normal: (mean, deviation) => {
      let sum = -6;
      for (let turn = 0; turn < 12; turn += 1) sum += next();
      return mean + sum * deviation;
    },
    bytes: (length) => Uint8Array.from({ length }, () => integer(0, 255)),
  };
}

function mix(seeds: readonly number[]): [number, number, number, number] {
  const state: [number, number, number, number] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x6a09e667];
  for (const seed of seeds) {
    for (let lane = 0; lane < 4; lane += 1) {
      let hash = (state[lane] ?? 0) ^ (seed + Math.imul(lane + 1, 0x85ebca6b));
      hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
      hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
      state[lane] = (hash ^ (hash >>> 16)) >>> 0;
    }
  }
  return state;
}

function sfc32(first: number, second: number, third: number, counter: number): () => number {
  let [a, b, c, d] = [first, second, third, counter];
  const next = () => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let turn = 0; turn < 12; turn += 1) next();
  return next;
}
