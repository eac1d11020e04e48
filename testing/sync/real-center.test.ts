import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { canonicalJson } from '#sync/merge/canonical-json.ts';
import { readBuiltInDictionaries } from '#sync/packing/dictionaries.ts';
import { createPacker } from '#sync/packing/packer.ts';
import { MemoryReplica } from '../doubles/memory-replica.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import {
  type CenterWithDesks,
  changeAt,
  type Desk,
  openCenterWithDesks,
  saveAt,
} from './center-with-desks.ts';
import { randomPatient, randomRecordId } from './random-bodies.ts';
import { facility } from './sync-world.ts';

const random = new SeededRandom(77);
const packing = {
  packings: ['zstd', 'deflate'],
  dictionaries: readBuiltInDictionaries(),
  createPacker,
} as const;

describe('the client and the center on PostgreSQL', () => {
  let world: CenterWithDesks;
  beforeAll(async () => {
    world = await openCenterWithDesks({ facilities: [facility], random, client: { packing } });
  });
  afterAll(() => world?.close());

  const begin = async (): Promise<Desk> => {
    const desk = await world.enrol(facility);
    desk.client.start();
    return desk;
  };
  const until = (isReached: () => boolean) => vi.waitUntil(isReached, { timeout: 40_000, interval: 100 });
  const isAlike = () => {
    const texts = world.desks.map(({ replica }) =>
      canonicalJson([...replica.find('patients', {}), ...replica.find('reviews', {})]),
    );
    return new Set(texts).size === 1 && world.isAllSent();
  };

  it('enrol, exchange, settle a conflict, survive a restart and notice a copy', async () => {
    const [nurse, doctor] = [await begin(), await begin()];
    const id = randomRecordId(random);
    await saveAt(nurse, 'patients', id, { ...randomPatient(random), phone: '+998900000000' });
    await until(() => doctor.replica.get('patients', id) !== undefined);
    await until(() => doctor.replica.count('reference', {}) === 1);

    await world.stopAll();
    await changeAt(nurse, 'patients', id, (body) => ({ ...body, phone: '+998901111111' }));
    await changeAt(nurse, 'patients', id, (body) => ({ ...body, bloodGroup: 'A+' }));
    await changeAt(doctor, 'patients', id, (body) => ({ ...body, phone: '+998902222222' }));
    const copy = new MemoryReplica(doctor.replica.disk.copy());
    for (const desk of [doctor, nurse]) {
      world.startAgain(desk);
      await until(() => desk.replica.outbox.counts().pending === 0);
    }
    await until(isAlike);
    expect(doctor.replica.get('patients', id)?.body).toMatchObject({
      phone: '+998902222222',
      bloodGroup: 'A+',
    });
    expect(doctor.replica.count('reviews', {})).toBe(1);
    expect(doctor.client.state()).toMatchObject({ link: 'online', unsent: 0, isFirstCopy: false });

    for (let count = 0; count < 300; count += 1)
      await saveAt(nurse, 'patients', randomRecordId(random), randomPatient(random));
    nurse.client.syncNow();
    await until(isAlike);
    expect(doctor.replica.count('patients', {})).toBe(301);

    // Nothing differs so far; what goes missing comes back by the digest (DIG-4).
    expect(world.desks.map(({ client }) => client.state().healed)).toEqual([0, 0]);
    await doctor.client.stop();
    for (const lost of doctor.replica.find('patients', { limit: 40 })) {
      doctor.replica.disk.records.patients.delete(lost.id);
    }
    world.startAgain(doctor);
    await until(isAlike);
    await until(() => doctor.client.state().healed === 40);

    const clone = world.clientOf({ replica: copy, identity: doctor.identity });
    clone.start();
    await until(() => clone.state().link === 'refused');
    expect(clone.state().refusal).toBe('sync.device-cloned');
    await clone.stop();
  }, 120_000);
});
