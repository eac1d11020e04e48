import type { RxStorage } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { afterAll, expect, it } from 'vitest';
import { loadRxdbTestUtils } from './rxdb-test-utils/load.ts';
import { openSqlcipherStorage } from './temporary-replica.ts';

// RxDB's own measuring run, which also checks every answer it gets. Without development mode, which would be measured too.
const { runPerformanceTests } = await loadRxdbTestUtils();

const sqlcipher = openSqlcipherStorage(true);
afterAll(() => sqlcipher.close());

const storages: readonly (readonly [name: string, storage: RxStorage<unknown, unknown>])[] = [
  ['sqlcipher', sqlcipher.storage],
  ['memory', getRxStorageMemory()],
];

it.each(storages)("RxDB's own performance run on %s", { timeout: 300_000 }, async (name, storage) => {
  const result = await runPerformanceTests(storage, name, { runs: 2, waitBetweenTests: 0, log: false });
  console.log(JSON.stringify(result));
  expect(result).toMatchObject({ description: name, docsAmount: 3000, collectionsAmount: 4 });
  for (const measured of ['insert-documents-500', 'find-by-ids-3000', 'find-by-query', '4x-count']) {
    expect(Number(result[measured])).toBeGreaterThan(0);
  }
});
