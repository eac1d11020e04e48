import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommitNotice, ReplicaTransaction } from '#clinic/ports/replica.ts';
import { envelope, maxRecordLength } from '#contracts/records/record.ts';
import type { OpenReplica } from '#store/open-replica.ts';
import { type ReplicaUnderTest, replicaUnderTest } from './replica-under-test.ts';
import { draftOf, patientRecord, recordId, visitRecord } from './sample-records.ts';

let tested: ReplicaUnderTest;
let replica: OpenReplica;
beforeEach(async () => {
  tested = replicaUnderTest();
  replica = await tested.open();
});
afterEach(() => tested.remove());

const auditEntry = { at: 1, person: null, action: 'test', collection: null, record: null } as const;

/** What an action leaves behind, all of it. */
function footprint(of: OpenReplica): unknown {
  return {
    patients: of.find('patients', {}),
    visits: of.find('visits', {}),
    hits: of.searchPatients('Karimova', 10),
    outbox: of.outbox.pending(100),
    shadow: of.sync.shadow('visits', recordId(1)),
    checkpoint: of.sync.checkpoint(visitRecord(1).scope, 1),
    setting: of.settings.get('ticket'),
    audit: of.verifyAudit(),
  };
}

const utf8Of = (record: object): Uint8Array => Buffer.from(JSON.stringify(record));

const steps: readonly ((transaction: ReplicaTransaction) => void)[] = [
  (transaction) => transaction.put('patients', patientRecord(10)),
  (transaction) => transaction.put('visits', visitRecord(1, { version: 2, reason: 'changed' })),
  (transaction) => transaction.put('visits', visitRecord(2)),
  (transaction) => transaction.putReceived('visits', visitRecord(3), utf8Of(visitRecord(3))),
  (transaction) => void transaction.insertReceived('visits', visitRecord(7), utf8Of(visitRecord(7))),
  (transaction) => transaction.outbox.append(draftOf(101, visitRecord(1))),
  (transaction) => transaction.outbox.accept(draftOf(100, visitRecord(1)).op, 5, 9),
  (transaction) => transaction.sync.setShadow('visits', visitRecord(1)),
  (transaction) => transaction.sync.setCheckpoint(visitRecord(1).scope, 1, { epoch: 'e', seq: 4 }),
  (transaction) => transaction.settings.set('ticket', 'new'),
  (transaction) => transaction.audit(auditEntry),
];

