import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommitNotice, Replica } from '#clinic/ports/replica.ts';
import { DeviceIdSchema, type RecordId, ScopeSchema } from '#contracts/ids.ts';
import { recordLocalWrite } from '#sync/local-write.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import { randomPatient, randomPerson, randomRecordId, randomVisit } from './random-bodies.ts';
import { facility } from './sync-world.ts';

export interface ReplicaUnderTest {
  readonly replica: Replica;
  /** Closes and opens it again, as after a restart. */
  reopen(): Promise<Replica>;
  remove(): Promise<void>;
}

const now = 1_800_000_000_000;

/** What sync relies on in a replica beyond storing records; runs on every implementation of the port. */
export function describeReplicaForSync(name: string, open: () => Promise<ReplicaUnderTest>): void {
  describe(`replica for sync: ${name}`, () => {
    let opened: ReplicaUnderTest;
    let replica: Replica;
    let random: SeededRandom;
    beforeEach(async () => {
      opened = await open();
      replica = opened.replica;
      random = new SeededRandom(3);
    });
    afterEach(() => opened.remove());

    const writePatient = (id: RecordId) =>
      replica.transact((transaction) =>
        recordLocalWrite(transaction, {
          ...common(),
          collection: 'patients',
          id,
          body: randomPatient(random),
        }),
      );
    const writeVisit = (id: RecordId) =>
      replica.transact((transaction) =>
        recordLocalWrite(transaction, { ...common(), collection: 'visits', id, body: randomVisit(random) }),
      );
    const common = () => ({
      scope: facility,
      author: randomPerson(random),
      device: v.parse(DeviceIdSchema, uuidV7(1, random)),
      at: now,
      random,
    });
    const acceptFirst = (centerSeq: number) =>
      replica.transact(({ outbox }) => {
        const [row] = outbox.pending(1);
        if (row !== undefined) outbox.accept(row.op, centerSeq, now + centerSeq);
      });

    it('keeps pending rows in order of writing, immutable, across a restart', async () => {
      const [first, second] = [randomRecordId(random), randomRecordId(random)];
      const records = [await writePatient(first), await writeVisit(second), await writePatient(first)];
      const before = replica.outbox.pending(10);
      expect(before.map((row) => row.record)).toEqual(records);
      expect(replica.outbox.pendingOf('patients', first).map((row) => row.record)).toEqual([
        records[0],
        records[2],
      ]);
      expect(replica.outbox.pending(2)).toEqual(before.slice(0, 2));
      expect(replica.outbox.counts()).toEqual({ pending: 3, quarantined: 0, oldestPendingAt: now });
      replica = await opened.reopen();
      expect(replica.outbox.pending(10)).toEqual(before);
      expect(replica.get('patients', first)).toEqual(records[2]);
    });

    it('tells when the newest write of a record was received, and not before', async () => {
      const id = randomRecordId(random);
      await writePatient(id);
      const newest = await writePatient(id);
      expect(replica.outbox.receipt('patients', id)).toBeNull();
      await acceptFirst(1);
      expect(replica.outbox.receipt('patients', id)).toBeNull();
      await acceptFirst(2);
      expect(replica.outbox.receipt('patients', id)).toEqual({ rev: newest.rev, at: now + 2 });
      expect(replica.outbox.byState('accepted', 10).map((row) => row.centerSeq)).toEqual([1, 2]);
      await replica.transact(({ outbox }) => outbox.forgetThrough(v.parse(ScopeSchema, 'TAS000002'), 2));
      await replica.transact(({ outbox }) => outbox.forgetThrough(facility, 1));
      expect(replica.outbox.byState('accepted', 10).map((row) => row.centerSeq)).toEqual([2]);
      await replica.transact(({ outbox }) => outbox.offerAgain());
      expect(replica.outbox.receipt('patients', id)).toBeNull();
      expect(replica.outbox.pendingOf('patients', id).map((row) => row.record)).toEqual([newest]);
    });

    it('takes quarantined and superseded rows out of the pending ones, and keeps the former', async () => {
      const id = randomRecordId(random);
      await writePatient(id);
      await writePatient(id);
      await writePatient(id);
      const [first, second] = replica.outbox.pending(3);
      if (first === undefined || second === undefined) throw new Error('no rows');
      await replica.transact(({ outbox }) => {
        outbox.quarantine(first.op, 'sync.record-refused');
        outbox.supersede([second.op]);
        expect(outbox.pendingOf('patients', id)).toHaveLength(1);
      });
      expect(replica.outbox.counts()).toMatchObject({ pending: 1, quarantined: 1 });
      expect(replica.outbox.byState('quarantined', 9)).toMatchObject([
        { op: first.op, refusal: 'sync.record-refused' },
      ]);
    });

    it('keeps shadows, checkpoints and settings, all or nothing with the rest', async () => {
      const id = randomRecordId(random);
      const record = await writePatient(id);
      await replica.transact(({ sync, settings }) => {
        sync.setShadow('patients', record);
        sync.setCheckpoint(facility, 1, { epoch: 'e', seq: 5 });
        settings.set('sync.epoch', 'e');
      });
      const failing = replica.transact(({ sync, settings, outbox }) => {
        sync.removeShadow('patients', id);
        sync.clearCheckpoints();
        settings.set('sync.epoch', 'f');
        outbox.supersede(outbox.pending(9).map((row) => row.op));
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      replica = await opened.reopen();
      expect(replica.sync.shadow('patients', id)).toEqual(record);
      expect(replica.sync.checkpoint(facility, 1)).toEqual({ epoch: 'e', seq: 5 });
      expect(replica.sync.checkpoint(facility, 2)).toBeUndefined();
      expect(replica.settings.get('sync.epoch')).toBe('e');
      expect(replica.outbox.counts().pending).toBe(1);
      await replica.transact(({ sync }) => {
        sync.removeShadow('patients', id);
        sync.clearCheckpoints();
      });
      expect(replica.sync.shadow('patients', id)).toBeUndefined();
      expect(replica.sync.checkpoint(facility, 1)).toBeUndefined();
    });

    it('tells of a commit before the action resolves', async () => {
      const notices: CommitNotice[] = [];
      const end = replica.onCommit((notice) => notices.push(notice));
      const id = randomRecordId(random);
      await writePatient(id);
      expect(notices).toMatchObject([{ records: [{ collection: 'patients', id }], outboxChanged: true }]);
      await replica.transact(({ sync }) => sync.setCheckpoint(facility, 1, { epoch: 'e', seq: 1 }));
      expect(notices[1]).toMatchObject({ records: [], outboxChanged: false });
      end();
      await writePatient(id);
      expect(notices).toHaveLength(2);
    });
  });
}
