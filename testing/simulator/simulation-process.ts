// Plays seeds as its parent hands them out, all on one PostgreSQL, and tells what each came to. Started by scripts/simulate.ts.
import { on } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import {
  type FaultName,
  type FaultRates,
  faultNames,
  multiplied,
  ratesOnly,
  ratesWithout,
  usualRates,
} from './faults.ts';
import { PostgresInProcess } from './postgres-in-process.ts';
import { RunFailure, runWorld } from './run-world.ts';
import { HandedOutSchema, makeSimulationFolder, type Report, ReportSchema } from './simulation-report.ts';

/** Of so many seeds one has two facilities. */
const facilitiesEvery = 4;
/** Of so many seeds the last one has people who link records. */
const linksEvery = 5;

interface Game {
  readonly postgres: PostgresInProcess;
  readonly root: string;
  readonly days: number;
  readonly rates: FaultRates;
  /** How many of the newest events are told of a failed year. */
  readonly newest: number;
}

async function play(game: Game, seed: number): Promise<Report> {
  const { postgres, root, days, rates } = game;
  const [startedAt, processorAt] = [performance.now(), process.cpuUsage()];
  const used = () => {
    const { user, system } = process.cpuUsage(processorAt);
    return { seconds: (performance.now() - startedAt) / 1000, processorSeconds: (user + system) / 1e6 };
  };
  const facilities = seed % facilitiesEvery === 0 ? 2 : 1;
  try {
    const outcome = await runWorld(postgres, {
      seed,
      days,
      rates,
      facilities,
      hasLinks: seed % linksEvery === linksEvery - 1,
      root: join(root, String(seed)),
    });
    return { ...outcome, counts: { ...outcome.counts }, ...used(), failure: null, newest: [] };
  } catch (error) {
    if (!(error instanceof RunFailure)) throw error;
    const newest = error.newest.slice(-game.newest).map((line) => line.slice(0, 200));
    const forgotten = { writes: 0, returned: 0 };
    const nothing = { seed, writes: 0, events: 0, reEnrolments: 0, forgotten, counts: {}, digest: '' };
    return { ...nothing, ...used(), failure: error.message, newest };
  }
}

function ratesOf(without: string, only: string, times: number): FaultRates {
  const base = multiplied(usualRates, times);
  return only === '' ? ratesWithout(namesIn(without), base) : ratesOnly(namesIn(only), base);
}

const namesIn = (text: string): readonly FaultName[] =>
  faultNames.filter((name) => text.split(',').includes(name));

/** Ends the process if there is nobody left to hear it: the parent died. */
function tell(report: Report): void {
  process.send?.(v.parse(ReportSchema, report), (error: Error | null) => {
    if (error !== null) process.exit();
  });
}

const [days, newest, without = '', only = '', times = '1'] = process.argv.slice(2);
if (days === undefined || newest === undefined || process.send === undefined)
  throw new Error(
    'usage, by a process that hands out seeds: simulation-process <days> <newest> [without] [only] [times]',
  );
const handedOut = on(process, 'message');
// No seed is left, or the parent died: whatever is still played is for nobody.
process.once('disconnect', () => process.exit());
if (!process.connected) process.exit();
const root = makeSimulationFolder();
process.on('exit', () => rmSync(root, { recursive: true, force: true }));
const postgres = await PostgresInProcess.start();
const rates = ratesOf(without, only, Number(times));
const game = { postgres, root, days: Number(days), newest: Number(newest), rates };
let playing: number | undefined;
// What kills the process in the middle of a year is that year's failure, unlike a program that does not load.
process.on('uncaughtExceptionMonitor', ({ message }) => {
  if (playing !== undefined) console.log(`FAILED seed ${playing} with its process: ${message.slice(0, 200)}`);
});
for await (const [message] of handedOut) {
  playing = v.parse(HandedOutSchema, message).seed;
  tell(await play(game, playing));
}
