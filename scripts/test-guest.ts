// Tests that need Debian packages: devices in a Linux guest, and the system's own peers. Each is skipped, and counted, without them.
import { printFailures, runSteps, vitestStep } from './steps.ts';

const outcomes = await runSteps([vitestStep('guest', 15 * 60_000)]);
printFailures(outcomes);
for (const { counts } of outcomes) {
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
}
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;
