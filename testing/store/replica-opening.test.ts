import { Database } from '@signalapp/sqlcipher';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import { type OpenReplica, openReplica } from '#store/open-replica.ts';
import { plainPatientIndex, type ReplicaUnderTest, replicaUnderTest, testKey } from './replica-under-test.ts';
import { recordId } from './sample-records.ts';

let tested: ReplicaUnderTest;
let replica: OpenReplica;
beforeEach(async () => {
  tested = replicaUnderTest();
  replica = await tested.open();
});
afterEach(() => tested.remove());

const auditEntry = { at: 1, person: null, action: 'test', collection: null, record: null } as const;

async function failureOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error('nothing failed'),
    (reason: unknown) => reason,
  );
  return error instanceof ReplicaFailure ? error.error.code : String(error);
}

describe('opening', () => {
  it('refuses a second opener while the first lives, and lets it in afterwards', async () => {
    expect(await failureOf(tested.open())).toBe('store.in-use');
    await replica.close();
    replica = await tested.open();
    expect(replica.count('visits', {})).toBe(0);
  });

  it('tells a wrong key', async () => {
    await replica.close();
    const wrong = { file: tested.file, key: new Uint8Array(32).fill(9), patientIndex: plainPatientIndex };
    expect(await failureOf(openReplica(wrong))).toBe('store.wrong-key');
  });

  it('refuses a file of a newer program', async () => {
    await replica.close();
    const database = new Database(tested.file);
    database.exec(`PRAGMA key = "x'${Buffer.from(testKey).toString('hex')}'"; PRAGMA user_version = 999`);
    database.close();
    expect(await failureOf(tested.open())).toBe('store.newer');
  });

  it('finds a broken audit trail', async () => {
    for (let entry = 0; entry < 5; entry += 1) {
      await replica.transact((transaction) =>
        transaction.audit({ ...auditEntry, reason: `reason ${entry}` }),
      );
    }
    expect(replica.verifyAudit()).toEqual({ entries: 5, firstBroken: null });
    await replica.close();
    const database = new Database(tested.file);
    database.exec(`PRAGMA key = "x'${Buffer.from(testKey).toString('hex')}'"`);
    expect(() => database.exec(`UPDATE audit SET reason = 'other' WHERE seq = 3`)).toThrow('append-only');
    expect(() => database.exec('DELETE FROM audit WHERE seq = 3')).toThrow('append-only');
    database.exec(`DROP TRIGGER audit_is_never_changed; UPDATE audit SET reason = 'other' WHERE seq = 3`);
    database.close();
    replica = await tested.open();
    expect(replica.verifyAudit()).toEqual({ entries: 2, firstBroken: 3 });
  });

  it('does nothing more once closed', async () => {
    await replica.close();
    await replica.close();
    await expect(replica.transact(() => 1)).rejects.toThrow('closed');
    expect(() => replica.get('visits', recordId(1))).toThrow('closed');
  });
});
