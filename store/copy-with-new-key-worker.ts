// Runs inside the thread that copy-with-new-key.ts starts: one copy, its progress, one answer, end.
import {
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import * as v from 'valibot';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import { CopyFailureSchema, type CopyNews } from './copy-with-new-key.ts';
import { clearMemory } from './sqlcipher/clear-memory.ts';
import { Connection } from './sqlcipher/connection.ts';
import { rememberKey } from './sqlcipher/key-check.ts';
import { ProcessLock } from './sqlcipher/process-lock.ts';
import { hexOfKey } from './sqlcipher/thread-key.ts';

const OrderSchema = v.object({
  from: v.string(),
  to: v.string(),
  key: v.instance(Uint8Array),
  newKey: v.instance(Uint8Array),
});
type Order = v.InferOutput<typeof OrderSchema>;

/** The new replica also sets its reserve aside and starts a log. */
const spareBytes = 32 * 1024 * 1024;
const chunkBytes = 4 * 1024 * 1024;

const tell = (news: CopyNews): void => parentPort?.postMessage(news);

/** Whoever hears the answer finds nothing of the keys in this thread any more. */
function run(order: Order): CopyNews {
  try {
    copyRecords(order);
    return { kind: 'done' };
  } catch (error) {
    const failure = expectedFailure(error);
    if (failure === undefined) throw error;
    return { kind: 'failed', code: failure };
  } finally {
    order.key.fill(0);
    order.newKey.fill(0);
    clearMemory();
  }
}

/** The disk may be full or failing outside SQLite as well: while the file is copied. */
function expectedFailure(error: unknown): v.InferOutput<typeof CopyFailureSchema> | undefined {
  if (error instanceof ReplicaFailure) return v.parse(CopyFailureSchema, error.error.code);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'store.disk-full';
  return code === 'EIO' || code === 'EROFS' ? 'store.damaged' : undefined;
}

function copyRecords({ from, to, key, newKey }: Order): void {
  requireSpace(from, to);
  const lock = ProcessLock.take(from);
  try {
    const before = describeSource(from, key);
    tell({ kind: 'progress', done: 0.1 });
    copyFile(from, to);
    rewrite(to, key, newKey);
    tell({ kind: 'progress', done: 0.7 });
    const after = describeCopy(to, newKey);
    if (after !== before) throw new ReplicaFailure('store.damaged');
    syncFile(to);
    tell({ kind: 'progress', done: 1 });
  } finally {
    lock.release();
  }
}

function requireSpace(from: string, to: string): void {
  const disk = statfsSync(dirname(to));
  if (disk.bavail * disk.bsize < sizeOf(from) + sizeOf(`${from}-wal`) + spareBytes) {
    throw new ReplicaFailure('store.disk-full');
  }
}

/** Puts the log back into the file, so that the file alone is everything. */
function describeSource(file: string, key: Uint8Array): string {
  const connection = Connection.open({ file, key });
  try {
    connection.prepare('PRAGMA wal_checkpoint(TRUNCATE)').rows([]);
    if (sizeOf(`${file}-wal`) > 0) throw new ReplicaFailure('store.in-use');
    return describe(connection);
  } finally {
    connection.close();
  }
}

/** Every page proves itself under the new key, and the content is what it was. */
function describeCopy(file: string, key: Uint8Array): string {
  const connection = Connection.open({ file, key });
  try {
    if (connection.prepare('PRAGMA cipher_integrity_check').values([]).length > 0) {
      throw new ReplicaFailure('store.damaged');
    }
    const description = describe(connection);
    rememberKey(file, key, connection.salt);
    return description;
  } finally {
    connection.close();
  }
}

/** Versions, pages, tables and the rows of each. */
function describe(connection: Connection): string {
  const value = (pragma: string) => connection.prepare(`PRAGMA ${pragma}`).value([]);
  const numbers = ['user_version', 'application_id', 'page_size', 'page_count', 'freelist_count'].map(value);
  const schema = connection
    .prepare('SELECT type, name, sql, rootpage > 0 AS has_rows FROM sqlite_schema ORDER BY type, name')
    .rows([]);
  const counts = schema
    .filter((row) => row.type === 'table' && row.has_rows === 1)
    .map(({ name }) => connection.prepare(`SELECT count(*) FROM ${quoted(String(name))}`).value([]));
  return JSON.stringify([numbers, schema, counts]);
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * Every page anew under the new key. SQLCipher's own rekeying keeps all that a dump would not: row ids, free pages, the
 * search index as it is. The file is a copy that nobody reads yet, so no journal and no syncing is needed on the way.
 */
function rewrite(file: string, key: Uint8Array, newKey: Uint8Array): void {
  const connection = Connection.open({ file, key });
  try {
    connection.execute('PRAGMA journal_mode = DELETE');
    connection.execute('PRAGMA journal_mode = OFF');
    connection.execute('PRAGMA synchronous = OFF');
    connection.execute(`PRAGMA rekey = "x'${hexOfKey(newKey)}'"`);
  } finally {
    connection.close();
  }
}

function copyFile(from: string, to: string): void {
  const source = openSync(from, 'r');
  try {
    const target = openSync(to, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      copyChunks(source, target, sizeOf(from));
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}

function copyChunks(source: number, target: number, total: number): void {
  const chunk = Buffer.alloc(chunkBytes);
  let copied = 0;
  for (let read = -1; read !== 0; ) {
    read = readSync(source, chunk, 0, chunk.length, copied);
    for (let written = 0; written < read; ) written += writeSync(target, chunk, written, read - written);
    copied += read;
    tell({ kind: 'progress', done: 0.1 + 0.2 * Math.min(1, copied / Math.max(1, total)) });
  }
}

function syncFile(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

tell(run(v.parse(OrderSchema, workerData)));
