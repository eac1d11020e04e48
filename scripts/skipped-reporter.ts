import type { Reporter, TestCase } from 'vitest/node';

/** Prints one line `SKIPPED <test>: <why>` for every test that did not run. */
export default class SkippedReporter implements Reporter {
  onTestCaseResult(testCase: TestCase): void {
    const result = testCase.result();
    if (result.state !== 'skipped') return;
    console.log(`SKIPPED ${testCase.fullName}: ${result.note ?? 'no reason given'}`);
  }
}
