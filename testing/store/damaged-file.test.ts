import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import { checkIntegrity } from '#store/check-integrity.ts';
import type { OpenReplica } from '#store/open-replica.ts';
import { type ReplicaUnderTest, replicaUnderTest, testKey } from './replica-under-test.ts';
import { recordId, visitRecord } from './sample-records.ts';
import { seededRandom } from './seeded-random.ts';

const visits = 400;
const pageBytes = 4096;

let tested: ReplicaUnderTest;
beforeEach(async () => {
  tested = replicaUnderTest();
  const replica = await tested.open();
  await replica.transact((transaction) => {
    for (let number = 0; number < visits; number += 1) {
      transaction.put('visits', visitRecord(number, { reason: 'r'.repeat(200) }));
    }
  });
  await replica.close();
});
afterEach(() => tested.remove());

const fingerprint = () => createHash('sha256').update(readFileSync(tested.file)).digest('hex');

function flipBit(offset: number, bit: number): void {
  const content = readFileSync(tested.file);
  content[offset] = (content[offset] ?? 0) ^ (1 << bit);
  writeFileSync(tested.file, content);
}

/** Opens, reads every record and tries to write; gives how it first failed. */
async function readAll(): Promise<string> {
  let replica: OpenReplica | undefined;
  try {
    replica = await tested.open();
    for (let number = 0; number < visits; number += 1) replica.get('visits', recordId(number));
    replica.find('visits', { equals: { 'body.day': '2026-03-01' } });
    replica.find('visits', { orderBy: [{ path: 'capturedAt', direction: 'asc' }] });
    return 'nothing failed';
  } catch (error) {
    return error instanceof ReplicaFailure ? error.error.code : String(error);
  } finally {
    await replica?.close();
  }
}

describe('a damaged file', () => {
  it('is read without fault while whole', async () => {
    expect(await readAll()).toBe('nothing failed');
    expect(checkIntegrity(tested.file, testKey)).toEqual({ damagedPages: 0 });
  });

  it.each([16, 100, 4_000])(
    'is known as damaged by a bit flipped at byte %i, and left untouched',
    async (offset) => {
      flipBit(offset, 3);
      const before = fingerprint();
      expect(await readAll()).toBe('store.damaged');
      expect(fingerprint()).toBe(before);
    },
  );

  it('is read by the salt that was kept when its own is lost (STO-16)', async () => {
    const salt = readFileSync(tested.file).subarray(0, 16);
    flipBit(0, 3);
    flipBit(15, 0);
    expect(await readAll()).toBe('nothing failed');
    expect(checkIntegrity(tested.file, testKey)).toEqual({ damagedPages: 0 });
    // Without the one that was kept the file tells nothing.
    const check = `${tested.file}-key-check`;
    const kept = readFileSync(check, 'utf8');
    writeFileSync(check, kept.replace(/"salt":"\w+"/, `"salt":"${'0'.repeat(32)}"`));
    expect(await readAll()).toBe('store.damaged');
    writeFileSync(check, kept);
    const replica = await tested.open();
    await replica.transact((transaction) => transaction.put('visits', visitRecord(visits)));
    await replica.close();
    expect(readFileSync(tested.file).subarray(0, 16)).toEqual(salt);
  });

  /** A damaged page of the schema lets nothing be opened, which says as much. */
  const damagedPages = (): number => {
    try {
      return checkIntegrity(tested.file, testKey).damagedPages;
    } catch (error) {
      if (error instanceof ReplicaFailure && error.error.code === 'store.damaged') return 1;
      throw error;
    }
  };

  it('shows every flipped bit to the check, and never silently altered records', async () => {
    const whole = readFileSync(tested.file);
    const random = seededRandom(11);
    for (let flip = 0; flip < 25; flip += 1) {
      // Pages 2 and up: page 1 is the case above.
      flipBit(pageBytes + random.below(whole.length - pageBytes), random.below(8));
      const before = fingerprint();
      expect(damagedPages()).toBe(1);
      // Pages that nothing was read from fail nobody; but what is read is right or fails.
      expect(['store.damaged', 'nothing failed']).toContain(await readAll());
      expect(fingerprint()).toBe(before);
      writeFileSync(tested.file, whole);
    }
  });

  it('is written no more once damage was met', async () => {
    const replica = await tested.open();
    const written = (number: number) =>
      replica.transact((transaction) => transaction.put('visits', visitRecord(number)));
    // Behind the back of the open replica, every page but the first ones.
    const whole = readFileSync(tested.file);
    for (let page = 20; page < whole.length / pageBytes; page += 1) whole[page * pageBytes + 2_000] = 0;
    writeFileSync(tested.file, whole);
    const damaged = fingerprint();
    const read = () => Array.from({ length: visits }, (_, number) => replica.get('visits', recordId(number)));
    expect(read).toThrow('store.damaged');
    await expect(written(1)).rejects.toThrow('store.damaged');
    await replica.close();
    expect(fingerprint()).toBe(damaged);
  });

  it('is known as damaged when cut off', async () => {
    for (const bytes of [statSync(tested.file).size - pageBytes, 5 * pageBytes, pageBytes + 100, 100]) {
      const copy = `${tested.file}-whole`;
      copyFileSync(tested.file, copy);
      truncateSync(tested.file, bytes);
      const before = fingerprint();
      expect(await readAll()).toBe('store.damaged');
      expect(fingerprint()).toBe(before);
      copyFileSync(copy, tested.file);
      rmSync(copy);
    }
    expect(await readAll()).toBe('nothing failed');
  });

  it('is known as damaged when it is gone although its key check is there', async () => {
    rmSync(tested.file);
    expect(await readAll()).toBe('store.damaged');
  });
});
