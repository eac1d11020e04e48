import { expect, test } from 'vitest';
import { parseVitestReport, totalOf } from './vitest-report.ts';

const reportOf = (testResults: readonly unknown[]): string =>
  JSON.stringify({ numPassedTests: 7, numFailedTests: 2, numPendingTests: 3, numTodoTests: 1, testResults });

test('counts what vitest reports, todo as skipped', () => {
  expect(parseVitestReport(reportOf([]), '/p').counts).toEqual({ passed: 7, failed: 2, skipped: 4 });
});

test('names each test that failed, and each file that did not load, with the first line of why', () => {
  const report = reportOf([
    {
      name: '/p/room/a.test.ts',
      status: 'failed',
      message: '',
      assertionResults: [
        { fullName: 'a holds', status: 'passed', failureMessages: [] },
        { fullName: 'b breaks', status: 'failed', failureMessages: ['Error: not so\n    at b'] },
      ],
    },
    { name: '/p/room/b.test.ts', status: 'failed', message: 'SyntaxError: no\nmore', assertionResults: [] },
    { name: '/p/room/c.test.ts', status: 'passed', message: '', assertionResults: [] },
  ]);
  expect(parseVitestReport(report, '/p').failures).toEqual([
    'room/a.test.ts: b breaks: Error: not so',
    'room/b.test.ts: SyntaxError: no',
  ]);
});

test.each(['{}', '[]', '{"numPassedTests":"7"}', 'null'])('refuses %s', (text) => {
  expect(() => parseVitestReport(text, '/p')).toThrow();
});

test('adds up', () => {
  const counts = [
    { passed: 1, failed: 2, skipped: 3 },
    { passed: 10, failed: 0, skipped: 0 },
  ];
  expect(totalOf(counts)).toEqual({ passed: 11, failed: 2, skipped: 3 });
  expect(totalOf([])).toEqual({ passed: 0, failed: 0, skipped: 0 });
});
