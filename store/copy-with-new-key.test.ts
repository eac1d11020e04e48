import { webcrypto } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkIntegrity } from './check-integrity.ts';
import { copyWithNewKey } from './copy-with-new-key.ts';
import { type OpenReplica, openReplica } from './open-replica.ts';
import { Connection } from './sqlcipher/connection.ts';

const random = (length: number) => webcrypto.getRandomValues(new Uint8Array(length));

let folder: string;
let from: string;
let to: string;
let key: Uint8Array;
let newKey: Uint8Array;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'new-key-'));
  [from, to] = [join(folder, 'old.sqlite'), join(folder, 'new.sqlite')];
  [key, newKey] = [random(32), random(32)];
  const replica = await open(from, key);
  for (let number = 0; number < 40; number += 1) {
    await replica.transact((transaction) => {
      transaction.settings.set(`setting ${number}`, 'x'.repeat(3_000));
      transaction.audit({ at: number, person: null, action: 'test.act', collection: null, record: null });
    });
  }
  await replica.close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(file: string, withKey: Uint8Array): Promise<OpenReplica> {
  const patientIndex = () => ({
    put: () => undefined,
    remove: () => undefined,
    isEmpty: () => false,
    search: () => [],
  });
  return openReplica({ file, key: withKey, patientIndex, reserveBytes: 64 * 1024 });
}

const copy = (told: number[] = []) =>
  copyWithNewKey({ from, to, key, newKey, onProgress: (done) => told.push(done) });

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'copied',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

describe('a copy with a new key', () => {
  test('holds everything, opens with the new key only, and is sound', async () => {
    const told: number[] = [];
    await copy(told);
    const replica = await open(to, newKey);
    expect(replica.settings.get('setting 39')).toBe('x'.repeat(3_000));
    expect(replica.verifyAudit()).toMatchObject({ entries: 40, firstBroken: null });
    await replica.close();
    expect(checkIntegrity(to, newKey).damagedPages).toBe(0);
    expect(await codeOf(open(to, key))).toBe('store.wrong-key');
    expect(told.at(-1)).toBe(1);
    expect(told).toEqual([...told].sort((left, right) => left - right));
  });

  test('what a dump would lose is kept: versions, row ids, free pages, a full text index', async () => {
    const before = Connection.open({ file: from, key });
    before.execute('CREATE TABLE loose (word TEXT); CREATE VIRTUAL TABLE found USING fts5(word)');
    before.execute("INSERT INTO loose (rowid, word) VALUES (7, 'qizil'), (900, 'choynak')");
    before.execute('INSERT INTO found (rowid, word) SELECT rowid, word FROM loose');
    before.execute("DELETE FROM setting WHERE key LIKE 'setting 1%'");
    const numbers = ['user_version', 'freelist_count', 'page_count'].map((name) =>
      before.prepare(`PRAGMA ${name}`).value([]),
    );
    expect(Number(numbers[1])).toBeGreaterThan(0);
    before.close();
    await copy();
    const after = Connection.open({ file: to, key: newKey });
    expect(
      ['user_version', 'freelist_count', 'page_count'].map((name) =>
        after.prepare(`PRAGMA ${name}`).value([]),
      ),
    ).toEqual(numbers);
    expect(after.prepare('SELECT rowid FROM loose ORDER BY rowid').values([])).toEqual([7, 900]);
    expect(after.prepare("SELECT rowid FROM found WHERE word MATCH 'choynak'").values([])).toEqual([900]);
    after.close();
  });

  test('the source is as it was, and no page of it is in the copy', async () => {
    await copy();
    const [old, made] = [readFileSync(from), readFileSync(to)];
    expect(made.length).toBe(old.length);
    for (let at = 4096; at < old.length; at += 4096) {
      expect(made.subarray(at, at + 4096).equals(old.subarray(at, at + 4096))).toBe(false);
    }
    const replica = await open(from, key);
    expect(replica.settings.get('setting 0')).toBe('x'.repeat(3_000));
    await replica.close();
  });

  test('what still lies in the log is copied', async () => {
    const replica = await open(from, key);
    await replica.transact(({ settings }) => settings.set('in the log', 'yes'));
    const [main, log] = [join(folder, 'cut.sqlite'), join(folder, 'cut.sqlite-wal')];
    copyFileSync(from, main);
    copyFileSync(`${from}-wal`, log);
    await replica.close();
    expect(statSync(log).size).toBeGreaterThan(0);
    from = main;
    await copy();
    const copied = await open(to, newKey);
    expect(copied.settings.get('in the log')).toBe('yes');
    await copied.close();
  });

  test('open records, a damaged page and a wrong key are refused with their codes', async () => {
    const replica = await open(from, key);
    expect(await codeOf(copy())).toBe('store.in-use');
    await replica.close();
    const bytes = readFileSync(from);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    writeFileSync(from, bytes);
    expect(await codeOf(copy())).toBe('store.damaged');
    rmSync(to, { force: true });
    key = random(32);
    expect(await codeOf(copy())).toBe('store.damaged');
  });
});
