import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Replica } from '#clinic/ports/replica.ts';
import { DeviceIdSchema, type RecordId, type Revision, RevisionSchema } from '#contracts/ids.ts';
import { recordLocalWrite } from '#sync/local-write.ts';
import { versionOf } from '#sync/merge/revision.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import { randomPatient, randomPerson, randomRecordId } from './random-bodies.ts';
import type { ReplicaUnderTest } from './replica-suite.ts';
import { facility } from './sync-world.ts';

const now = 1_800_000_000_000;
const revisionAfter = (rev: Revision): Revision =>
  v.parse(RevisionSchema, `${versionOf(rev) + 1}-${'a'.repeat(32)}`);

/** What the center sends is kept as it came, and what it received is told; runs on every implementation of the port. */
export function describeReplicaBesideCenter(name: string, open: () => Promise<ReplicaUnderTest>): void {
  describe(`replica beside its center: ${name}`, () => {
    let opened: ReplicaUnderTest;
    let replica: Replica;
    let random: SeededRandom;
    beforeEach(async () => {
      opened = await open();
      replica = opened.replica;
      random = new SeededRandom(5);
    });
    afterEach(() => opened.remove());

    const writePatient = (id: RecordId) =>
      replica.transact((transaction) =>
        recordLocalWrite(transaction, {
          scope: facility,
          author: randomPerson(random),
          device: v.parse(DeviceIdSchema, uuidV7(1, random)),
          at: now,
          random,
          collection: 'patients',
          id,
          body: randomPatient(random),
        }),
      );
    const acceptFirst = (centerSeq: number) =>
      replica.transact(({ outbox }) => {
        const [row] = outbox.pending(1);
        if (row !== undefined) outbox.accept(row.op, centerSeq, now + centerSeq);
      });

    it('stores a received record as its text says, new and over another, and tells of it', async () => {
      const id = randomRecordId(random);
      const first = await writePatient(id);
      const text = (record: object) =>
        Buffer.from(`${JSON.stringify(record).slice(0, -1)},"later":"ўзбек, 😀"}`);
      const received = { ...first, rev: revisionAfter(first.rev), later: 'ўзбек, 😀' };
      const other = { ...received, id: randomRecordId(random) };
      const told: (readonly unknown[])[] = [];
      const end = replica.live('patients', {}, (records) => told.push(records));
      await vi.waitFor(() => expect(told).toEqual([[first]]));
      await replica.transact((transaction) => {
        for (const record of [received, other]) {
          const { later: _later, ...known } = record;
          transaction.putReceived('patients', record, text(known));
        }
        expect(transaction.get('patients', id)).toEqual(received);
      });
      const both = [received, other].sort((left, right) => (left.id < right.id ? -1 : 1));
      expect(told.at(-1)).toEqual(both);
      end();
      for (const restart of [false, true]) {
        if (restart) replica = await opened.reopen();
        expect(replica.find('patients', {})).toEqual(both);
        expect(replica.revisions('patients', null, 9)).toEqual(
          both.map((each) => ({ id: each.id, rev: each.rev })),
        );
      }
    });

    it('inserts a received record only where none with its id is, and tells of it', async () => {
      const first = await writePatient(randomRecordId(random));
      const changed = { ...first, rev: revisionAfter(first.rev), scope: 'TRN000777' as never };
      const fresh = { ...first, id: randomRecordId(random) };
      const text = (record: object) => Buffer.from(JSON.stringify(record));
      const noticed: (readonly unknown[])[] = [];
      const end = replica.onCommit(({ records }) => noticed.push(records));
      const inserted = await replica.transact((transaction) =>
        [changed, fresh, changed, fresh].map((each) =>
          transaction.insertReceived('patients', each, text(each)),
        ),
      );
      expect(inserted).toEqual([false, true, false, false]);
      expect(noticed).toEqual([[{ collection: 'patients', id: fresh.id }]]);
      expect(replica.get('patients', first.id)).toEqual(first);
      expect(replica.get('patients', fresh.id)).toEqual(fresh);
      const again = { ...fresh, rev: changed.rev };
      await replica.transact((transaction) => {
        transaction.remove('patients', fresh.id);
        expect(transaction.insertReceived('patients', again, text(again))).toBe(true);
      });
      end();
      const stored = [first, again].sort((left, right) => (left.id < right.id ? -1 : 1));
      expect(replica.find('patients', {})).toEqual(stored);
      replica = await opened.reopen();
      expect(replica.find('patients', {})).toEqual(stored);
    });

    it('keeps the receipt of a write that the center lost and that was put aside then', async () => {
      const id = randomRecordId(random);
      const { rev } = await writePatient(id);
      await acceptFirst(1);
      await replica.transact(({ outbox }) => outbox.offerAgain());
      expect(replica.outbox.receipt('patients', id)).toBeNull();
      await replica.transact(({ outbox }) => outbox.supersede(outbox.pending(1).map(({ op }) => op)));
      expect(replica.outbox.receipt('patients', id)).toEqual({ rev, at: now + 1 });
    });

    it('tells of a write accepted after its record was taken off', async () => {
      const id = randomRecordId(random);
      const { rev } = await writePatient(id);
      const [row] = replica.outbox.pending(1);
      if (row === undefined) throw new Error('no row');
      await acceptFirst(1);
      await replica.transact((transaction) => transaction.remove('patients', id));
      expect(replica.outbox.receipt('patients', id)).toBeNull();
      await replica.transact(({ outbox }) => outbox.offerAgain());
      expect(replica.outbox.receipt('patients', id)).toBeNull();
      await replica.transact(({ outbox }) => outbox.acceptAll([{ row, centerSeq: 2, at: now + 2 }]));
      expect(replica.outbox.receipt('patients', id)).toEqual({ rev, at: now + 2 });
    });

    it('tells of no write while a later one is pending again, also of a record that was taken off', async () => {
      const id = randomRecordId(random);
      await writePatient(id);
      await writePatient(id);
      await acceptFirst(1);
      await acceptFirst(2);
      await replica.transact((transaction) => transaction.remove('patients', id));
      await replica.transact(({ outbox }) => outbox.offerAgain());
      const rev = replica.outbox.pending(2)[1]?.rev;
      await acceptFirst(3);
      expect(replica.outbox.receipt('patients', id)).toBeNull();
      await acceptFirst(4);
      expect(replica.outbox.receipt('patients', id)).toEqual({ rev, at: now + 4 });
    });
  });
}
