import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleElectron } from './electron-bundle.ts';

const run = promisify(execFile);
let folder: string;
let files: readonly string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hamshira-bundle-'));
  await bundleElectron(folder);
  files = await readdir(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const textOf = (file: string): Promise<string> => readFile(join(folder, file), 'utf8');

/** Packages and modules that a bundle loads at run time, its own parts beside left out. */
async function loadedBy(file: string): Promise<readonly string[]> {
  const text = await textOf(file);
  const static_ = [...text.matchAll(/^(?:import|export)\b[^'"\n]*?(?:from\s*)?["']([^"']+)["'];?$/gm)];
  const required = [...text.matchAll(/\brequire\(["']([^"']+)["']\)/g)];
  return [...static_, ...required].map(([, name]) => name ?? '').filter((name) => !name.startsWith('.'));
}

test('makes the shell, the preload and the workstation process', () => {
  expect(files).toEqual(expect.arrayContaining(['main.cjs', 'preload.cjs', 'workstation-process.js']));
});

test('the preload loads nothing but Electron: a sandboxed one could not', async () => {
  expect(await loadedBy('preload.cjs')).toEqual(['electron']);
});

test('nothing is left to load but Electron, Node and native code', async () => {
  const allowed = new Set(['electron', '@signalapp/sqlcipher', ...builtinModules]);
  for (const file of files.filter((name) => /\.(c?js)$/.test(name))) {
    const strange = (await loadedBy(file)).filter((name) => !allowed.has(name.replace(/^node:/, '')));
    expect(strange, file).toEqual([]);
  }
});

test('every file named beside is there', async () => {
  let named = 0;
  for (const file of files.filter((name) => /\.c?js$/.test(name))) {
    const text = await textOf(file);
    expect(text, file).not.toContain('hamshira-file-beside');
    for (const [, beside] of text.matchAll(/new URL\(["']\.\/([^"']+)["'], import\.meta\.url\)/g)) {
      expect(files, file).toContain(beside);
      named += 1;
    }
  }
  expect(named).toBeGreaterThan(0);
});

test('every bundle is JavaScript that parses', async () => {
  for (const file of files.filter((name) => /\.c?js$/.test(name))) {
    await expect(run(process.execPath, ['--check', join(folder, file)])).resolves.toBeDefined();
  }
});
