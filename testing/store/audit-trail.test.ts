import { Database } from '@signalapp/sqlcipher';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditDraft } from '#clinic/ports/replica.ts';
import { DeviceIdSchema } from '#contracts/ids.ts';
import type { OpenReplica } from '#store/open-replica.ts';
import { chainHash, chainStart, namelessStart } from '#store/replica/audit-chain.ts';
import { entriesAboutSql } from '#store/replica/audit-reader.ts';
import { type ReplicaUnderTest, replicaUnderTest, testKey } from './replica-under-test.ts';
import { recordId } from './sample-records.ts';

const device = v.parse(DeviceIdSchema, '01a201c9-c5c7-7800-998a-c69e5c52d3a6');
const other = v.parse(DeviceIdSchema, '01a201c9-c5c7-7800-998a-c69e5c52d3a7');
const line = (at: number, more: Partial<AuditDraft> = {}): AuditDraft => ({
  at,
  person: null,
  action: 'view',
  collection: null,
  record: null,
  ...more,
});

let place: ReplicaUnderTest;
let replica: OpenReplica;
beforeEach(async () => {
  place = replicaUnderTest();
  replica = await place.open();
});
afterEach(async () => place.remove());

const write = (...lines: readonly AuditDraft[]) =>
  replica.transact((transaction) => {
    for (const each of lines) transaction.audit(each);
  });

describe('AUD-1: the chain', () => {
  it('begins with the device and covers every column', async () => {
    await replica.transact((transaction) => transaction.beginTrail(device, 1));
    await write(line(5, { reason: 'r', collection: 'visits', record: recordId(1), patient: recordId(2) }));
    const [first] = replica.auditTrail.after(0, 10);
    const entry = {
      seq: 1,
      at: 5,
      person: null,
      action: 'view',
      collection: 'visits',
      record: recordId(1),
      reason: 'r',
      patient: recordId(2),
    } as const;
    expect(first).toEqual({ entry, hash: chainHash(chainStart(device), entry) });
    expect(replica.auditTrail.start()).toEqual({ device, hash: chainStart(device) });
    expect(replica.verifyAudit()).toEqual({ entries: 1, firstBroken: null });
    for (const [name, changed] of Object.entries({
      seq: 2,
      at: 6,
      person: device,
      action: 'edit',
      collection: 'patients',
      record: recordId(3),
      reason: null,
      patient: null,
    })) {
      expect(chainHash(chainStart(device), { ...entry, [name]: changed }), name).not.toBe(first?.hash);
    }
    expect(chainHash(chainStart(other), entry)).not.toBe(first?.hash);
  });

  it('of a trail that has entries already goes on with one that names the device, once', async () => {
    await write(line(1));
    await replica.transact((transaction) => transaction.beginTrail(device, 2));
    await replica.transact((transaction) => transaction.beginTrail(other, 3));
    expect(replica.auditTrail.start()).toEqual({ device, hash: namelessStart });
    expect(replica.auditTrail.recent({ before: null, limit: 9 })).toMatchObject([
      { seq: 2, action: 'trail.begin', reason: device },
      { seq: 1, action: 'view' },
    ]);
    expect(replica.verifyAudit()).toEqual({ entries: 2, firstBroken: null });
  });

  it.each([
    ['patient', `UPDATE audit SET patient = NULL WHERE seq = 2`, 2],
    ['person', `UPDATE audit SET person = 'x' WHERE seq = 2`, 2],
    ['hash', `UPDATE audit SET hash = 'x' WHERE seq = 3`, 3],
    ['order', `UPDATE audit SET seq = 9 WHERE seq = 2`, 2],
    ['device', `UPDATE audit_start SET device = '${other}'`, 1],
    ['start', `UPDATE audit_start SET hash = '${'0'.repeat(64)}'`, 1],
  ])('shows a changed %s', async (_what, sql, firstBroken) => {
    await replica.transact((transaction) => transaction.beginTrail(device, 1));
    await write(...[1, 2, 3].map((at) => line(at, { patient: recordId(at) })));
    await replica.close();
    change(sql);
    replica = await place.open();
    expect(replica.verifyAudit().firstBroken).toBe(firstBroken);
  });
});

it('AUD-5: finds by index who saw a patient, newest first and page by page', async () => {
  await write(
    line(1, { collection: 'patients', record: recordId(1) }),
    line(2, { collection: 'visits', record: recordId(5), patient: recordId(1) }),
    line(3, { collection: 'patients', record: recordId(2) }),
    line(4, { collection: 'patients', record: recordId(1), patient: recordId(1) }),
  );
  const seqs = (before: number | null, limit: number) =>
    replica.auditTrail.of(recordId(1), { before, limit }).map(({ seq }) => seq);
  expect(seqs(null, 10)).toEqual([4, 2, 1]);
  expect(seqs(null, 2)).toEqual([4, 2]);
  expect(seqs(2, 2)).toEqual([1]);
  expect(replica.auditTrail.of(recordId(5), { before: null, limit: 5 }).map(({ seq }) => seq)).toEqual([2]);
  expect(replica.auditTrail.head()?.hash).toBe(replica.auditTrail.hashAt(4));
  expect(replica.auditTrail.hashAt(5)).toBeNull();
  const plan = explain();
  expect(plan).toContain('audit_record');
  expect(plan).toContain('audit_patient');
  expect(plan).not.toMatch(/SCAN audit\b/);
});

/** What somebody with the key and without the program could do. */
function change(sql: string): void {
  const database = openRaw();
  database.exec(`DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_start_is_never_changed; ${sql}`);
  database.close();
}

function openRaw(): Database {
  const database = new Database(place.file);
  database.exec(`PRAGMA key = "x'${Buffer.from(testKey).toString('hex')}'"`);
  return database;
}

function explain(): string {
  const database = openRaw();
  const parameters = [recordId(1), 9, 9, recordId(1), 9, 9, 9];
  const rows = database.prepare(`EXPLAIN QUERY PLAN ${entriesAboutSql}`).all(parameters);
  database.close();
  return JSON.stringify(rows);
}
