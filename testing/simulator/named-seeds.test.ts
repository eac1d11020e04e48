import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FaultName, multiplied, ratesOnly, usualRates } from './faults.ts';
import { PostgresInProcess } from './postgres-in-process.ts';
import { type RunOptions, runWorld } from './run-world.ts';
import { makeSimulationFolder } from './simulation-report.ts';

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

const play = (name: string, options: Omit<RunOptions, 'root'>) =>
  runWorld(postgres, { ...options, root: join(root, name) });

const frequent = multiplied(usualRates, 4);

describe('a simulated clinic', () => {
  it('runs the same way for the same seed, byte for byte, whatever ran before', async () => {
    const days = 5;
    const first = await play('first', { seed: 21, days, rates: frequent });
    const other = await play('other', { seed: 22, days, rates: frequent });
    const again = await play('again', { seed: 21, days, rates: frequent });
    expect(again).toEqual(first);
    expect(other.digest).not.toBe(first.digest);
    expect(first.events).toBeGreaterThan(500);
    expect(first.actions).toBeGreaterThan(3);
  });

  it('does not move a fault when another one is switched off', async () => {
    const cuts = multiplied(ratesOnly(['power-cut-after-commit']), 10);
    const outcome = await play('cuts', { seed: 23, days: 3, rates: cuts });
    expect(outcome.counts['power-cut-after-commit']).toBeGreaterThan(0);
    const others = Object.entries(outcome.counts).filter(([name]) => name !== 'power-cut-after-commit');
    expect(others.filter(([, count]) => count > 0)).toEqual([]);
  });
});

const atRestores: readonly FaultName[] = [
  'power-cut-inside-commit',
  'lost-message',
  'lost-response',
  'partition',
  'one-way-loss',
  'center-restored',
  'center-restored-forgotten',
  'device-cloned',
  'locked',
];

/** Runs that once showed a defect, of the product or of the simulator. */
const named: readonly (readonly [what: string, options: Omit<RunOptions, 'root'>])[] = [
  ['a log that began anew is torn', { seed: 3, days: 18 }],
  ['a cut in the transaction that forgets rows', { seed: 4, days: 18 }],
  [
    'an edit by a newer program meets an older one',
    { seed: 12, days: 20, rates: ratesOnly(['newer-version-fields']) },
  ],
  [
    'a center is restored and machines are copied',
    {
      seed: 1,
      days: 25,
      rates: multiplied(ratesOnly(['center-restored', 'device-cloned', 'lost-response']), 5),
    },
  ],
  [
    'an enrolment is asked twice, and the second answer goes astray',
    { seed: 804, days: 40, facilities: 2, rates: multiplied(usualRates, 2) },
  ],
  [
    'two facilities refer, look and move while everything fails',
    { seed: 812, days: 30, facilities: 2, rates: multiplied(usualRates, 2) },
  ],
  [
    'a copy stays up to date over a restore to before its move',
    { seed: 804, days: 60, facilities: 2, rates: multiplied(usualRates, 2) },
  ],
  [
    'the power goes right after a full disk refused an action',
    { seed: 10, days: 8, rates: multiplied(ratesOnly(['full-disk', 'power-cut-after-commit']), 45) },
  ],
  ['an enrolment begins with a message that comes twice', { seed: 4009, days: 29 }],
  [
    'a machine meets the restored center when it is enrolled again at the end',
    { seed: 110, days: 30, rates: multiplied(ratesOnly(atRestores), 8) },
  ],
  [
    'the center is restored between a power cut and the start after it',
    { seed: 105, days: 9, rates: multiplied(ratesOnly(atRestores), 8) },
  ],
];

describe('a center that comes back from too old a backup', () => {
  it('SIM-10, SIM-17: counts what was forgotten, and gets back what replicas held', async () => {
    const rates = multiplied(ratesOnly(['center-restored-forgotten']), 25);
    const { forgotten } = await play('forgotten', { seed: 3, days: 14, rates });
    expect(forgotten.writes).toBeGreaterThan(0);
    expect(forgotten.returned).toBeGreaterThan(0);
  });
});

describe('named seeds', () => {
  it.each(named)('%s', async (what, options) => {
    const outcome = await play(what.replaceAll(' ', '-'), options);
    expect(outcome.writes).toBeGreaterThan(10);
  });
});
