import { expect, it } from 'vitest';
import { facility, SyncWorld } from './sync-world.ts';
import { amendPatient, registerPatient } from './world-edits.ts';

it('SHR-6, EPO-1: rows of a record that was taken off are settled after a restore like any other', async () => {
  const world = new SyncWorld(41);
  const [nurse, doctor] = await world.start(2);
  if (nurse === undefined || doctor === undefined) throw new Error('no workstations');
  const id = registerPatient(world, doctor);
  await world.time.advance(3000);
  doctor.kill();
  const backup = world.center.backUp();
  amendPatient(world, nurse, id);
  await world.time.advance(3000);
  world.center.withdraw(facility, 'patients', id);
  await world.time.advance(3000);
  expect(nurse.replica.get('patients', id)).toBeUndefined();
  expect(nurse.replica.outbox.byState('accepted', 10)).toHaveLength(1);
  nurse.goOffline();
  world.center.restore(backup);
  // The other one writes first at the restored center.
  doctor.start();
  await world.time.advance(1000);
  amendPatient(world, doctor, id);
  await world.time.advance(3000);
  nurse.isOnline = true;
  await world.time.advance(30 * 60_000);
  expect(nurse.trouble).toEqual([]);
  expect(nurse.replica.outbox.counts()).toMatchObject({ pending: 0, aside: 0, quarantined: 0 });
  expect(await world.heal()).toBe(true);
});