describe('one action', () => {
  beforeEach(() =>
    replica.transact((transaction) => {
      transaction.put('visits', visitRecord(1));
      transaction.outbox.append(draftOf(100, visitRecord(1)));
      transaction.audit(auditEntry);
    }),
  );

  it.each(Array.from({ length: steps.length + 1 }, (_, position) => position))(
    'leaves nothing when it throws after step %i',
    async (stepsDone) => {
      const before = footprint(replica);
      const told: unknown[] = [];
      replica.onCommit((notice) => told.push(notice));
      const work = replica.transact((transaction) => {
        for (const step of steps.slice(0, stepsDone)) step(transaction);
        throw new RangeError('in the middle');
      });
      await expect(work).rejects.toThrow('in the middle');
      expect(footprint(replica)).toEqual(before);
      expect(told).toEqual([]);
      await replica.close();
      replica = await tested.open();
      expect(footprint(replica)).toEqual(before);
    },
  );

  it('leaves nothing when the search index fails', async () => {
    const before = footprint(replica);
    const work = replica.transact((transaction) => {
      transaction.put('visits', visitRecord(3));
      transaction.put('patients', patientRecord(11, 'Karimova', 'index fails'));
    });
    await expect(work).rejects.toThrow('the index fails');
    expect(footprint(replica)).toEqual(before);
  });

  it('keeps everything when it ends well, also after reopening', async () => {
    const before = footprint(replica);
    await replica.transact((transaction) => {
      for (const step of steps) step(transaction);
    });
    const after = footprint(replica);
    expect(after).not.toEqual(before);
    expect(after).toMatchObject({
      setting: 'new',
      audit: { entries: 2, firstBroken: null },
      hits: [{ id: recordId(10) }],
    });
    await replica.close();
    replica = await tested.open();
    expect(footprint(replica)).toEqual(after);
  });

  it('reads its own writes', async () => {
    const read = await replica.transact((transaction) => {
      transaction.put('visits', visitRecord(4, { reason: 'own' }));
      return [transaction.get('visits', recordId(4))?.body.reason, transaction.count('visits', {})];
    });
    expect(read).toEqual(['own', 2]);
  });

  it('refuses a record that does not fit its schema', async () => {
    const work = replica.transact((transaction) =>
      transaction.put('visits', { ...visitRecord(5), hlc: 'yesterday' as never }),
    );
    await expect(work).rejects.toThrow('not a record of visits');
    expect(replica.get('visits', recordId(5))).toBeUndefined();
  });

  it('keeps received records of any length as they came, in one action', async () => {
    // Fields that only a newer program knows.
    const received = [0, 900, 3, 20_000, 5].map((length, index) =>
      Object.assign(visitRecord(20 + index), { newer: 'ʻ'.repeat(length) }),
    );
    const changed = visitRecord(21, { version: 2, reason: 'changed' });
    await replica.transact((transaction) => {
      for (const record of [...received, changed]) transaction.putReceived('visits', record, utf8Of(record));
    });
    for (const record of received) {
      expect(replica.get('visits', record.id)).toEqual(record.id === changed.id ? changed : record);
    }
  });

  it('finds a patient who was inserted as received', async () => {
    const patient = patientRecord(10);
    const find = () => replica.searchPatients('Karimova', 5).map(({ id }) => id);
    const before = find();
    await replica.transact((transaction) => {
      expect(transaction.insertReceived('patients', patient, utf8Of(patient))).toBe(true);
    });
    expect(before).toEqual([]);
    expect(find()).toEqual([patient.id]);
  });

  it('refuses a received record that is too long', async () => {
    const tooLong = replica.transact((transaction) =>
      transaction.putReceived('visits', visitRecord(2), new Uint8Array(maxRecordLength + 1)),
    );
    await expect(tooLong).rejects.toThrow('too long');
    expect(replica.get('visits', recordId(2))).toBeUndefined();
  });

  it('refuses to write late or asynchronously', async () => {
    let late: ReplicaTransaction | undefined;
    await replica.transact((transaction) => {
      late = transaction;
    });
    expect(() => late?.put('visits', visitRecord(6))).toThrow('the action is over');
    const work = replica.transact(async (transaction) => transaction.put('visits', visitRecord(6)));
    await expect(work).rejects.toThrow('not asynchronous');
    expect(replica.get('visits', recordId(6))).toBeUndefined();
  });

  it('keeps every field of the envelope', async () => {
    const record = { ...visitRecord(7), enteredLate: 'power cut' };
    await replica.transact((transaction) => transaction.put('visits', record));
    expect(replica.get('visits', recordId(7))).toEqual(record);
    expect(Object.keys(record).sort()).toEqual([...Object.keys(envelope), 'body'].sort());
  });
});

describe('finding', () => {
  beforeEach(() =>
    replica.transact((transaction) => {
      for (let number = 0; number < 20; number += 1) {
        transaction.put(
          'visits',
          visitRecord(number, { day: `2026-03-0${1 + (number % 4)}`, patient: number % 3 }),
        );
      }
    }),
  );
  const found = (query: Parameters<typeof replica.find>[1]) =>
    replica.find('visits', query).map(({ id }) => Number(id.slice(-12)));

  it('filters, sorts and limits', () => {
    expect(found({ equals: { 'body.day': '2026-03-02' } })).toEqual([1, 5, 9, 13, 17]);
    expect(
      found({
        range: { path: 'body.day', atLeast: '2026-03-03', below: '2026-03-04' },
        orderBy: [{ path: 'capturedAt', direction: 'desc' }],
        limit: 3,
      }),
    ).toEqual([18, 14, 10]);
    expect(found({ equals: { scope: 'TST000001' }, limit: 2 })).toEqual([0, 1]);
    expect(replica.count('visits', { equals: { 'body.day': '2026-03-02' } })).toBe(5);
    expect(replica.count('visits', { limit: 7 })).toBe(7);
  });

  it('refuses a path without an index', () => {
    expect(() => replica.find('visits', { equals: { 'body.reason': 'x' } })).toThrow('not indexed');
  });
});

