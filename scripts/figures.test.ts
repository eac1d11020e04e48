import { expect, test } from 'vitest';
import type { Target } from '#testing/bench/targets.ts';
import { judge } from './figures.ts';

const targets: readonly Target[] = [
  { name: 'store.read.ratio', direction: 'at-least', limit: 0.4, unit: 'ratio' },
  { name: 'store.open', direction: 'at-most', limit: 300, unit: 'ms' },
  { name: 'search.keystroke.p95', direction: 'at-most', limit: 50, unit: 'ms' },
];

test.each([
  [0.4, 300, [true, true]],
  [0.39, 301, [false, false]],
  [Number.NaN, Number.NaN, [false, false]],
])('ratio %d and %d ms', (ratio, openMs, met) => {
  const figures = [
    { name: 'store.read.ratio', value: ratio, unit: 'ratio' },
    { name: 'store.open', value: openMs, unit: 'ms' },
  ];
  expect(judge('store', figures, targets).map(({ isMet }) => isMet)).toEqual(met);
});

test('a target nobody measured is missed', () => {
  expect(judge('search', [], targets)).toEqual([
    { line: 'target search.keystroke.p95 50 missed', isMet: false },
  ]);
});
