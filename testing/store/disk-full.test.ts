import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '@signalapp/sqlcipher';
import { afterEach, describe, expect, it } from 'vitest';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import { type OpenReplica, openReplica } from '#store/open-replica.ts';
import { plainPatientIndex, testKey } from './replica-under-test.ts';
import { draftOf, recordId, visitRecord } from './sample-records.ts';
import { temporaryFolder } from './temporary-replica.ts';

const cleanUp: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

const longReason = 'x'.repeat(300);

/** Saves visits one by one until one is refused; gives the numbers that were saved, and why the last was not. */
async function saveUntilRefused(
  replica: OpenReplica,
  most: number,
): Promise<{ saved: number; code: string }> {
  for (let number = 0; number < most; number += 1) {
    try {
      await replica.transact((transaction) => {
        const visit = visitRecord(number, { reason: longReason });
        transaction.put('visits', visit);
        transaction.outbox.append(draftOf(1_000_000 + number, visit));
      });
    } catch (error) {
      return { saved: number, code: error instanceof ReplicaFailure ? error.error.code : String(error) };
    }
  }
  return { saved: most, code: 'never refused' };
}

/** Everything that was acknowledged is there, and nothing of what was refused. */
function expectExactly(replica: OpenReplica, saved: number): void {
  expect(replica.count('visits', {})).toBe(saved);
  expect(replica.outbox.counts().pending).toBe(saved);
  for (let number = 0; number < saved; number += 1) {
    expect(replica.get('visits', recordId(number))?.body.reason).toBe(longReason);
  }
}

describe('a quota on the file', () => {
  it('refuses visibly, loses nothing, and saves again once there is room', async () => {
    const folder = temporaryFolder();
    cleanUp.push(() => folder.remove());
    let database: Database | undefined;
    const options = {
      file: join(folder.path, 'replica.db'),
      key: testKey,
      reserveBytes: 64 * 1024,
      patientIndex: (opened: Database) => {
        database = opened;
        return plainPatientIndex(opened);
      },
    };
    let replica = await openReplica(options);
    cleanUp.push(() => replica.close());
    database?.exec('PRAGMA max_page_count = 150');
    const { saved, code } = await saveUntilRefused(replica, 5_000);
    expect(code).toBe('store.disk-full');
    expect(saved).toBeGreaterThan(20);
    expectExactly(replica, saved);
    // Again the same for an action of many writes, and still nothing lost.
    const many = replica.transact((transaction) => {
      for (let number = 10_000; number < 10_200; number += 1) {
        transaction.put('visits', visitRecord(number, { reason: longReason }));
      }
    });
    await expect(many).rejects.toThrow('store.disk-full');
    expectExactly(replica, saved);
    await replica.close();
    replica = await openReplica(options);
    expectExactly(replica, saved);
    await replica.transact((transaction) => transaction.put('visits', visitRecord(9_999)));
    expect(replica.count('visits', {})).toBe(saved + 1);
  });
});

/** A file system of its own, which can really be full. Needs the right to mount. */
function mountSmallDisk(path: string, kibibytes: number): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('a full disk', () => {
  it('lets records leave by the reserve, and saves again once there is room', async (context) => {
    const folder = temporaryFolder();
    cleanUp.push(() => folder.remove());
    if (!mountSmallDisk(folder.path, 12 * 1024)) {
      context.skip('SKIPPED: a small disk cannot be mounted here');
      return;
    }
    cleanUp.push(() => void execFileSync('umount', ['-l', folder.path]));
    const options = {
      file: join(folder.path, 'replica.db'),
      key: testKey,
      patientIndex: plainPatientIndex,
      reserveBytes: 2 * 1024 * 1024,
    };
    let replica = await openReplica(options);
    cleanUp.push(() => replica.close());
    const ballast = join(folder.path, 'somebody-elses-file');
    writeFileSync(ballast, Buffer.alloc(6 * 1024 * 1024));
    const { saved, code } = await saveUntilRefused(replica, 20_000);
    expect(code).toBe('store.disk-full');
    expectExactly(replica, saved);

    // The center acknowledges: that must go through although the disk is full.
    const accepted = replica.outbox.pending(50);
    for (const { op, seq } of accepted) {
      await replica.transact(({ outbox, sync }) => {
        outbox.accept(op, seq, 1);
        sync.setCheckpoint(visitRecord(1).scope, 1, { epoch: 'e', seq });
      });
    }
    await replica.transact(({ outbox }) => outbox.forgetThrough(visitRecord(1).scope, 50, 2));
    expect(replica.outbox.counts().pending).toBe(saved - 50);
    const refused = replica.transact((transaction) => transaction.put('visits', visitRecord(99_999)));
    await expect(refused).rejects.toThrow('store.disk-full');
    // A portion of what is here already still moves the checkpoint; nothing new comes in by the way.
    const unseen = visitRecord(99_998);
    const isStored = await replica.transact((transaction) => {
      transaction.sync.setCheckpoint(visitRecord(1).scope, 1, { epoch: 'e', seq: 51 });
      return transaction.insertReceived('visits', unseen, Buffer.from(JSON.stringify(unseen)));
    });
    expect(isStored).toBe(false);
    expect(replica.get('visits', unseen.id)).toBeUndefined();

    // Still full at the next start.
    await replica.close();
    replica = await openReplica(options);
    expect(replica.count('visits', {})).toBe(saved);

    rmSync(ballast);
    await replica.transact((transaction) => transaction.put('visits', visitRecord(99_999)));
    expect(replica.get('visits', recordId(99_999))?.id).toBe(recordId(99_999));
    expect(replica.count('visits', {})).toBe(saved + 1);
  });
});
