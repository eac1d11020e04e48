import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type RunningCenter, startCenter } from '#center/start-center.ts';
import { type PersonId, PersonIdSchema, type RecordId } from '#contracts/ids.ts';
import { type PatientBody, PatientBodySchema } from '#contracts/records/patients.ts';
import { SyncClient } from '#sync/client/sync-client.ts';
import { type DeviceIdentity, saveDeviceIdentity } from '#sync/device-identity.ts';
import { enrolDevice } from '#sync/enrol-device.ts';
import { recordLocalWrite } from '#sync/local-write.ts';
import { canonicalJson } from '#sync/merge/canonical-json.ts';
import { readBuiltInDictionaries } from '#sync/packing/dictionaries.ts';
import { createPacker } from '#sync/packing/packer.ts';
import { webSocketConnect } from '#sync/transports/websocket-transport.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import { facilityRecord } from '../center/test-records.ts';
import { MemoryReplica } from '../doubles/memory-replica.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import { randomPatient, randomRecordId } from './random-bodies.ts';
import { facility } from './sync-world.ts';

const clock = { now: () => Date.now() };
const timers = {
  after: (waitMs: number, run: () => void) => {
    const timer = setTimeout(run, waitMs);
    return () => clearTimeout(timer);
  },
};
const random = new SeededRandom(77);

interface Desk {
  readonly replica: MemoryReplica;
  readonly identity: DeviceIdentity;
  readonly person: PersonId;
  client: SyncClient;
}

describe('the client and the center on PostgreSQL', () => {
  let center: RunningCenter;
  let folder: string;
  const desks: Desk[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hamshira-sync-center-'));
    // PostgreSQL runs under an account of its own.
    await chmod(folder, 0o755);
    center = await startCenter({ dataFolder: folder, log: () => undefined });
    await center.createFacility(facilityRecord(facility));
  });
  afterAll(async () => {
    await Promise.all(desks.map(({ client }) => client.stop()));
    await center.close();
    await rm(folder, { recursive: true, force: true });
  });

  const clientOf = (replica: MemoryReplica, identity: DeviceIdentity) =>
    new SyncClient({
      replica,
      identity,
      connect: webSocketConnect(identity.centerUrl, timers),
      clock,
      timers,
      random,
      program: 'test',
      packing: { packings: ['zstd', 'deflate'], dictionaries: readBuiltInDictionaries(), createPacker },
      limits: { backOffFromMs: 50, backOffToMs: 200 },
    });

  async function enrol(): Promise<Desk> {
    const { code } = await center.createEnrolmentCode(facility);
    const connect = webSocketConnect(center.url, timers);
    const enrolment = {
      connect,
      centerUrl: center.url,
      code,
      label: 'desk',
      program: 'test',
      random,
      timers,
    };
    const enrolled = await enrolDevice(enrolment);
    if (!enrolled.ok) throw new Error(enrolled.error.code);
    const { identity, ticket } = enrolled.value;
    const replica = new MemoryReplica();
    await replica.transact(({ settings }) => saveDeviceIdentity(settings, identity, ticket));
    const person = v.parse(PersonIdSchema, uuidV7(clock.now(), random));
    const desk = { replica, identity, person, client: clientOf(replica, identity) };
    desk.client.start();
    desks.push(desk);
    return desk;
  }

  const write = ({ replica, identity, person }: Desk, id: RecordId, body: PatientBody) =>
    replica.transact((transaction) =>
      recordLocalWrite(transaction, {
        collection: 'patients',
        id,
        body: v.parse(PatientBodySchema, body),
        scope: facility,
        author: person,
        device: identity.device,
        at: clock.now(),
        random,
      }),
    );
  const amend = (desk: Desk, id: RecordId, changes: Partial<PatientBody>) => {
    const stored = desk.replica.get('patients', id);
    if (stored === undefined) throw new Error('no patient');
    return write(desk, id, { ...stored.body, ...changes });
  };
  const until = (isReached: () => boolean) => vi.waitUntil(isReached, { timeout: 40_000, interval: 100 });
  const isAlike = () => {
    const texts = desks.map(({ replica }) =>
      canonicalJson([...replica.find('patients', {}), ...replica.find('reviews', {})]),
    );
    return new Set(texts).size === 1 && desks.every(({ replica }) => replica.outbox.counts().pending === 0);
  };

  it('enrol, exchange, settle a conflict, survive a restart and notice a copy', async () => {
    const [nurse, doctor] = [await enrol(), await enrol()];
    const id = randomRecordId(random);
    await write(nurse, id, { ...randomPatient(random), phone: '+998900000000' });
    await until(() => doctor.replica.get('patients', id) !== undefined);
    await until(() => doctor.replica.count('reference', {}) === 1);

    await Promise.all(desks.map(({ client }) => client.stop()));
    await amend(nurse, id, { phone: '+998901111111' });
    await amend(nurse, id, { bloodGroup: 'A+' });
    await amend(doctor, id, { phone: '+998902222222' });
    const copy = new MemoryReplica(doctor.replica.disk.copy());
    for (const desk of [doctor, nurse]) {
      desk.client = clientOf(desk.replica, desk.identity);
      desk.client.start();
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
      await write(nurse, randomRecordId(random), randomPatient(random));
    nurse.client.syncNow();
    await until(isAlike);
    expect(doctor.replica.count('patients', {})).toBe(301);

    // Nothing differs so far; what goes missing comes back by the digest (DIG-4).
    expect(desks.map(({ client }) => client.state().healed)).toEqual([0, 0]);
    await doctor.client.stop();
    for (const lost of doctor.replica.find('patients', { limit: 40 })) {
      doctor.replica.disk.records.patients.delete(lost.id);
    }
    doctor.client = clientOf(doctor.replica, doctor.identity);
    doctor.client.start();
    await until(isAlike);
    await until(() => doctor.client.state().healed === 40);

    const clone = clientOf(copy, doctor.identity);
    clone.start();
    await until(() => clone.state().link === 'refused');
    expect(clone.state().refusal).toBe('sync.device-cloned');
    await clone.stop();
  }, 120_000);
});
