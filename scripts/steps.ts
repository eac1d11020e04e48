import { spawn } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { noTests, parseVitestReport, type VitestReport } from './vitest-report.ts';

/** The project's folder. */
export const projectFolder = fileURLToPath(new URL('..', import.meta.url));
const reportFolder = join(projectFolder, '.cache', 'reports');

/** One program to run to its end. */
export interface Step {
  readonly name: string;
  /** Script that Node runs, from the project's folder, and its arguments. */
  readonly script: string;
  readonly arguments: readonly string[];
  readonly limitMs: number;
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Set for vitest: where it writes its report. */
  readonly report?: string;
}

export interface StepOutcome extends VitestReport {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
}

const tool = (name: string, script: string, ...args: readonly string[]): Step => ({
  name,
  script: `node_modules/${script}`,
  arguments: args,
  limitMs: 5 * 60_000,
});

/** One project of vitest.config.ts. */
export const vitestStep = (project: string, limitMs: number): Step => {
  const report = join(reportFolder, `${project}.json`);
  return {
    name: `${project} tests`,
    script: 'node_modules/vitest/vitest.mjs',
    arguments: [
      'run',
      `--project=${project}`,
      '--reporter=default',
      '--reporter=json',
      '--reporter=./scripts/skipped-reporter.ts',
      `--outputFile.json=${report}`,
    ],
    limitMs,
    report,
  };
};

/** What `npm run check` runs. */
export const checkSteps: readonly Step[] = [
  tool('types', 'typescript/bin/tsc', '-b'),
  tool('lint and format', '@biomejs/biome/bin/biome', 'check', '.'),
  tool('unused code', 'knip/bin/knip.js', '--no-progress'),
  vitestStep('unit', 10 * 60_000),
];

/** So many simulated clinic-years with seeds nobody has seen; they are printed, so that a failed one can be played again. */
export const simulationStep = (years: number, limitMs: number): Step => ({
  name: `${years} clinic-years`,
  script: 'scripts/simulate.ts',
  arguments: ['--years', String(years)],
  limitMs,
});

/** Builds what the browser loads. */
export const buildStep: Step = {
  ...tool('renderer build', 'vite/bin/vite.js', 'build', '--config', 'renderer/vite.config.ts'),
  // The bundler takes its mode from here when it is set.
  environment: { NODE_ENV: 'production' },
};

/** Runs the steps one after the other, all of them also when one fails. */
export async function runSteps(steps: readonly Step[]): Promise<readonly StepOutcome[]> {
  const outcomes: StepOutcome[] = [];
  for (const step of steps) {
    console.log(`\n== ${step.name}`);
    const outcome = await runStep(step);
    console.log(`== ${step.name}: ${outcome.ok ? 'ok' : 'FAILED'} in ${outcome.seconds.toFixed(1)} s`);
    outcomes.push(outcome);
  }
  return outcomes;
}

async function runStep(step: Step): Promise<StepOutcome> {
  const startedAt = performance.now();
  if (step.report !== undefined) {
    await mkdir(reportFolder, { recursive: true });
    await rm(step.report, { force: true });
  }
  const exitedWell = await runToEnd(step);
  const report = await reportOf(step, exitedWell);
  const seconds = (performance.now() - startedAt) / 1000;
  return { name: step.name, ok: exitedWell && report.counts.failed === 0, seconds, ...report };
}

async function runToEnd(step: Step): Promise<boolean> {
  const child = spawn(process.execPath, [step.script, ...step.arguments], {
    cwd: projectFolder,
    env: { ...process.env, ...step.environment },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const limit = setTimeout(() => {
    console.error(`${step.name} took longer than ${step.limitMs / 1000} s and was ended.`);
    child.kill('SIGKILL');
  }, step.limitMs);
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGINT', forward).on('SIGTERM', forward);
  try {
    return await new Promise<boolean>((ended) => {
      child.on('error', () => ended(false));
      child.on('exit', (code) => ended(code === 0));
    });
  } finally {
    clearTimeout(limit);
    process.off('SIGINT', forward).off('SIGTERM', forward);
  }
}

/** A step that fails without a failed test (a file that does not load, a tool that complains) counts as one failure. */
async function reportOf(step: Step, exitedWell: boolean): Promise<VitestReport> {
  const text =
    step.report === undefined ? undefined : await readFile(step.report, 'utf8').catch(() => undefined);
  if (text === undefined) {
    const ok = exitedWell && step.report === undefined;
    return ok
      ? { counts: noTests, failures: [] }
      : { counts: { ...noTests, failed: 1 }, failures: [step.name] };
  }
  const report = parseVitestReport(text, projectFolder);
  if (report.counts.failed > 0 || exitedWell) return report;
  const failures = report.failures.length > 0 ? report.failures : [step.name];
  return { counts: { ...report.counts, failed: 1 }, failures };
}

/** Prints what failed, a line each, so that the end of a long output tells it. */
export function printFailures(outcomes: readonly StepOutcome[]): void {
  for (const { failures } of outcomes) for (const failure of failures) console.log(`FAILED ${failure}`);
}
