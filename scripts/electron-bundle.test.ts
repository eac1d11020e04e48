import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleElectron } from './electron-bundle.ts';
import { projectFolder } from './steps.ts';

const run = promisify(execFile);
let folder: string;
let files: readonly string[];
beforeAll(async () => {
  // Inside of the project, so that packages with native code are found.
  await mkdir(join(projectFolder, '.cache'), { recursive: true });
  folder = await mkdtemp(join(projectFolder, '.cache', 'electron-bundle-'));
  await bundleElectron(folder);
  files = await readdir(folder, { recursive: true });
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
  const allowed = new Set(['electron', '@signalapp/sqlcipher', 'koffi', 'node-hid']);
  for (const file of files.filter((name) => /\.(c?js)$/.test(name))) {
    const strange = (await loadedBy(file)).filter((name) => !allowed.has(name) && !isBuiltin(name));
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

/** Stands where Electron would: hands in a port as the main process does, and prints the first snapshot it gets. */
const standIn = `
import { EventEmitter } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
const parent = new EventEmitter();
Object.defineProperty(process, 'parentPort', { value: parent });
await import('./workstation-process.js');
const { port1, port2 } = new MessageChannel();
const served = Object.assign(new EventEmitter(), {
  postMessage: (message) => port1.postMessage(message), start() {}, close: () => port1.close(),
});
port1.on('message', (data) => served.emit('message', { data }));
parent.emit('message', { data: 'hamshira-screen-connected', ports: [served] });
port2.once('message', (message) => {
  console.log(JSON.stringify(message));
  parent.emit('message', { data: 'hamshira-close-down', ports: [] });
});
port2.postMessage({ type: 'open', id: 1, name: 'workstation.state', input: {} });
`;

test('the bundled workstation process serves a screen, and closes when it is told', async () => {
  const script = join(folder, 'stand-in.mjs');
  await writeFile(script, standIn);
  const data = `--data=${join(folder, 'records')}`;
  const { stdout } = await run(process.execPath, [script, data], { timeout: 30_000 });
  expect(JSON.parse(stdout)).toMatchObject({ type: 'snapshot', id: 1, value: { phase: 'unenrolled' } });
});
