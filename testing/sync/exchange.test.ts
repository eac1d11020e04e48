import { describe, expect, it } from 'vitest';
import { checkInvariants } from './invariants.ts';
import { facility, SyncWorld } from './sync-world.ts';
import { amendPatient, registerPatient } from './world-edits.ts';

describe('two workstations and their center', () => {
  it('exchange what they write', async () => {
    const world = new SyncWorld(1);
    const [nurse, doctor] = await world.start(2);
    if (nurse === undefined || doctor === undefined) throw new Error('no workstations');
    const id = registerPatient(world, nurse);
    await world.time.advance(2000);
    expect(doctor.replica.get('patients', id)).toEqual(nurse.replica.get('patients', id));
    expect(nurse.replica.outbox.receipt('patients', id)?.rev).toBe(nurse.replica.get('patients', id)?.rev);
    expect(nurse.client.state()).toMatchObject({
      link: 'online',
      unsent: 0,
      isFirstCopy: false,
      refusal: null,
    });
    amendPatient(world, doctor, id);
    expect(await world.heal()).toBe(true);
    checkInvariants(world, 'exchange');
    expect(world.center.history(facility)).toHaveLength(2);
  });

  it('miss nothing when a restored center is offered again what it still has (EPO-1, PULL-5)', async () => {
    const world = new SyncWorld(2);
    const nurse = await world.enrol();
    nurse.limits = { pushRows: 1 };
    const doctor = await world.enrol();
    nurse.start();
    doctor.start();
    const ids = Array.from({ length: 5 }, () => registerPatient(world, nurse));
    await world.time.advance(5000);
    for (const id of ids) amendPatient(world, doctor, id);
    await world.time.advance(5000);
    world.center.restore(world.center.backUp());
    expect(await world.heal()).toBe(true);
    checkInvariants(world, 'offered again');
    for (const id of ids) {
      expect(nurse.replica.get('patients', id)).toEqual(doctor.replica.get('patients', id));
    }
    expect(world.center.history(facility)).toHaveLength(2 * ids.length);
  });

  it('exchange through a process that starts with unsent rows whose answer was lost (PULL-5)', async () => {
    const world = new SyncWorld(3);
    const nurse = await world.enrol();
    nurse.limits = { pushRows: 1 };
    const doctor = await world.enrol();
    nurse.start();
    doctor.start();
    const ids = Array.from({ length: 5 }, () => registerPatient(world, nurse));
    await world.time.advance(5000);
    for (const id of ids) amendPatient(world, nurse, id);
    nurse.limits = {};
    // The center takes everything, and not one answer arrives.
    nurse.faults = (direction, text) =>
      direction === 'to-client' && text.includes('"verdicts"') ? 'drop' : 'deliver';
    nurse.kill();
    nurse.start();
    await world.time.advance(5000);
    nurse.kill();
    nurse.limits = { pushRows: 1 };
    for (const id of ids) amendPatient(world, doctor, id);
    await world.time.advance(5000);
    expect(await world.heal()).toBe(true);
    checkInvariants(world, 'lost answers');
    expect(nurse.replica.count('reviews', {})).toBe(0);
  });
});
