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
});
