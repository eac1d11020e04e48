import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it, vi } from 'vitest';
import type { Replica } from '#clinic/ports/replica.ts';
import { PersonIdSchema } from '#contracts/ids.ts';
import { PatientBodySchema } from '#contracts/records/patients.ts';
import { type OpenReplica, openReplica } from '#store/open-replica.ts';
import { SyncClient } from '#sync/client/sync-client.ts';
import { type DeviceIdentity, loadDeviceIdentity, saveDeviceIdentity } from '#sync/device-identity.ts';
import { enrolDevice } from '#sync/enrol-device.ts';
import { recordLocalWrite } from '#sync/local-write.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import { MemoryCenter } from '../doubles/memory-center.ts';
import { MemoryReplica } from '../doubles/memory-replica.ts';
import { memoryTransportPair } from '../doubles/memory-transport.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import { describeReplicaBesideCenter } from './center-suite.ts';
import { randomPatient, randomRecordId } from './random-bodies.ts';
import { describeReplicaForSync } from './replica-suite.ts';
import { facility } from './sync-world.ts';

class StoredReplica {
  readonly #folder = mkdtempSync(join(tmpdir(), 'hamshira-sync-'));
  readonly #key = new Uint8Array(randomBytes(32));
  #open: OpenReplica | undefined;

  async open(): Promise<OpenReplica> {
    await this.#open?.close();
    this.#open = await openReplica({
      file: join(this.#folder, 'replica.db'),
      key: this.#key,
      patientIndex: () => ({ put: () => {}, remove: () => {}, isEmpty: () => false, search: () => [] }),
    });
    return this.#open;
  }

  async remove(): Promise<void> {
    await this.#open?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const inMemory = async () => {
  const replica = new MemoryReplica();
  return {
    replica,
    reopen: () => Promise.resolve(new MemoryReplica(replica.disk)),
    remove: () => Promise.resolve(),
  };
};
const onDisk = async () => {
  const stored = new StoredReplica();
  return { replica: await stored.open(), reopen: () => stored.open(), remove: () => stored.remove() };
};

for (const describeReplica of [describeReplicaForSync, describeReplicaBesideCenter]) {
  describeReplica('memory', inMemory);
  describeReplica('SQLCipher', onDisk);
}

const clock = { now: () => Date.now() };
const timers = {
  after: (waitMs: number, run: () => void) => {
    const timer = setTimeout(run, waitMs);
    return () => clearTimeout(timer);
  },
};

const time = { ...clock, ...timers };

function clientOf(
  replica: Replica,
  identity: DeviceIdentity,
  center: MemoryCenter,
  random: SeededRandom,
): SyncClient {
  const connect = () => {
    const pair = memoryTransportPair(time);
    center.accept(pair.center);
    return Promise.resolve(pair.client);
  };
  const limits = { backOffFromMs: 20, backOffToMs: 50, offerDelayMs: 5 };
  return new SyncClient({ replica, connect, clock, timers, random, identity, program: 'test', limits });
}

/** A workstation on the real store. */
async function enrol(center: MemoryCenter, random: SeededRandom) {
  const stored = new StoredReplica();
  const pair = memoryTransportPair(time);
  center.accept(pair.center);
  const connect = () => Promise.resolve(pair.client);
  const code = center.issueCode(facility);
  const enrolled = await enrolDevice({
    connect,
    centerUrl: '',
    code,
    label: '',
    program: '',
    random,
    timers,
  });
  if (!enrolled.ok) throw new Error(enrolled.error.code);
  const { identity, ticket } = enrolled.value;
  const replica = await stored.open();
  await replica.transact(({ settings }) => saveDeviceIdentity(settings, identity, ticket));
  return { stored, identity };
}

describe('sync on the real store', () => {
  it('converges after edits apart, restarts in the middle and a restored center', async () => {
    const random = new SeededRandom(20);
    const center = new MemoryCenter(time, random.fork());
    const both = [await enrol(center, random.fork()), await enrol(center, random.fork())];
    const ids = Array.from({ length: 6 }, () => randomRecordId(random));
    const author = v.parse(PersonIdSchema, uuidV7(clock.now(), random));
    let backup = center.backUp();
    let replicas: OpenReplica[] = [];
    let clients: SyncClient[] = [];
    const start = async () => {
      replicas = await Promise.all(both.map(({ stored }) => stored.open()));
      clients = replicas.map((replica) => {
        const identity = loadDeviceIdentity(replica.settings);
        if (identity === undefined) throw new Error('not enrolled');
        return clientOf(replica, identity, center, random.fork());
      });
      for (const client of clients) client.start();
    };
    const edit = (replica: OpenReplica, device: DeviceIdentity['device']) =>
      replica.transact((transaction) => {
        const id = random.pick(ids);
        const stored = transaction.get('patients', id);
        const phone = `+9989${String(random.below(1e8)).padStart(8, '0')}`;
        const body = v.parse(PatientBodySchema, { ...(stored?.body ?? randomPatient(random)), phone });
        const common = { scope: facility, author, device, at: clock.now(), random };
        recordLocalWrite(transaction, { ...common, collection: 'patients', id, body });
      });
    for (let round = 0; round < 4; round += 1) {
      await start();
      for (let count = 0; count < 12; count += 1) {
        for (const [index, replica] of replicas.entries()) {
          const { identity } = both[index] ?? {};
          if (identity !== undefined) await edit(replica, identity.device);
        }
      }
      if (round === 1) backup = center.backUp();
      if (round === 2) center.restore(backup);
      await Promise.all(clients.map((client) => client.stop()));
    }
    await start();
    const isDone = () =>
      replicas.every(
        (replica) =>
          replica.outbox.counts().pending === 0 &&
          replica.outbox.counts().aside === 0 &&
          ids.every(
            (id) =>
              replica.get('patients', id)?.rev === center.documents(facility).get(`patients/${id}`)?.rev,
          ) &&
          replica.count('reviews', {}) === center.documents(facility).size - ids.length,
      );
    await vi.waitUntil(isDone, { timeout: 30_000, interval: 20 });
    await Promise.all(clients.map((client) => client.stop()));
    const documents = center.documents(facility);
    expect(documents.size).toBeGreaterThan(ids.length);
    for (const replica of replicas) {
      for (const id of ids)
        expect(replica.get('patients', id)).toEqual(documents.get(`patients/${id}`)?.record);
      expect(replica.count('reviews', {})).toBe(documents.size - ids.length);
      expect(replica.verifyAudit()).toMatchObject({});
    }
    for (const { stored } of both) await stored.remove();
  }, 60_000);
});
