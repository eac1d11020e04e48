import * as v from 'valibot';
import { beforeEach, describe, expect, it } from 'vitest';
import { DeviceIdSchema, ScopeSchema } from '#contracts/ids.ts';
import { type CollectionName, type RecordOf, recordSchemas } from '#contracts/records/registry.ts';
import { type LocalWrite, recordLocalWrite } from '#sync/local-write.ts';
import { revisionOf, versionOf } from '#sync/merge/revision.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import { MemoryReplica } from '../doubles/memory-replica.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import { randomPatient, randomPerson, randomRecordId } from './random-bodies.ts';
import { facility } from './sync-world.ts';

const now = 1_800_000_000_000;

describe('recordLocalWrite (PUSH-1)', () => {
  let random: SeededRandom;
  let replica: MemoryReplica;
  let patient: Omit<LocalWrite<'patients'>, 'body'>;
  beforeEach(() => {
    random = new SeededRandom(7);
    replica = new MemoryReplica();
    patient = {
      collection: 'patients',
      id: randomRecordId(random),
      scope: facility,
      author: randomPerson(random),
      device: v.parse(DeviceIdSchema, uuidV7(1, random)),
      at: now,
      random,
    };
  });

  const write = <C extends CollectionName>(local: LocalWrite<C>): Promise<RecordOf<C>> =>
    replica.transact((transaction) => recordLocalWrite(transaction, local));
  const pending = () => replica.outbox.pendingOf('patients', patient.id);
  const acceptAll = () =>
    replica.transact((transaction) => {
      for (const row of transaction.outbox.pending(100)) transaction.outbox.accept(row.op, 1, now);
    });

  it('stores the record with its provenance and appends it for the center', async () => {
    const body = randomPatient(random);
    const record = await write({ ...patient, body, enteredLate: 'no power' });
    expect(v.is(recordSchemas.patients, record)).toBe(true);
    expect(record).toMatchObject({
      capturedAt: now,
      author: patient.author,
      enteredLate: 'no power',
      scope: facility,
      body,
    });
    expect(replica.get('patients', patient.id)).toEqual(record);
    const [row] = pending();
    expect(row).toMatchObject({ record, baseRev: null, lane: 1, at: now, state: 'pending' });
    if (row === undefined) throw new Error('no row');
    expect(record.rev).toBe(revisionOf(row.op, null, 'patients', record));
    expect(replica.sync.shadow('patients', patient.id)).toBeUndefined();
  });

  it('builds on the row before while that is unsent', async () => {
    const first = await write({ ...patient, body: randomPatient(random) });
    const second = await write({ ...patient, body: randomPatient(random) });
    expect(pending().map((row) => row.baseRev)).toEqual([null, first.rev]);
    expect(versionOf(second.rev)).toBe(2);
    expect(second.hlc > first.hlc).toBe(true);
    expect(replica.sync.shadow('patients', patient.id)).toBeUndefined();
  });

  it('keeps the version of the center as shadow at the first edit on it, and only then', async () => {
    const first = await write({ ...patient, body: randomPatient(random) });
    await acceptAll();
    await write({ ...patient, body: randomPatient(random) });
    await write({ ...patient, body: randomPatient(random) });
    expect(replica.sync.shadow('patients', patient.id)).toEqual(first);
    expect(pending()[0]?.baseRev).toBe(first.rev);
  });

  it('leaves a record in the facility it belongs to', async () => {
    const elsewhere = v.parse(ScopeSchema, 'TAS000002');
    await write({ ...patient, scope: elsewhere, body: randomPatient(random) });
    const second = await write({ ...patient, body: randomPatient(random) });
    expect(second.scope).toBe(elsewhere);
  });

  it('does not build on a version the center has in quarantine (PUSH-8)', async () => {
    await write({ ...patient, body: randomPatient(random) });
    await replica.transact((transaction) => {
      for (const row of transaction.outbox.pending(1))
        transaction.outbox.quarantine(row.op, 'sync.record-refused');
    });
    await write({ ...patient, body: randomPatient(random) });
    expect(pending().map((row) => row.baseRev)).toEqual([null]);
  });

  it('leaves nothing behind when the transaction fails', async () => {
    const failing = replica.transact((transaction) => {
      recordLocalWrite(transaction, { ...patient, body: randomPatient(random) });
      throw new Error('the action failed');
    });
    await expect(failing).rejects.toThrow('the action failed');
    expect(replica.get('patients', patient.id)).toBeUndefined();
    expect(pending()).toEqual([]);
    expect(replica.settings.get('sync.hlc')).toBeUndefined();
  });
});
