import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { workingDaysPerYear } from '#testing/simulator/clinic-story.ts';
import { type FaultName, faultNames } from '#testing/simulator/faults.ts';
import { type Report, ReportSchema } from '#testing/simulator/simulation-report.ts';

/**
 * Plays clinic-years: `npm run simulate -- --seed 1 --years 100`. Year number n has the seed `seed + n`, so that a failed one
 * can be played alone. `--days` shortens each year, `--without a,b` and `--only a,b` switch faults, `--processes` sets how many
 * worlds run at once, `--times` makes every fault so much more frequent. Without a seed it is taken from the time.
 */
const options = parseArgs({
  options: {
    seed: { type: 'string' },
    years: { type: 'string', default: '5' },
    days: { type: 'string', default: String(workingDaysPerYear) },
    processes: { type: 'string', default: '2' },
    without: { type: 'string', default: '' },
    only: { type: 'string', default: '' },
    times: { type: 'string', default: '1' },
  },
}).values;

const wholeNumber = (text: string, name: string, most: number): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > most)
    throw new Error(`--${name}: a number up to ${most}`);
  return value;
};
const firstSeed = wholeNumber(options.seed ?? String(Date.now() % 1_000_000_000), 'seed', 2 ** 31);
const years = wholeNumber(options.years, 'years', 100_000);
const days = wholeNumber(options.days, 'days', 10_000);
const processes = Math.max(1, Math.min(wholeNumber(options.processes, 'processes', 64), years));
for (const name of [...options.without.split(','), ...options.only.split(',')].filter(
  (text) => text !== '',
)) {
  if (!faultNames.some((known) => known === name))
    throw new Error(`no fault ${name}; there are: ${faultNames.join(', ')}`);
}

const mostMinutesPerYear = 20;
const script = fileURLToPath(new URL('../testing/simulator/simulation-process.ts', import.meta.url));
const startedAt = performance.now();
const reports: Report[] = [];
const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

console.log(`${years} clinic-years of ${days} working days, seeds ${firstSeed} to ${firstSeed + years - 1}`);
// Neighbours stay together: odd seeds have a machine more, and would all fall to one process otherwise.
const shares = Array.from({ length: processes }, (_, share) =>
  Array.from({ length: years }, (_unused, year) => firstSeed + year).filter(
    (_seed, year) => Math.floor((year * processes) / years) === share,
  ),
);
const haveEndedWell = await Promise.all(shares.map((seeds) => play(seeds)));
summarize();
process.exitCode = haveEndedWell.every(Boolean) && reports.every(({ failure }) => failure === null) ? 0 : 1;

function play(seeds: readonly number[]): Promise<boolean> {
  const child = spawn(
    process.execPath,
    [
      '--max-semi-space-size=32',
      script,
      seeds.join(','),
      String(days),
      options.without,
      options.only,
      options.times,
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  children.add(child);
  const limit = setTimeout(() => child.kill('SIGKILL'), (1 + seeds.length * mostMinutesPerYear) * 60_000);
  child.on('message', (message) => {
    const report = v.parse(ReportSchema, message);
    reports.push(report);
    tell(report);
  });
  return new Promise((resolve) => {
    child.on('exit', (code) => {
      clearTimeout(limit);
      children.delete(child);
      if (code !== 0) console.error(`a process of seeds ${seeds.join(', ')} ended with ${code}`);
      resolve(code === 0);
    });
  });
}

function tell({ seed, seconds, processorSeconds, writes, events, digest, failure, newest }: Report): void {
  if (failure === null) {
    console.log(
      `ok     seed ${seed}: ${writes} writes, ${events} events, ${seconds.toFixed(1)} s (${processorSeconds.toFixed(1)} of processor), trace ${digest.slice(0, 16)}`,
    );
    return;
  }
  console.log(`FAILED seed ${seed} after ${seconds.toFixed(1)} s: ${failure}`);
  console.log(newest.map((line) => `         ${line}`).join('\n'));
}

function summarize(): void {
  const good = reports.filter(({ failure }) => failure === null);
  const sum = (value: (report: Report) => number) =>
    reports.reduce((total, report) => total + value(report), 0);
  const count = (name: FaultName) => sum(({ counts }) => counts[name] ?? 0);
  const minutes = (performance.now() - startedAt) / 60_000;
  console.log('');
  for (const name of faultNames) console.log(`fault ${name}: ${count(name)}`);
  console.log(`machines enrolled again: ${sum(({ reEnrolments }) => reEnrolments)}`);
  const perYear = good.length === 0 ? 0 : sum(({ writes }) => writes) / good.length;
  const processor = sum(({ processorSeconds }) => processorSeconds) / Math.max(1, reports.length);
  console.log(`processor: ${processor.toFixed(1)} s a year`);
  console.log(`writes: ${sum(({ writes }) => writes)}, ${perYear.toFixed(0)} in a year`);
  console.log(
    `${good.length} of ${years} years hold all invariants, ${minutes.toFixed(1)} min on ${processes} processes`,
  );
}
