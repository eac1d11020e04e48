import { expect, test } from 'vitest';
import { outcomeOfSimulation, outcomeOfTests } from './trap-outcome.ts';

const reportOf = (passed: number, failed: number, skipped: number, message = ''): string =>
  JSON.stringify({
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: skipped,
    numTodoTests: 0,
    testResults: [
      { name: '/p/a.test.ts', status: failed > 0 ? 'failed' : 'passed', message, assertionResults: [] },
    ],
  });

test.each([
  ['a test failed', false, reportOf(3, 1, 0), 'failed'],
  ['a hook threw, and its tests were left out', false, reportOf(0, 0, 4, 'Error: no'), 'failed'],
  ['an error that nobody caught', false, reportOf(3, 0, 0), 'failed'],
  ['the file does not load', false, reportOf(0, 0, 0, 'SyntaxError: no'), 'not-run'],
  ['the runner itself died', false, '', 'not-run'],
  ['all is well', true, reportOf(3, 0, 1), 'passed'],
  ['no test has such a name', true, reportOf(0, 0, 4), 'not-run'],
] as const)('tests: %s', (_what, isGood, report, outcome) => {
  expect(outcomeOfTests(isGood, report)).toBe(outcome);
});

const head = '1 clinic-years of 5 working days, seeds 7 to 7\n';
test.each([
  ['a rule was broken', false, `${head}FAILED seed 7 after 2.0 s: seed 7, day 3: lost\n`, 'failed'],
  ['the process does not load', false, `${head}\n0 of 1 years hold all invariants\n`, 'not-run'],
  ['the program itself does not load', false, '', 'not-run'],
  ['all is well', true, `${head}ok     seed 7: 20 writes\n`, 'passed'],
  ['no year was played', true, head, 'not-run'],
] as const)('a simulation: %s', (_what, isGood, printed, outcome) => {
  expect(outcomeOfSimulation(isGood, printed)).toBe(outcome);
});
