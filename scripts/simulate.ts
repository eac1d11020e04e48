import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { workingDaysPerYear } from '#testing/simulator/clinic-story.ts';
import { type FaultName, faultNames } from '#testing/simulator/faults.ts';
import { type HandedOut, type Report, ReportSchema } from '#testing/simulator/simulation-report.ts';
import { newestKept } from '#testing/simulator/trace.ts';

/**
 * Plays clinic-years: `npm run simulate -- --seed 1 --years 100`. Year number n has the seed `seed + n`, so that a failed one
 * can be played alone. `--days` shortens each year, `--without a,b` and `--only a,b` switch faults, `--processes` sets how many
 * worlds run at once, `--times` makes every fault so much more frequent, `--newest` says how many of the last events are printed of
 * a failed year. Without a seed it is taken from the time.
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
    newest: { type: 'string', default: '12' },
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
const newest = wholeNumber(options.newest, 'newest', newestKept);
if (newest === 0) throw new Error('--newest: one at least');
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
// One by one, to whoever is free: some years take three times as long as others.
const seeds = Array.from({ length: years }, (_unused, year) => firstSeed + year).values();
const haveEndedWell = await Promise.all(Array.from({ length: processes }, () => playWhatIsLeft()));
summarize();
process.exitCode = haveEndedWell.every(Boolean) && reports.every(({ failure }) => failure === null) ? 0 : 1;

/** Starts a process and hands it seeds as long as there are any. Whether it ended as it should. */
function playWhatIsLeft(): Promise<boolean> {
  const child = spawn(
    process.execPath,
    [
      '--max-semi-space-size=32',
      script,
      String(days),
      String(newest),
      options.without,
      options.only,
      options.times,
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  children.add(child);
  let playing: { readonly seed: number; readonly limit: NodeJS.Timeout } | undefined;
  const handOut = () => {
    const { value: seed } = seeds.next();
    playing =
      seed === undefined
        ? undefined
        : { seed, limit: setTimeout(() => child.kill('SIGKILL'), mostMinutesPerYear * 60_000) };
    if (!child.connected) return;
    if (playing === undefined) child.disconnect();
    else child.send({ seed: playing.seed } satisfies HandedOut, itsEndSaysSo);
  };
  child.on('message', (message) => {
    const report = v.parse(ReportSchema, message);
    clearTimeout(playing?.limit);
    reports.push(report);
    tell(report);
    handOut();
  });
  handOut();
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      clearTimeout(playing?.limit);
      children.delete(child);
      const isGood = code === 0 && playing === undefined;
      if (!isGood)
        console.error(`a process ended with ${code ?? signal}, playing seed ${playing?.seed ?? 'none'}`);
      resolve(isGood);
    });
  });
}

/** A process that died before it got its seed is noticed by its end. */
function itsEndSaysSo(): void {}

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
  const returned = sum(({ forgotten }) => forgotten.returned);
  console.log(`writes forgotten: ${sum(({ forgotten }) => forgotten.writes)}, ${returned} of them returned`);
  const perYear = good.length === 0 ? 0 : sum(({ writes }) => writes) / good.length;
  const processor = sum(({ processorSeconds }) => processorSeconds) / Math.max(1, reports.length);
  console.log(`processor: ${processor.toFixed(1)} s a year`);
  console.log(`writes: ${sum(({ writes }) => writes)}, ${perYear.toFixed(0)} in a year`);
  console.log(
    `${good.length} of ${years} years hold all invariants, ${minutes.toFixed(1)} min on ${processes} processes`,
  );
}
