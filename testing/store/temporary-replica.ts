import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reader } from '#store/rx-storage/reader.ts';
import { SqlcipherStorage } from '#store/rx-storage/storage.ts';
import { Connection } from '#store/sqlcipher/connection.ts';
import { migrate } from '#store/sqlcipher/migrations.ts';
import { threadKey } from '#store/sqlcipher/thread-key.ts';
import type { StorageUnderTest } from './sample-visits.ts';

/** A folder that goes away with the test. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'hamshira-store-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface SqlcipherUnderTest extends StorageUnderTest {
  readonly storage: SqlcipherStorage;
  readonly connection: Connection;
}

/** Our storage on a file of its own, with or without the reader thread. */
export function openSqlcipherStorage(withReader: boolean): SqlcipherUnderTest {
  const folder = temporaryFolder();
  const file = join(folder.path, 'replica.db');
  const key = threadKey(randomBytes(32));
  const connection = Connection.open({ file, key });
  migrate(connection);
  const reader = withReader ? new Reader(file, key) : undefined;
  const storage = new SqlcipherStorage({ connection, ...(reader === undefined ? {} : { reader }) });
  return {
    storage,
    connection,
    close: async () => {
      await reader?.close();
      connection.close();
      folder.remove();
    },
  };
}
