import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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
      expect(replica.outbox.counts()).toEqual({
        pending: 3,
        aside: 0,
        quarantined: 0,
        oldestPendingAt: now,
      });
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
      expect(replica.outbox.hasAccepted('patients', id)).toBe(true);
      expect(replica.outbox.hasAccepted('visits', id)).toBe(false);
      expect(replica.outbox.hasAccepted('patients', randomRecordId(random))).toBe(false);
      const elsewhere = v.parse(ScopeSchema, 'TAS000002');
      await replica.transact(({ outbox }) => outbox.forgetThrough(elsewhere, 2, now + 9));
      await replica.transact(({ outbox }) => outbox.forgetThrough(facility, 2, now + 1));
      expect(replica.outbox.byState('accepted', 10)).toHaveLength(2);
      await replica.transact(({ outbox }) => outbox.forgetThrough(facility, 1, now + 9));
      expect(replica.outbox.byState('accepted', 10).map((row) => row.centerSeq)).toEqual([2]);
      await replica.transact(({ outbox }) => outbox.offerAgain());
      expect(replica.outbox.receipt('patients', id)).toBeNull();
      expect(replica.outbox.hasAccepted('patients', id)).toBe(false);
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

    it('puts superseded rows aside: still there to be sent, and no receipt tells of them (PUSH-13)', async () => {
      const id = randomRecordId(random);
      const [, , newest] = [await writePatient(id), await writePatient(id), await writePatient(id)];
      const [first, second, third] = replica.outbox.pending(3);
      if (first === undefined || second === undefined || third === undefined) throw new Error('no rows');
      await replica.transact(({ outbox }) => outbox.supersede([second.op, first.op]));
      await replica.transact(({ outbox }) => outbox.supersede([second.op]));
      const aside = [first, second].map((row) => ({ ...row, isAside: true }));
      const check = () => {
        expect(replica.outbox.asides(9)).toEqual(aside);
        expect(replica.outbox.asides(1)).toEqual(aside.slice(0, 1));
        expect(replica.outbox.pending(9)).toEqual([third]);
        expect(replica.outbox.pendingOf('patients', id)).toEqual([third]);
        expect(replica.outbox.counts()).toMatchObject({ pending: 1, aside: 2, oldestPendingAt: now });
      };
      check();
      replica = await opened.reopen();
      check();

      await replica.transact(({ outbox }) => outbox.accept(second.op, 1, now + 1));
      expect(replica.outbox.receipt('patients', id)).toBeNull();
      await replica.transact(({ outbox }) => outbox.accept(third.op, 2, now + 2));
      const receipt = { rev: newest.rev, at: now + 2 };
      expect(replica.outbox.receipt('patients', id)).toEqual(receipt);
      await replica.transact(({ outbox }) => outbox.accept(first.op, 3, now + 3));
      expect(replica.outbox.receipt('patients', id)).toEqual(receipt);
      expect(replica.outbox.counts()).toEqual({
        pending: 0,
        aside: 0,
        quarantined: 0,
        oldestPendingAt: null,
      });
      expect(replica.outbox.byState('accepted', 9).map((row) => row.isAside)).toEqual([true, true, false]);

      await replica.transact(({ outbox }) => outbox.offerAgain());
      check();
      expect(replica.outbox.receipt('patients', id)).toBeNull();
      await replica.transact(({ outbox }) => {
        for (const [index, row] of [first, second, third].entries()) outbox.accept(row.op, index, now + 5);
        outbox.forgetThrough(facility, 9, now + 6);
      });
      expect(replica.outbox.byState('accepted', 9)).toEqual([]);
      expect(replica.outbox.receipt('patients', id)).toEqual({ rev: newest.rev, at: now + 5 });
    });

    it('keeps the receipt of the write before, if the newest was put aside for nothing', async () => {
      const id = randomRecordId(random);
      const first = await writePatient(id);
      await acceptFirst(1);
      await writePatient(id);
      expect(replica.outbox.receipt('patients', id)).toBeNull();
      await replica.transact(({ outbox }) =>
        outbox.supersede(outbox.pendingOf('patients', id).map((row) => row.op)),
      );
      expect(replica.outbox.receipt('patients', id)).toEqual({ rev: first.rev, at: now + 1 });
    });

    it('lists revisions by id in pages, and those of shadows', async () => {
      const ids = Array.from({ length: 7 }, () => randomRecordId(random)).sort();
      const visit = await writeVisit(randomRecordId(random));
      const revs = new Map<RecordId, string>();
      for (const id of [...ids].reverse()) revs.set(id, (await writePatient(id)).rev);
      const [edited] = ids;
      if (edited === undefined) throw new Error('no id');
      const before = replica.get('patients', edited);
      revs.set(edited, (await writePatient(edited)).rev);
      const expected = ids.map((id) => ({ id, rev: revs.get(id) }));
      expect(replica.revisions('patients', null, 3)).toEqual(expected.slice(0, 3));
      expect(replica.revisions('patients', ids[2] ?? null, 100)).toEqual(expected.slice(3));
      expect(replica.revisions('patients', ids[6] ?? null, 3)).toEqual([]);
      expect(replica.revisions('visits', null, 3)).toEqual([{ id: visit.id, rev: visit.rev }]);
      expect(replica.sync.shadows()).toEqual([]);
      await replica.transact((transaction) => {
        if (before !== undefined) transaction.sync.setShadow('patients', before);
        transaction.sync.setShadow('visits', visit);
        expect(transaction.revisions('patients', null, 1)).toEqual(expected.slice(0, 1));
        expect(transaction.sync.shadows()).toHaveLength(2);
      });
      expect(replica.sync.shadows()).toEqual([
        { collection: 'patients', id: edited, rev: before?.rev },
        { collection: 'visits', id: visit.id, rev: visit.rev },
      ]);
    });

    it('takes a record off, and everything that tells of it, but not what is still to be sent', async () => {
      const [id, other] = [randomRecordId(random), randomRecordId(random)];
      const stays = await writePatient(other);
      const record = await writePatient(id);
      await expect(replica.transact((transaction) => transaction.remove('patients', id))).rejects.toThrow(
        'unsent edits',
      );
      await acceptFirst(1);
      await acceptFirst(2);
      await writePatient(id);
      await replica.transact(({ outbox, sync }) => {
        outbox.supersede(outbox.pendingOf('patients', id).map((row) => row.op));
        sync.setShadow('patients', record);
      });
      const told: (readonly RecordId[])[] = [];
      const end = replica.live('patients', {}, (records) => told.push(records.map((each) => each.id)));
      await vi.waitUntil(() => told.length > 0);
      const notices: CommitNotice[] = [];
      replica.onCommit((notice) => notices.push(notice));

      const failing = replica.transact((transaction) => {
        transaction.remove('patients', id);
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      expect(replica.get('patients', id)?.id).toBe(id);
      await replica.transact((transaction) => {
        transaction.remove('patients', id);
        expect(transaction.get('patients', id)).toBeUndefined();
      });
      expect(told.map((ids) => [...ids].sort())).toEqual([[id, other].sort(), [other]]);
      expect(notices).toMatchObject([{ records: [{ collection: 'patients', id }] }]);
      // It may come back while the screen still shows the list, and go again.
      await replica.transact((transaction) => transaction.put('patients', record));
      expect(told.at(-1)).toHaveLength(2);
      await replica.transact((transaction) => transaction.remove('patients', id));
      expect(told.at(-1)).toEqual([other]);
      await replica.transact((transaction) => {
        transaction.put('patients', record);
        transaction.remove('patients', id);
      });
      expect(told.at(-1)).toEqual([other]);
      end();
      for (const restart of [false, true]) {
        if (restart) replica = await opened.reopen();
        expect(replica.get('patients', id)).toBeUndefined();
        expect(replica.find('patients', {})).toEqual([stays]);
        expect(replica.revisions('patients', null, 9)).toEqual([{ id: other, rev: stays.rev }]);
        expect(replica.sync.shadow('patients', id)).toBeUndefined();
        expect(replica.outbox.receipt('patients', id)).toBeNull();
        expect(replica.outbox.receipt('patients', other)?.rev).toBe(stays.rev);
        expect(replica.outbox.asides(9).map((row) => row.record.id)).toEqual([id]);
      }
      // The record may come back, and what never was here may be taken off.
      await replica.transact((transaction) => {
        transaction.remove('patients', randomRecordId(random));
        transaction.put('patients', record);
      });
      expect(replica.get('patients', id)).toEqual(record);
    });

    it('keeps fields that only a newer program knows (VER-5)', async () => {
      const record = await writePatient(randomRecordId(random));
      const newer = { ...record, ward: 'B2', body: { ...record.body, tribe: { name: 'x' } } };
      await replica.transact((transaction) => {
        transaction.put('patients', newer);
        transaction.sync.setShadow('patients', newer);
      });
      for (const restart of [false, true]) {
        if (restart) replica = await opened.reopen();
        expect(replica.get('patients', record.id)).toEqual(newer);
        expect(replica.find('patients', {})).toEqual([newer]);
        expect(replica.sync.shadow('patients', record.id)).toEqual(newer);
      }
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

    it('reads pending rows on from a row, and knows the newest', async () => {
      expect(replica.outbox.newestPending()).toBe(0);
      const ids = Array.from({ length: 6 }, () => randomRecordId(random));
      for (const id of ids) await (id === ids[3] ? writeVisit(id) : writePatient(id));
      const all = replica.outbox.pending(10);
      expect(replica.outbox.newestPending()).toBe(Math.max(...all.map(({ seq }) => seq)));
      expect(replica.outbox.pending(3, all[1])).toEqual(all.slice(2, 5));
      expect(replica.outbox.pending(9, all[4])).toEqual(all.slice(5));
      expect(replica.outbox.pending(9, all[5])).toEqual([]);
      await acceptFirst(1);
      expect(replica.outbox.pending(9, all[1])).toEqual(all.slice(2));
    });

    it('accepts many rows at once as one by one', async () => {
      const [first, second, third] = [randomRecordId(random), randomRecordId(random), randomRecordId(random)];
      for (const id of [first, second, first, third]) await writePatient(id);
      const rows = replica.outbox.pending(9);
      const accepted = [rows[0], rows[1], rows[3]].flatMap((row, index) =>
        row === undefined ? [] : [{ row, centerSeq: 7 + index, at: now + index }],
      );
      const stillPending = await replica.transact(({ outbox }) => outbox.acceptAll(accepted));
      expect(stillPending).toEqual([accepted[0]]);
      expect(replica.outbox.pending(9)).toEqual([rows[2]]);
      expect(
        replica.outbox
          .byState('accepted', 9)
          .map(({ op, centerSeq, acceptedAt }) => [op, centerSeq, acceptedAt]),
      ).toEqual(accepted.map(({ row, centerSeq, at }) => [row.op, centerSeq, at]));
      expect(replica.outbox.receipt('patients', first)).toBeNull();
      expect(replica.outbox.receipt('patients', second)).toEqual({
        rev: accepted[1]?.row.record.rev,
        at: now + 1,
      });
      expect(replica.outbox.receipt('patients', third)?.at).toBe(now + 2);
    });

    it('accepts rows put aside and older ones without a newer receipt going back', async () => {
      const id = randomRecordId(random);
      for (let write = 0; write < 3; write += 1) await writePatient(id);
      const [first, second, third] = replica.outbox.pending(9);
      if (first === undefined || second === undefined || third === undefined) throw new Error('no rows');
      await replica.transact(({ outbox }) => outbox.supersede([second.op]));
      await replica.transact(({ outbox }) => outbox.acceptAll([{ row: third, centerSeq: 3, at: now + 3 }]));
      const [aside] = replica.outbox.asides(1);
      if (aside === undefined) throw new Error('no aside');
      await replica.transact(({ outbox }) => outbox.acceptAll([{ row: aside, centerSeq: 4, at: now + 4 }]));
      await replica.transact(({ outbox }) => outbox.acceptAll([{ row: first, centerSeq: 5, at: now + 5 }]));
      expect(replica.outbox.receipt('patients', id)).toEqual({ rev: third.record.rev, at: now + 3 });
      expect(replica.outbox.counts()).toMatchObject({ pending: 0, aside: 0 });
    });

    it('removes many shadows at once, and no other', async () => {
      const ids = [randomRecordId(random), randomRecordId(random), randomRecordId(random)];
      const records = await Promise.all(ids.map(writePatient));
      await replica.transact(({ sync }) => {
        for (const record of records) sync.setShadow('patients', record);
      });
      await replica.transact(({ sync }) =>
        sync.removeShadows(ids.slice(0, 2).map((id) => ({ collection: 'patients', id }))),
      );
      expect(replica.sync.shadows().map(({ id }) => id)).toEqual(ids.slice(2));
      await replica.transact(({ sync }) => sync.removeShadows([]));
      expect(replica.sync.shadows()).toHaveLength(1);
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
