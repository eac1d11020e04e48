import { expect, it } from 'vitest';
import type { Delivery } from '#contracts/bridge/views.ts';
import type { RecordId } from '#contracts/ids.ts';
import { deliveryReader } from '#workstation/delivery.ts';
import { SyncWorld, type Workstation } from './sync-world.ts';
import { amendPatient, registerPatient } from './world-edits.ts';

// docs/specs/bridge.md WS-8 with the real client: of each version one computer alone has the receipt, whoever wrote before.

const hourMs = 3_600_000;

function deliveryAt({ replica }: Workstation, id: RecordId): Delivery {
  const record = replica.get('patients', id);
  if (record === undefined) throw new Error('no such patient');
  return deliveryReader(replica)('patients', record);
}

async function worldOfTwo(seed: number) {
  const world = new SyncWorld(seed);
  const [nurse, doctor] = await world.start(2);
  if (nurse === undefined || doctor === undefined) throw new Error('no workstations');
  return { world, nurse, doctor };
}

it('WS-8: a receipt goes with its version when somebody else writes the next one', async () => {
  const { world, nurse, doctor } = await worldOfTwo(1);
  const writtenAt = world.time.now();
  const id = registerPatient(world, nurse);
  await world.time.advance(2000);
  const first = deliveryAt(nurse, id);
  if (first.state !== 'received') throw new Error(`the nurse's version is ${first.state}`);
  expect(first.receivedAt).toBeGreaterThanOrEqual(writtenAt);
  expect(deliveryAt(doctor, id)).toEqual({ state: 'at-center' });

  await world.time.advance(hourMs);
  const amendedAt = world.time.now();
  amendPatient(world, doctor, id);
  expect(deliveryAt(doctor, id)).toMatchObject({ state: 'saved' });
  await world.time.advance(2000);
  expect(nurse.replica.get('patients', id)).toEqual(doctor.replica.get('patients', id));
  expect(deliveryAt(nurse, id)).toEqual({ state: 'at-center' });
  const second = deliveryAt(doctor, id);
  if (second.state !== 'received') throw new Error(`the doctor's version is ${second.state}`);
  expect(second.receivedAt).toBeGreaterThanOrEqual(amendedAt);
});

it('WS-8: what both wrote is received where it was merged, and at the center for the other', async () => {
  const { world, nurse, doctor } = await worldOfTwo(2);
  const id = registerPatient(world, nurse);
  await world.time.advance(2000);
  doctor.goOffline();
  amendPatient(world, doctor, id);
  amendPatient(world, nurse, id);
  await world.time.advance(2000);
  expect(deliveryAt(nurse, id)).toMatchObject({ state: 'received' });
  expect(deliveryAt(doctor, id)).toMatchObject({ state: 'saved' });
  expect(await world.heal()).toBe(true);
  expect(nurse.replica.get('patients', id)).toEqual(doctor.replica.get('patients', id));
  expect(deliveryAt(doctor, id)).toMatchObject({ state: 'received' });
  expect(deliveryAt(nurse, id)).toEqual({ state: 'at-center' });
});
