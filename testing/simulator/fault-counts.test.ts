import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SeededRandom } from '../doubles/seeded-random.ts';
import { FreshValues, register } from './clinic-acts.ts';
import { ClinicStory } from './clinic-story.ts';
import { ClinicWorld } from './clinic-world.ts';
import { type FaultName, type FaultRates, ratesOnly } from './faults.ts';
import { PostgresInProcess } from './postgres-in-process.ts';
import type { SimulatedWorkstation } from './simulated-workstation.ts';
import { makeSimulationFolder } from './simulation-report.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

let postgres: PostgresInProcess;
let root: string;
let world: ClinicWorld;
let worlds = 0;
beforeAll(async () => {
  postgres = await PostgresInProcess.start();
  root = makeSimulationFolder();
});
afterEach(() => world.close());
afterAll(async () => {
  await postgres.close();
  rmSync(root, { recursive: true, force: true });
});

/** A world in which these faults strike whenever they may, and no other. */
async function create(always: readonly FaultName[] = []): Promise<SimulatedWorkstation> {
  worlds += 1;
  const rates: FaultRates = { ...ratesOnly([]), ...Object.fromEntries(always.map((name) => [name, 1])) };
  const place = join(root, String(worlds));
  world = await ClinicWorld.create(postgres, {
    seed: 5,
    rates,
    workstations: 3,
    facilities: 1,
    hasLinks: false,
    root: place,
  });
  const [workstation] = world.workstations;
  if (workstation === undefined) throw new Error('a world without machines');
  return workstation;
}

/** Every fault that was counted. */
const counted = (): Partial<Record<FaultName, number>> =>
  Object.fromEntries(Object.entries(world.faults.counts).filter(([, count]) => count > 0));

/** When each event of this kind was, in milliseconds since midnight of the day it was on. */
const timesOf = (start: number, what: RegExp): readonly number[] =>
  world.trace
    .newest(Number.MAX_SAFE_INTEGER)
    .filter((line) => what.test(line))
    .map((line) => (Number(line.split(' ', 1)[0]) - start) % day);

/** Somebody registers so many patients; what the disk refuses is refused. */
async function registerPatients(workstation: SimulatedWorkstation, count: number): Promise<void> {
  const [fresh, random] = [new FreshValues(), new SeededRandom(1)];
  for (let number = 0; number < count; number += 1) {
    await workstation.act(async (session) => register(fresh, random)(session)).catch(() => undefined);
  }
}

/** Faults that last, how each begins and ends, and what it takes to feel it. */
const lasting: readonly {
  readonly name: FaultName;
  readonly turn: (workstation: SimulatedWorkstation, isOn: boolean) => void;
  readonly feel?: (workstation: SimulatedWorkstation) => Promise<void>;
}[] = [
  { name: 'partition', turn: ({ link }, isOn) => link.partition(isOn) },
  { name: 'one-way-loss', turn: ({ link }, isOn) => link.swallow(isOn ? 'to-center' : undefined) },
  {
    name: 'slow-link',
    turn: ({ link }, isOn) => link.slowDown(isOn ? { latencyMs: 900, bytesPerSecond: 2000 } : undefined),
  },
  {
    name: 'full-disk',
    turn: (workstation, isOn) => workstation.setDiskFull(isOn),
    feel: (workstation) => registerPatients(workstation, 200),
  },
  {
    name: 'workstation-clock-jump',
    turn: (workstation, isOn) => {
      workstation.clockErrorMs = isOn ? -3 * day : 0;
    },
    feel: async (workstation) => {
      await registerPatients(workstation, 3);
      workstation.clockErrorMs = -3 * day;
      await registerPatients(workstation, 3);
    },
  },
];

