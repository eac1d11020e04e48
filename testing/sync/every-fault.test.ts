import { describe, expect, it } from 'vitest';
import type { RecordId } from '#contracts/ids.ts';
import type { Death } from '../doubles/memory-replica.ts';
import type { Direction, Fate } from '../doubles/memory-transport.ts';
import { checkInvariants } from './invariants.ts';
import { facility, SyncWorld, type Workstation } from './sync-world.ts';
import { amendPatient, continueVisit, registerPatient, startVisit } from './world-edits.ts';

/** A day in small: two workstations write apart, meet, contradict each other, and go on. */
async function playDay(world: SyncWorld, prepare: (nurse: Workstation) => void): Promise<void> {
  const [nurse, doctor] = await world.start(2);
  if (nurse === undefined || doctor === undefined) throw new Error('no workstations');
  const patient = registerPatient(world, nurse);
  const visit = startVisit(world, nurse);
  await world.time.advance(3000);
  prepare(nurse);
  nurse.cutLink();
  doctor.goOffline();
  for (let round = 0; round < 3; round += 1) {
    writeBoth(world, nurse, doctor, patient, visit);
    await world.time.advance(20_000);
    doctor.isOnline = true;
    if (!nurse.isUp) nurse.start();
    await world.time.advance(20_000);
  }
}

function writeBoth(
  world: SyncWorld,
  nurse: Workstation,
  doctor: Workstation,
  patient: RecordId,
  visit: RecordId,
): void {
  for (const workstation of [nurse, doctor]) {
    // The last write may have killed it.
    if (workstation.isUp) amendPatient(world, workstation, patient);
    if (workstation.isUp) amendPatient(world, workstation, patient);
    if (workstation.isUp) continueVisit(world, workstation, visit);
  }
}

const seed = 4;

async function countMessages(): Promise<Record<Direction, number>> {
  const counts = { 'to-center': 0, 'to-client': 0 };
  const world = new SyncWorld(seed);
  await playDay(world, (nurse) => {
    nurse.faults = (direction) => {
      counts[direction] += 1;
      return 'deliver';
    };
  });
  expect(await world.heal()).toBe(true);
  checkInvariants(world, 'no fault');
  return counts;
}

async function playWithFault(direction: Direction, at: number, fate: Fate): Promise<boolean> {
  const world = new SyncWorld(seed);
  let seen = 0;
  await playDay(world, (nurse) => {
    nurse.faults = (towards) => {
      if (towards !== direction) return 'deliver';
      seen += 1;
      return seen === at ? fate : 'deliver';
    };
  });
  expect(await world.heal(), `${direction} ${at} ${fate}`).toBe(true);
  checkInvariants(world, `${direction} ${at} ${fate}`, {
    mayMisunderstand: fate === 'duplicate' || fate === 'drop',
  });
  return seen >= at;
}

async function playWithDeath(at: number, when: Death): Promise<boolean> {
  const world = new SyncWorld(seed);
  let hasDied = false;
  await playDay(world, (nurse) => {
    nurse.replica.killAt(at, when, () => {
      hasDied = true;
      nurse.kill();
    });
  });
  expect(await world.heal(), `killed ${when} transaction ${at}`).toBe(true);
  checkInvariants(world, `killed ${when} transaction ${at}`);
  return hasDied;
}

async function playWithRestore(at: number, backUpAt: number): Promise<boolean> {
  const world = new SyncWorld(seed);
  let seen = 0;
  let backup = world.center.backUp();
  await playDay(world, (nurse) => {
    backup = world.center.backUp();
    nurse.faults = () => {
      seen += 1;
      if (seen === backUpAt) {
        backup = world.center.backUp();
        world.center.declareDurable(facility);
      }
      if (seen === at) world.time.after(0, () => world.center.restore(backup));
      return 'deliver';
    };
  });
  expect(await world.heal(), `restored at ${at} to ${backUpAt}`).toBe(true);
  checkInvariants(world, `restored at ${at} to ${backUpAt}`, { mayHeal: true });
  return seen >= at;
}

describe('one fault at any moment of a day', () => {
  it.each(['cut-before', 'cut-after', 'duplicate', 'drop', 3000] as const)(
    'every message can meet "%s"',
    async (fate) => {
      const counts = await countMessages();
      expect(Math.min(counts['to-center'], counts['to-client'])).toBeGreaterThan(15);
      for (const direction of ['to-center', 'to-client'] as const) {
        for (let at = 1; at <= counts[direction]; at += 1) await playWithFault(direction, at, fate);
      }
    },
  );

  it.each(['before', 'after'] as const)('the process can be killed %s every transaction', async (when) => {
    let transactions = 0;
    while (await playWithDeath(transactions + 1, when)) transactions += 1;
    expect(transactions).toBeGreaterThan(20);
  });

  it('the center can lose its newest writes at every message', async () => {
    for (const backUpAt of [-1, 1, 12, 25]) {
      let at = Math.max(1, backUpAt + 1);
      while (await playWithRestore(at, backUpAt)) at += 1;
      expect(at).toBeGreaterThan(40);
    }
  });
});
