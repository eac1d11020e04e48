import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OpenReplica } from '#store/open-replica.ts';
import { type ReplicaUnderTest, replicaUnderTest } from './replica-under-test.ts';
import { draftOf, recordId, revision, visitRecord } from './sample-records.ts';

let tested: ReplicaUnderTest;
let replica: OpenReplica;
beforeEach(async () => {
  tested = replicaUnderTest();
  replica = await tested.open();
});
afterEach(() => tested.remove());

describe('the outbox', () => {
  const ops = (rows: readonly { readonly op: string }[]) => rows.map(({ op }) => Number(op.slice(-12)));
  const append = (...drafts: readonly ReturnType<typeof draftOf>[]) =>
    replica.transact(({ outbox }) => {
      for (const draft of drafts) outbox.append(draft);
    });

  it('gives lanes in order, and one record in order of writing', async () => {
    await append(
      draftOf(1, visitRecord(1), 2),
      draftOf(2, visitRecord(2), 1),
      draftOf(3, visitRecord(3), 3),
      draftOf(4, visitRecord(1), 0),
      draftOf(5, visitRecord(4), 0),
    );
    expect(ops(replica.outbox.pending(10))).toEqual([1, 4, 5, 2, 3]);
    expect(ops(replica.outbox.pending(2))).toEqual([1, 4]);
    expect(replica.outbox.pending(10).map(({ lane }) => lane)).toEqual([2, 0, 0, 1, 3]);
    expect(ops(replica.outbox.pendingOf('visits', recordId(1)))).toEqual([1, 4]);
    expect(replica.outbox.counts()).toEqual({
      pending: 5,
      aside: 0,
      quarantined: 0,
      oldestPendingAt: 1_760_000_000_001,
    });
  });

  it('gives rows back as they were written', async () => {
    const draft = { ...draftOf(1, visitRecord(1)), supersedes: [draftOf(8, visitRecord(1)).op] };
    await append(draft);
    // The record is made of the text when it is asked for.
    expect(replica.outbox.pending(1).map((row) => ({ ...row, utf8: row.utf8, record: row.record }))).toEqual([
      {
        ...draft,
        id: draft.record.id,
        rev: draft.record.rev,
        utf8: Buffer.from(JSON.stringify(draft.record)),
        isAside: false,
        seq: 1,
        state: 'pending',
        centerSeq: null,
        acceptedAt: null,
        refusal: null,
      },
    ]);
  });

  // PUSH-4
  it('accepts rows at once whatever order the center took them in, and none between them', async () => {
    const numbers = Array.from({ length: 60 }, (_unused, index) => index + 1);
    await append(...numbers.map((number) => draftOf(number, visitRecord(number))));
    const placeOf = (seq: number): { readonly centerSeq: number; readonly at: number } | undefined => {
      if (seq === 20 || seq === 45) return undefined;
      if (seq > 50) return { centerSeq: Number.MAX_SAFE_INTEGER - seq, at: 90 };
      return { centerSeq: seq > 30 ? 200 + seq : 100 + seq, at: seq < 38 ? 70 : 80 };
    };
    const acceptances = replica.outbox.pending(99).flatMap((row) => {
      const place = placeOf(row.seq);
      return place === undefined ? [] : [{ row, ...place }];
    });
    const later = draftOf(61, visitRecord(33, { version: 2 }));
    await append(later);
    const stillPending = await replica.transact(({ outbox }) => outbox.acceptAll(acceptances));
    expect(stillPending.map(({ row }) => row.seq)).toEqual([33]);
    expect(replica.outbox.pending(99).map(({ seq }) => seq)).toEqual([20, 45, 61]);
    const accepted = replica.outbox.byState('accepted', 99);
    expect(accepted.map(({ seq, centerSeq, acceptedAt }) => ({ seq, centerSeq, at: acceptedAt }))).toEqual(
      acceptances.map(({ row, centerSeq, at }) => ({ seq: row.seq, centerSeq, at })),
    );
  });

  it('follows a row from pending to accepted to forgotten, and keeps the receipt', async () => {
    const [first, second] = [draftOf(1, visitRecord(1)), draftOf(2, visitRecord(1, { version: 2 }))];
    await append(first, second);
    expect(replica.outbox.receipt('visits', recordId(1))).toBeNull();
    await replica.transact(({ outbox }) => outbox.accept(first.op, 7, 70));
    expect(replica.outbox.receipt('visits', recordId(1))).toBeNull();
    await replica.transact(({ outbox }) => outbox.accept(second.op, 8, 80));
    expect(replica.outbox.receipt('visits', recordId(1))).toEqual({ rev: revision(2), at: 80 });
    expect(replica.outbox.byState('accepted', 9)).toMatchObject([
      { op: first.op, centerSeq: 7, acceptedAt: 70 },
      { op: second.op, centerSeq: 8, acceptedAt: 80 },
    ]);
    await replica.transact(({ outbox }) => outbox.forgetThrough(first.record.scope, 7, 90));
    expect(ops(replica.outbox.byState('accepted', 9))).toEqual([2]);
    await replica.transact(({ outbox }) => outbox.forgetThrough(first.record.scope, 99, 80));
    expect(ops(replica.outbox.byState('accepted', 9))).toEqual([2]);
    await replica.transact(({ outbox }) => outbox.forgetThrough(first.record.scope, 99, 81));
    expect(replica.outbox.byState('accepted', 9)).toEqual([]);
    expect(replica.outbox.receipt('visits', recordId(1))).toEqual({ rev: revision(2), at: 80 });
  });

  it('offers accepted rows again after the center lost them', async () => {
    const draft = draftOf(1, visitRecord(1));
    await append(draft, draftOf(2, visitRecord(2)));
    await replica.transact(({ outbox }) => outbox.accept(draft.op, 7, 70));
    await replica.transact(({ outbox }) => outbox.offerAgain());
    expect(ops(replica.outbox.pending(9))).toEqual([1, 2]);
    expect(replica.outbox.receipt('visits', recordId(1))).toBeNull();
  });

  it('quarantines and supersedes', async () => {
    await append(draftOf(1, visitRecord(1)), draftOf(2, visitRecord(2)), draftOf(3, visitRecord(3)));
    await replica.transact(({ outbox }) => {
      outbox.quarantine(draftOf(1, visitRecord(1)).op, 'sync.record-refused');
      outbox.supersede([draftOf(2, visitRecord(2)).op, draftOf(1, visitRecord(1)).op]);
    });
    expect(ops(replica.outbox.pending(9))).toEqual([3]);
    expect(replica.outbox.byState('quarantined', 9)).toMatchObject([
      { refusal: 'sync.record-refused', isAside: false },
    ]);
    expect(ops(replica.outbox.asides(9))).toEqual([2]);
    expect(replica.outbox.counts()).toMatchObject({ pending: 1, aside: 1, quarantined: 1 });
  });

  it('numbers rows densely over failed actions, and never twice', async () => {
    await append(draftOf(1, visitRecord(1)));
    await replica
      .transact(({ outbox }) => {
        outbox.append(draftOf(2, visitRecord(2)));
        throw new Error('stop');
      })
      .catch(() => undefined);
    await replica.transact(({ outbox }) => outbox.supersede([draftOf(1, visitRecord(1)).op]));
    await append(draftOf(3, visitRecord(3)));
    expect(replica.outbox.pending(9).map(({ seq }) => seq)).toEqual([2]);
  });

  it('cannot be written outside an action', () => {
    const { outbox } = replica;
    expect(() => {
      if ('append' in outbox && typeof outbox.append === 'function')
        outbox.append(draftOf(1, visitRecord(1)));
    }).toThrow('only an action writes');
  });
});
