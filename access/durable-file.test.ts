import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepBackup, readIfThere, replaceDurably } from './durable-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'durable-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('replaces the content and leaves no temporary file', async () => {
  const path = join(folder, 'a.json');
  await replaceDurably(path, 'one');
  await keepBackup(path, join(folder, 'b.json'));
  await replaceDurably(path, 'two');
  expect(await readFile(path, 'utf8')).toBe('two');
  expect(await readFile(join(folder, 'b.json'), 'utf8')).toBe('one');
  expect((await readdir(folder)).sort()).toEqual(['a.json', 'b.json']);
});

test('a replacement that fails leaves the old file and no temporary one', async () => {
  const path = join(folder, 'folder-in-the-way');
  await mkdir(join(path, 'filled'), { recursive: true });
  await expect(replaceDurably(path, 'new')).rejects.toThrow();
  expect(await readdir(folder)).toEqual(['folder-in-the-way']);
});

test('a missing file reads as undefined, a too long one is refused', async () => {
  expect(await readIfThere(join(folder, 'none'))).toBeUndefined();
  await replaceDurably(join(folder, 'long'), 'x'.repeat(100));
  await expect(readIfThere(join(folder, 'long'), 99)).rejects.toThrow(RangeError);
});
