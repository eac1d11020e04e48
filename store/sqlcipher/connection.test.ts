import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Connection } from './connection.ts';

let folder: string;
let connection: Connection;
const key = new Uint8Array(32).fill(5);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hamshira-connection-'));
  connection = Connection.open({ file: join(folder, 'c.db'), key });
  connection.execute('CREATE TABLE t (id TEXT PRIMARY KEY, n NUMERIC)');
});
afterEach(() => {
  connection.close();
  rmSync(folder, { recursive: true });
});

const pragma = (name: string) => connection.prepare(`PRAGMA ${name}`).value([]);
const count = () => connection.prepare('SELECT count(*) FROM t').value([]);

// STO-1
it('is set for power cuts and for altered pages', () => {
  expect(pragma('journal_mode')).toBe('wal');
  // 2 is FULL: an fsync with every commit.
  expect(pragma('synchronous')).toBe(2);
  expect(pragma('cipher_page_size')).toBe('4096');
  expect(pragma('cipher_hmac_algorithm')).toBe('HMAC_SHA512');
  expect(pragma('cipher_use_hmac')).toBe('1');
});

it('keeps all of a transaction or nothing, and goes on afterwards', () => {
  const insert = connection.prepare('INSERT INTO t (id, n) VALUES (?, ?)');
  expect(() =>
    connection.transaction(() => {
      insert.run(['a', 1]);
      insert.run(['a', 2]);
    }),
  ).toThrow('UNIQUE');
  expect(count()).toBe(0);
  connection.transaction(() => insert.run(['a', 1]));
  expect(count()).toBe(1);
  expect(() => connection.transaction(() => connection.transaction(() => 1))).toThrow('open already');
  expect(connection.isInTransaction).toBe(false);
});

it('reads beside a writer, and does not write when it must not', () => {
  const reader = Connection.open({ file: join(folder, 'c.db'), key, readonly: true });
  connection.transaction(() => {
    connection.prepare('INSERT INTO t (id, n) VALUES (?, ?)').run(['a', 1]);
    expect(reader.prepare('SELECT count(*) FROM t').value([])).toBe(0);
  });
  expect(reader.prepare('SELECT count(*) FROM t').value([])).toBe(1);
  expect(() => reader.execute('DELETE FROM t')).toThrow('readonly');
  reader.close();
});

it('takes keys of 32 bytes only', () => {
  expect(() => Connection.open({ file: join(folder, 'd.db'), key: new Uint8Array(16) })).toThrow(RangeError);
});
