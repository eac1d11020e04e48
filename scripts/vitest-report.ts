import { relative } from 'node:path';
import * as v from 'valibot';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const noTests: Counts = { passed: 0, failed: 0, skipped: 0 };

/** What one run of vitest came to. */
export interface VitestReport {
  readonly counts: Counts;
  /** One line per failed test, or file that did not load: `<file>: <test>: <first line of what went wrong>`. */
  readonly failures: readonly string[];
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const messages = v.optional(v.array(v.string()), []);
const ReportSchema = v.object({
  numPassedTests: count,
  numFailedTests: count,
  numPendingTests: count,
  numTodoTests: count,
  testResults: v.array(
    v.object({
      name: v.string(),
      status: v.string(),
      message: v.optional(v.string(), ''),
      assertionResults: v.array(
        v.object({ fullName: v.string(), status: v.string(), failureMessages: messages }),
      ),
    }),
  ),
});

/** Reads the text of vitest's JSON report; files are named relative to the folder. Throws where it is not one. */
export function parseVitestReport(text: string, folder: string): VitestReport {
  const report = v.parse(ReportSchema, JSON.parse(text));
  const failures = report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(folder, name);
    const failed = assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => `${file}: ${test.fullName}: ${firstLineOf(test.failureMessages[0] ?? '')}`);
    return failed.length === 0 && status === 'failed' ? [`${file}: ${firstLineOf(message)}`] : failed;
  });
  const counts = {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  };
  return { counts, failures };
}

const longestLine = 300;

const firstLineOf = (message: string): string =>
  (/^.*/.exec(message.trim())?.[0] ?? '').slice(0, longestLine);

/** Sum of the counts. */
export function totalOf(counts: readonly Counts[]): Counts {
  return counts.reduce(
    (sum, one) => ({
      passed: sum.passed + one.passed,
      failed: sum.failed + one.failed,
      skipped: sum.skipped + one.skipped,
    }),
    noTests,
  );
}
