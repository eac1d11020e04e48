// npm run package -- [electron-builder's options]: builds everything and makes the installers of this platform.
import { buildStep, runSteps, type Step } from './steps.ts';

const minute = 60_000;
const bundle: Step = {
  name: 'desktop shell',
  script: 'scripts/build-electron.ts',
  arguments: [],
  limitMs: 5 * minute,
};
const installers: Step = {
  name: 'installers',
  script: 'node_modules/electron-builder/cli.js',
  arguments: ['--config', 'electron-builder.yml', '--publish', 'never', ...process.argv.slice(2)],
  limitMs: 30 * minute,
};

const built = await runSteps([buildStep, bundle]);
const outcomes = built.every(({ ok }) => ok) ? await runSteps([installers]) : built;
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;
