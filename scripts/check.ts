import { checkSteps, printFailures, runSteps } from './steps.ts';

const outcomes = await runSteps(checkSteps);
const seconds = outcomes.reduce((sum, outcome) => sum + outcome.seconds, 0);
console.log('');
for (const outcome of outcomes) {
  console.log(
    `${outcome.ok ? 'ok    ' : 'FAILED'} ${outcome.seconds.toFixed(1).padStart(6)} s  ${outcome.name}`,
  );
}
printFailures(outcomes);
console.log(`check ${outcomes.every(({ ok }) => ok) ? 'passed' : 'FAILED'} in ${seconds.toFixed(1)} s`);
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;
