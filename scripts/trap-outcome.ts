import { parseVitestReport } from './vitest-report.ts';

/**
 * What came of a test or a simulation that was to notice a planted bug. `not-run`: none of its tests began, because the program
 * does not load (an import or a syntax that fails), or because it died on its own.
 */
export type TrapOutcome = 'passed' | 'failed' | 'timeout' | 'not-run';

/** `report`: vitest's JSON report, empty if it wrote none. A hook that throws, or an error nobody caught, is a failure too. */
export function outcomeOfTests(isGood: boolean, report: string): TrapOutcome {
  if (report === '') return 'not-run';
  const { passed, failed, skipped } = parseVitestReport(report, '/').counts;
  if (isGood) return passed > 0 ? 'passed' : 'not-run';
  return passed + failed + skipped > 0 ? 'failed' : 'not-run';
}

/** `printed`: what the simulation printed. Only a year that was played and did not hold is a failure. */
export function outcomeOfSimulation(isGood: boolean, printed: string): TrapOutcome {
  if (isGood) return /^ok {5}seed \d/m.test(printed) ? 'passed' : 'not-run';
  return /^FAILED seed \d/m.test(printed) ? 'failed' : 'not-run';
}
