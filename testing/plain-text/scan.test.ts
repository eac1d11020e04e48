import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import Database from '@signalapp/sqlcipher';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { scanForPlainText } from './scan.ts';

const latin = 'Qoʻldoshxonova';
const cyrillic = 'Жўрабоевахон';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hamshira-scan-'));
  await mkdir(join(folder, 'deep', 'deeper'), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function isFound(content: Buffer | string, text: string): Promise<boolean> {
  await writeFile(join(folder, 'deep', 'deeper', 'file'), content);
  return (await scanForPlainText(folder, [text])).found.length > 0;
}

describe.each([latin, cyrillic])('%s is found as', (text) => {
  const around = (inner: Buffer): Buffer =>
    Buffer.concat([Buffer.alloc(1001, 7), inner, Buffer.alloc(333, 9)]);
  const json = JSON.stringify({ name: text });
  test.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-16LE', Buffer.from(text, 'utf16le')],
    ['UTF-16BE', Buffer.from(text, 'utf16le').swap16()],
    ['upper case', Buffer.from(text.toUpperCase())],
    ['lower case', Buffer.from(text.toLowerCase())],
    ['lower case UTF-16', Buffer.from(text.toLowerCase(), 'utf16le')],
    ['base64 at 0', Buffer.from(Buffer.from(`abc${text}xyz`).toString('base64'))],
    ['base64 at 1', Buffer.from(Buffer.from(`a${text}xyz`).toString('base64'))],
    ['base64 at 2', Buffer.from(Buffer.from(`ab${text}xyz`).toString('base64'))],
    ['base64url', Buffer.from(Buffer.from(json).toString('base64url'))],
    ['hex', Buffer.from(Buffer.from(text).toString('hex'))],
    ['percent', Buffer.from(encodeURIComponent(text))],
    [
      'JSON escapes',
      Buffer.from(json.replace(/[^\0-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)),
    ],
    ['gzip', gzipSync(json)],
    ['zstd', zstdCompressSync(json)],
    ['deflate', deflateSync(json)],
  ])('%s', async (_encoding, bytes) => {
    expect(await isFound(around(bytes), text)).toBe(true);
    expect(await isFound(bytes, text)).toBe(true);
  });

  test('a brotli file', async () => {
    expect(await isFound(brotliCompressSync(json), text)).toBe(true);
  });
});

test('a Cyrillic name is found in the old code page', async () => {
  expect(await isFound(Buffer.from([0xc6, 0xf3, 0xeb, 0xe4, 0xfb, 0xe7]), 'Жулдыз')).toBe(true);
});

test('a name is found in a file name', async () => {
  await writeFile(join(folder, `${latin}.txt`), 'x');
  expect((await scanForPlainText(folder, [latin])).found.map(({ encoding }) => encoding)).toContain(
    'file name, utf-8',
  );
});

test('says where, and leaves out only what it is told to', async () => {
  await writeFile(join(folder, 'deep', 'a'), latin);
  await writeFile(join(folder, 'b'), 'nothing');
  const all = await scanForPlainText(folder, [latin]);
  expect(all.found[0]).toMatchObject({ file: join('deep', 'a'), text: latin });
  expect(all.files).toHaveLength(2);
  const rest = await scanForPlainText(folder, [latin], { except: ['deep'] });
  expect(rest.found).toEqual([]);
  expect(rest.files).toEqual(['b']);
});

describe('a database with its WAL still open', () => {
  async function scanDatabase(key: string | undefined) {
    const database = new Database(join(folder, 'records.sqlite'));
    try {
      if (key !== undefined) database.exec(`PRAGMA key = "x'${key}'"`);
      database.exec('PRAGMA journal_mode = WAL; CREATE TABLE record (body TEXT) STRICT');
      database.prepare('INSERT INTO record VALUES (?)').run([JSON.stringify({ family: latin })]);
      return await scanForPlainText(folder, [latin]);
    } finally {
      database.close();
    }
  }

  test('is read when encryption is switched off', async () => {
    const { found, files } = await scanDatabase(undefined);
    expect(files).toContain('records.sqlite-wal');
    expect(found.map(({ file }) => file)).toContain('records.sqlite-wal');
  });

  test('is not read when it is on', async () => {
    const { found, files, bytes } = await scanDatabase('ab'.repeat(32));
    expect(files).toContain('records.sqlite-wal');
    expect(bytes).toBeGreaterThan(4096);
    expect(found).toEqual([]);
  });
});
