import { statSync } from 'node:fs';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import { Connection } from '../sqlcipher/connection.ts';
import { rememberedSalt, rememberKey, verifyKey } from '../sqlcipher/key-check.ts';
import { migrate } from '../sqlcipher/migrations.ts';
import type { SpaceReserve } from '../sqlcipher/space-reserve.ts';

const pageBytes = 4096;

/**
 * Opens the file of a replica and brings our own tables up to date (STO-1, STO-4, STO-5). A file that cannot be opened is
 * left as it is. Throws `ReplicaFailure` with `store.wrong-key`, `store.damaged`, `store.newer` or `store.disk-full`.
 */
export function openFile(file: string, key: Uint8Array, reserve: SpaceReserve): Connection {
  const verdict = verifyKey(file, key);
  const size = sizeOf(file);
  // The check file is written after the database: without its database, records are missing.
  if (size === 0 && verdict !== 'unknown') throw new ReplicaFailure('store.damaged');
  if (verdict === 'wrong') throw new ReplicaFailure('store.wrong-key');
  if (size % pageBytes !== 0 && sizeOf(`${file}-wal`) === 0) throw new ReplicaFailure('store.damaged');
  const connection = withReserve(reserve, () => connect(file, key, verdict === 'right'));
  try {
    if (isTruncated(connection, file)) throw new ReplicaFailure('store.damaged');
    withReserve(reserve, () => migrate(connection));
    // Check files of earlier programs hold no salt.
    if (rememberedSalt(file, key) === undefined) rememberKey(file, key, connection.salt);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function connect(file: string, key: Uint8Array, isKeyRight: boolean): Connection {
  try {
    return Connection.open({ file, key });
  } catch (error) {
    if (!isKeyRight && error instanceof ReplicaFailure && error.error.code === 'store.damaged') {
      throw new ReplicaFailure('store.wrong-key', { cause: error });
    }
    throw error;
  }
}

/** Even opening takes some space, for the log's index. On a full disk it comes from the reserve. */
function withReserve<Value>(reserve: SpaceReserve, open: () => Value): Value {
  try {
    return open();
  } catch (error) {
    const isFull = error instanceof ReplicaFailure && error.error.code === 'store.disk-full';
    if (!isFull || !reserve.isHeld) throw error;
    reserve.release();
    return open();
  }
}

/** Fewer pages than the file says of itself. While the log holds pages, that proves nothing. */
function isTruncated(connection: Connection, file: string): boolean {
  if (sizeOf(`${file}-wal`) > 0) return false;
  const pages = Number(connection.prepare('PRAGMA page_count').value([]));
  return pages * pageBytes > sizeOf(file);
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
