/** Randomness that is the same for the same seed: a failing seed can be run again. */
export interface SeededRandom {
  /** From 0, inclusive, to 1, exclusive. */
  next(): number;
  /** A whole number from 0 to `below`, exclusive. */
  below(below: number): number;
  pick<Value>(values: readonly Value[]): Value;
}

/** The generator mulberry32. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    pick: (values) => {
      const value = values[below(values.length)];
      if (value === undefined) throw new Error('nothing to pick from');
      return value;
    },
  };
}
