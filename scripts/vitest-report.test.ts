import { expect, test } from 'vitest';
import { parseVitestReport, totalOf } from './vitest-report.ts';

test('counts what vitest reports, todo as skipped', () => {
  const text = JSON.stringify({ numPassedTests: 7, numFailedTests: 2, numPendingTests: 3, numTodoTests: 1 });
  expect(parseVitestReport(text)).toEqual({ passed: 7, failed: 2, skipped: 4 });
});

test.each(['{}', '[]', '{"numPassedTests":"7"}', 'null'])('refuses %s', (text) => {
  expect(() => parseVitestReport(text)).toThrow();
});

test('adds up', () => {
  const counts = [
    { passed: 1, failed: 2, skipped: 3 },
    { passed: 10, failed: 0, skipped: 0 },
  ];
  expect(totalOf(counts)).toEqual({ passed: 11, failed: 2, skipped: 3 });
  expect(totalOf([])).toEqual({ passed: 0, failed: 0, skipped: 0 });
});