describe('a fault that lasts (SIM-17)', () => {
  it.each(lasting)('is not counted on a machine that is off: $name', async ({ turn }) => {
    const workstation = await create();
    turn(workstation, true);
    await world.time.advance(2 * hour);
    turn(workstation, false);
    await workstation.start();
    await world.time.advance(hour);
    expect(workstation.client.state().link).toBe('online');
    expect(counted()).toEqual({});
  });

  it.each(lasting)('is counted once on a machine at work: $name', async ({ name, turn, feel }) => {
    const workstation = await create();
    await workstation.start();
    await world.time.advance(minute);
    expect(counted()).toEqual({});
    turn(workstation, true);
    await feel?.(workstation);
    workstation.client.syncNow();
    await world.time.advance(day);
    expect(counted()).toEqual({ [name]: 1 });
  });

  it('is a partition too if it only refuses a connection', async () => {
    const workstation = await create();
    workstation.link.partition(true);
    await workstation.start();
    await world.time.advance(minute);
    expect(counted()).toEqual({ partition: 1 });
  });

  it('is no partition if the center answers nobody anyway', async () => {
    const workstation = await create();
    world.center.cutPower();
    workstation.link.partition(true);
    await workstation.start();
    await world.time.advance(5000);
    workstation.link.partition(false);
    expect(counted()).toEqual({});
  });

  it('is no full disk as long as nothing is refused', async () => {
    const workstation = await create();
    await workstation.start();
    workstation.setDiskFull(true);
    await world.time.advance(minute);
    workstation.setDiskFull(false);
    await registerPatients(workstation, 200);
    expect(counted()).toEqual({});
  });
});

describe('a fault that strikes (SIM-17)', () => {
  it('is a former connection again only if there was one, and the center hears of it', async () => {
    const workstation = await create();
    await workstation.start();
    await world.time.advance(minute);
    world.center.cutPower();
    workstation.link.replayFormer();
    await world.time.advance(hour);
    expect(counted()).toEqual({});
    workstation.link.replayFormer();
    await world.time.advance(hour);
    expect(counted()).toEqual({ 'replayed-connection': 1 });
  });

  it('is another packing only once a connection packs so', async () => {
    const workstation = await create(['second-best-packing', 'dictionary-missing']);
    workstation.link.partition(true);
    await workstation.start();
    await world.time.advance(hour);
    expect(counted()).toEqual({ partition: 1 });
    workstation.link.partition(false);
    await world.time.advance(hour);
    workstation.link.cut();
    await world.time.advance(hour);
    expect(counted()).toEqual({ partition: 1, 'second-best-packing': 1, 'dictionary-missing': 1 });
  });

  it('is no packing at all for a program of version 1', async () => {
    const workstation = await create(['older-program', 'second-best-packing', 'dictionary-missing']);
    await workstation.start();
    await world.time.advance(hour);
    expect(workstation.client.state().link).toBe('online');
    expect(counted()).toEqual({ 'older-program': 1 });
  });

  it('is a copied folder for each copy that was made, and a lock for each machine that was at work', async () => {
    await create(['device-cloned', 'locked']);
    const start = world.time.now();
    const story = new ClinicStory(world);
    for (let number = 0; number < 4; number += 1) await story.day(number);
    const copies = timesOf(start, /is cloned/).length;
    const locks = timesOf(start, /w\d+ stops/).filter((at) => at < 17 * hour).length;
    expect(copies).toBe(2);
    expect(locks).toBeGreaterThan(0);
    expect(counted()).toEqual({ 'device-cloned': copies, locked: locks });
  });

  it.each([
    [false, 0],
    [true, 1],
  ])('is a document nobody can use only if the center took it: %s', async (isUp, count) => {
    await create(['poisoned-document']);
    if (!isUp) world.time.after(8 * hour - minute / 2, () => world.center.cutPower());
    await new ClinicStory(world).day(0);
    expect(world.faults.counts['poisoned-document']).toBe(count);
  });

  it('is a forgetful backup only if something was forgotten', async () => {
    await create(['center-restored-forgotten']);
    await new ClinicStory(world).day(0);
    expect(world.center.restoredAt).not.toBeNull();
    expect([counted(), world.forgotten.size]).toEqual([{}, 0]);
  });
});
