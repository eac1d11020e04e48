import { buildStep, checkSteps, printFailures, runSteps, simulationStep, vitestStep } from './steps.ts';
import { totalOf } from './vitest-report.ts';

const minute = 60_000;
const outcomes = await runSteps([
  ...checkSteps,
  buildStep,
  vitestStep('system', 30 * minute),
  vitestStep('browser', 30 * minute),
  vitestStep('screens', 30 * minute),
  simulationStep(5, 15 * minute),
]);
console.log('');
for (const { ok, name, seconds, counts } of outcomes) {
  const tests = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${seconds.toFixed(1).padStart(6)} s  ${name}: ${tests}`);
}
printFailures(outcomes);
const total = totalOf(outcomes.map(({ counts }) => counts));
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;
