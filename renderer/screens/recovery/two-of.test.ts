import { expect, it } from 'vitest';
import { twoOf } from './two-of.ts';

it('asks for two different groups in order, and for every pair in time', () => {
  const pairs = new Set<string>();
  for (let round = 0; round < 2_000; round += 1) {
    const [first, second] = twoOf(8, globalThis.crypto);
    expect(first).toBeLessThan(second);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(second).toBeLessThan(8);
    pairs.add(`${first} ${second}`);
  }
  expect(pairs.size).toBe(28);
});
