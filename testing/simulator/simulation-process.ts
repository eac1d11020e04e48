// Plays some seeds one after the other, on one PostgreSQL, and tells its parent what each came to. Started by scripts/simulate.ts.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { type FaultName, faultNames, multiplied, ratesOnly, ratesWithout, usualRates } from './faults.ts';
import { PostgresInProcess } from './postgres-in-process.ts';
import { RunFailure, runWorld } from './run-world.ts';
import { makeSimulationFolder, type Report, ReportSchema } from './simulation-report.ts';

const newestTold = 12;
/** Of so many seeds one has two facilities. */
const facilitiesEvery = 4;

async function playSeeds(
  seeds: readonly number[],
  days: number,
  without: string,
  only: string,
  times: number,
): Promise<void> {
  const postgres = await PostgresInProcess.start();
  const base = multiplied(usualRates, times);
  const rates = only === '' ? ratesWithout(namesIn(without), base) : ratesOnly(namesIn(only), base);
  const root = makeSimulationFolder();
  process.on('exit', () => rmSync(root, { recursive: true, force: true }));
  for (const seed of seeds) {
    const [startedAt, processorAt] = [performance.now(), process.cpuUsage()];
    const used = () => {
      const { user, system } = process.cpuUsage(processorAt);
      return { seconds: (performance.now() - startedAt) / 1000, processorSeconds: (user + system) / 1e6 };
    };
    const nothing = { seed, writes: 0, events: 0, reEnrolments: 0, counts: {}, digest: '' };
    try {
      const facilities = seed % facilitiesEvery === 0 ? 2 : 1;
      const outcome = await runWorld(postgres, {
        seed,
        days,
        rates,
        facilities,
        root: join(root, String(seed)),
      });
      tell({ ...outcome, counts: { ...outcome.counts }, ...used(), failure: null, newest: [] });
    } catch (error) {
      if (!(error instanceof RunFailure)) throw error;
      const newest = error.newest.slice(-newestTold).map((line) => line.slice(0, 200));
      tell({ ...nothing, ...used(), failure: error.message, newest });
    }
  }
  await postgres.close();
}

const namesIn = (text: string): readonly FaultName[] =>
  faultNames.filter((name) => text.split(',').includes(name));

function tell(report: Report): void {
  process.send?.(v.parse(ReportSchema, report));
}

const [seeds, days, without = '', only = '', times = '1'] = process.argv.slice(2);
if (seeds === undefined || days === undefined)
  throw new Error('usage: simulation-process <seeds> <days> [without] [only] [times]');
await playSeeds(seeds.split(',').map(Number), Number(days), without, only, Number(times));
process.disconnect?.();
