import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FaultName, type FaultRates, faultNames, multiplied, ratesOnly, usualRates } from './faults.ts';
import { PostgresInProcess } from './postgres-in-process.ts';
import { runWorld } from './run-world.ts';
import { makeSimulationFolder } from './simulation-report.ts';

/** What seldom comes to anything in a month, however often it strikes. */
const seldom: readonly FaultName[] = [
  'replayed-connection',
  'one-way-loss',
  'workstation-clock-jump',
  'center-clock-jump',
  'full-disk',
  'poisoned-document',
  'center-restored-forgotten',
  'device-cloned',
];
const rates: FaultRates = {
  ...multiplied(usualRates, 5),
  ...Object.fromEntries(
    Object.entries(multiplied(ratesOnly(seldom), 20)).filter(([name]) =>
      seldom.some((known) => known === name),
    ),
  ),
};
/** Most writes find room on the pages there are: a full disk has to be tried for itself. */
const fullDisks = multiplied(ratesOnly(['full-disk']), 45);
const runs = [
  { seed: 1, days: 20, rates },
  { seed: 2, days: 20, rates },
  { seed: 3, days: 20, rates },
  { seed: 10, days: 20, rates: fullDisks },
];

let postgres: PostgresInProcess;
let root: string;
beforeAll(async () => {
  postgres = await PostgresInProcess.start();
  root = makeSimulationFolder();
});
afterAll(async () => {
  await postgres.close();
  rmSync(root, { recursive: true, force: true });
});

it('every fault takes effect within a few short runs (SIM-18)', async () => {
  const total = new Map<FaultName, number>();
  for (const run of runs) {
    const { counts } = await runWorld(postgres, { ...run, root: join(root, String(run.seed)) });
    for (const name of faultNames) total.set(name, (total.get(name) ?? 0) + counts[name]);
  }
  expect([...total].filter(([, count]) => count === 0)).toEqual([]);
}, 240_000);
