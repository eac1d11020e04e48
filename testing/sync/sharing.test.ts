import { describe, expect, it } from 'vitest';
import type { RecordId } from '#contracts/ids.ts';
import { readWithdrawn } from '#sync/client/withdrawn.ts';
import { facility, SyncWorld, type Workstation } from './sync-world.ts';
import { amendPatient, registerPatient, startVisit } from './world-edits.ts';

interface Scene {
  readonly world: SyncWorld;
  readonly nurse: Workstation;
  readonly id: RecordId;
}

async function withPatient(seed: number): Promise<Scene> {
  const world = new SyncWorld(seed);
  const [nurse, doctor] = await world.start(2);
  if (nurse === undefined || doctor === undefined) throw new Error('no workstations');
  const id = registerPatient(world, doctor);
  await world.time.advance(3000);
  return { world, nurse, id };
}

const holds = ({ nurse, id }: Scene): boolean => nurse.replica.get('patients', id) !== undefined;

describe('a record that is withdrawn (SHR-6)', () => {
  it('goes at once when nothing is unsent', async () => {
    const scene = await withPatient(1);
    scene.world.center.withdraw(facility, 'patients', scene.id);
    await scene.world.time.advance(3000);
    expect(holds(scene)).toBe(false);
  });

  it('goes after its unsent edits are sent, also across a restart in between', async () => {
    const scene = await withPatient(2);
    const { world, nurse, id } = scene;
    world.center.moods.putOff = (row) => (row.id === id ? 'before' : 'no');
    amendPatient(world, nurse, id);
    await world.time.advance(3000);
    world.center.withdraw(facility, 'patients', id);
    await world.time.advance(3000);
    expect(holds(scene)).toBe(true);
    expect(readWithdrawn(nurse.replica)).toHaveLength(1);
    nurse.kill();
    nurse.start();
    await world.time.advance(3000);
    expect(holds(scene)).toBe(true);
    // It is taken at the center where it lives now.
    world.center.moods.isRefused = (row) => row.id === id;
    world.center.moods.putOff = () => 'no';
    await world.time.advance(60_000);
    expect(holds(scene)).toBe(false);
    expect(readWithdrawn(nurse.replica)).toEqual([]);
    expect(nurse.replica.outbox.counts()).toMatchObject({ pending: 0, quarantined: 1 });
    await world.time.advance(7 * 60 * 60_000);
    expect(holds(scene)).toBe(false);
  });

  it('goes, if it is a patient, not before the visits about the patient are sent', async () => {
    const scene = await withPatient(4);
    const { world, nurse, id } = scene;
    world.center.moods.putOff = (row) => (row.collection === 'visits' ? 'before' : 'no');
    const [one, two] = [startVisit(world, nurse, id), startVisit(world, nurse, id)];
    await world.time.advance(3000);
    world.center.withdraw(facility, 'patients', id);
    await world.time.advance(3000);
    expect(holds(scene)).toBe(true);
    nurse.kill();
    nurse.start();
    await world.time.advance(3000);
    expect(holds(scene)).toBe(true);
    world.center.moods.putOff = (row) => (row.id === two ? 'before' : 'no');
    await world.time.advance(10 * 60_000);
    expect(nurse.replica.outbox.pendingOf('visits', one)).toEqual([]);
    expect(holds(scene)).toBe(true);
    world.center.moods.putOff = () => 'no';
    await world.time.advance(10 * 60_000);
    expect(nurse.replica.outbox.counts()).toMatchObject({ pending: 0, quarantined: 0 });
    expect(holds(scene)).toBe(false);
    expect(readWithdrawn(nurse.replica)).toEqual([]);
    expect(nurse.replica.get('visits', two)).toBeDefined();
  });

  it('stays when it is shared again before that', async () => {
    const scene = await withPatient(3);
    const { world, nurse, id } = scene;
    world.center.moods.putOff = () => 'before';
    amendPatient(world, nurse, id);
    await world.time.advance(3000);
    const before = world.center.documents(facility).get(`patients/${id}`);
    if (before === undefined) throw new Error('no document');
    world.center.withdraw(facility, 'patients', id);
    await world.time.advance(3000);
    world.center.plant(facility, 'patients', id, before.rev, before.record);
    await world.time.advance(3000);
    world.center.moods.putOff = () => 'no';
    expect(await world.heal()).toBe(true);
    expect(holds(scene)).toBe(true);
    expect(readWithdrawn(nurse.replica)).toEqual([]);
  });
});