describe('live queries and notices', () => {
  const numbersOf = (records: readonly { readonly id: string }[]) =>
    records.map(({ id }) => Number(id.slice(-12)));

  it('tell the present answer, and every change before the action resolves', async () => {
    await replica.transact((transaction) => transaction.put('visits', visitRecord(1)));
    const told: number[][] = [];
    const query = {
      equals: { 'body.day': '2026-03-01' },
      orderBy: [{ path: 'capturedAt', direction: 'desc' }],
    } as const;
    const end = replica.live('visits', query, (records) => told.push(numbersOf(records)));
    await replica.transact((transaction) => transaction.put('visits', visitRecord(2)));
    expect(told.at(-1)).toEqual([2, 1]);
    await replica.transact((transaction) => {
      transaction.put('visits', visitRecord(3));
      transaction.put('visits', visitRecord(1, { day: '2026-03-02', version: 2 }));
    });
    expect(told.at(-1)).toEqual([3, 2]);
    const soFar = told.length;
    await replica.transact((transaction) => transaction.put('visits', visitRecord(4, { day: '2026-04-01' })));
    await replica.transact((transaction) => transaction.put('patients', patientRecord(5)));
    expect(told.length).toBe(soFar);
    end();
    await replica.transact((transaction) => transaction.put('visits', visitRecord(6)));
    expect(told.length).toBe(soFar);
  });

  it('tell a limited answer after each of many commits', async () => {
    const told: number[][] = [];
    const query = { orderBy: [{ path: 'capturedAt', direction: 'desc' }], limit: 3 } as const;
    replica.live('visits', query, (records) => told.push(numbersOf(records)));
    for (let number = 0; number < 12; number += 1) {
      await replica.transact((transaction) => transaction.put('visits', visitRecord(number)));
      expect(told.at(-1)).toEqual([number, number - 1, number - 2].filter((part) => part >= 0));
    }
  });

  it('tell whole records without what RxDB adds', async () => {
    const told: unknown[] = [];
    replica.live('visits', {}, (records) => told.push(...records));
    await replica.transact((transaction) => transaction.put('visits', visitRecord(1)));
    expect(told.at(-1)).toEqual(visitRecord(1));
  });

  it('give notice after the commit, of what it touched', async () => {
    const notices: CommitNotice[] = [];
    const reasons: unknown[] = [];
    replica.onCommit((notice) => {
      notices.push(notice);
      reasons.push(replica.get('visits', recordId(1))?.body.reason);
    });
    await replica.transact((transaction) => {
      transaction.put('visits', visitRecord(1));
      transaction.put('visits', visitRecord(1, { reason: 'twice' }));
      transaction.outbox.append(draftOf(100, visitRecord(1)));
    });
    await replica.transact((transaction) => transaction.settings.set('a', 'b'));
    expect(reasons).toEqual(['twice', 'twice']);
    expect(notices).toEqual([
      { records: [{ collection: 'visits', id: recordId(1) }], outboxChanged: true, settingsChanged: false },
      { records: [], outboxChanged: false, settingsChanged: true },
    ]);
  });

  it('work in many replicas of one process at once', async () => {
    const others = Array.from({ length: 6 }, () => replicaUnderTest());
    const opened = await Promise.all(others.map((other) => other.open()));
    const told = opened.map(() => 0);
    for (const [position, other] of opened.entries()) {
      other.live('visits', {}, (records) => {
        told[position] = records.length;
      });
    }
    for (const other of opened)
      await other.transact((transaction) => transaction.put('visits', visitRecord(1)));
    expect(told).toEqual([1, 1, 1, 1, 1, 1]);
    for (const other of others) await other.remove();
  });
});

it('STO-3: a listener that throws makes no durable write look as if it had failed', async () => {
  const told: CommitNotice[] = [];
  replica.onCommit(() => {
    throw new Error('a listener failed');
  });
  replica.onCommit((notice) => told.push(notice));
  const write = replica.transact((transaction) => transaction.put('visits', visitRecord(1)));
  await expect(write).resolves.toBeUndefined();
  expect(replica.get('visits', recordId(1))).toEqual(visitRecord(1));
  expect(told).toHaveLength(1);
});
