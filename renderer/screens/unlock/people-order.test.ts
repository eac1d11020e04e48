import { expect, it } from 'vitest';
import { inOrderOfUse } from './people-order.ts';

const people = ['a', 'b', 'c', 'd'].map((id) => ({ id }));
const order = (lastPeople: readonly string[], present: string | null) =>
  inOrderOfUse(people, lastPeople, present)
    .map(({ id }) => id)
    .join('');

it('puts who worked here last first, and leaves the others as they come', () => {
  expect(order([], null)).toBe('abcd');
  expect(order(['c'], null)).toBe('cabd');
  expect(order(['d', 'b'], null)).toBe('dbac');
});

it('puts who is at work at the end: somebody else is looked for (SCR-53)', () => {
  expect(order(['a', 'c'], 'a')).toBe('cbda');
  expect(order([], 'b')).toBe('acdb');
  expect(order(['x', 'd'], 'c')).toBe('dabc');
});
