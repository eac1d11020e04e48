import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const wrapper = fileURLToPath(new URL('./node24.mjs', import.meta.url));
let folder: string;
const running = new Set<ChildProcess>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hamshira-node24-'));
});
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

async function start(script: string, ...args: readonly string[]) {
  const path = join(folder, 'script.ts');
  await writeFile(path, script);
  const child = spawn(process.execPath, [wrapper, path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  let output = '';
  const changes: (() => void)[] = [];
  child.stdout.on('data', (data) => {
    output += data;
    for (const change of changes.splice(0)) change();
  });
  const code = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const said = async (text: string): Promise<void> => {
    while (!output.includes(text)) await new Promise<void>((changed) => changes.push(changed));
  };
  return { child, code, said, output: () => output };
}

test('runs TypeScript on Node 24 and passes arguments and exit code on', async () => {
  const script = `const answer: string = process.argv[2] ?? ''; console.log(process.version, answer); process.exit(7);`;
  const { code, output } = await start(script, 'two words');
  expect(await code).toBe(7);
  expect(output()).toMatch(/^v(2[4-9]|22)\.\d+\.\d+ two words\n$/);
});

const waiting = `
  process.on('SIGTERM', () => { console.log('closing'); setTimeout(() => process.exit(3), 20); });
  process.on('SIGINT', () => { console.log('interrupted'); setTimeout(() => process.exit(4), 200); });
  console.log('up'); setInterval(() => {}, 1000);`;

test.skipIf(process.platform === 'win32')('passes signals on and waits for the end', async () => {
  const { child, code, said } = await start(waiting);
  await said('up');
  child.kill('SIGTERM');
  await said('closing');
  expect(await code).toBe(3);
});

test.skipIf(process.platform === 'win32')('passes one interrupt on as one', async () => {
  const { child, code, said, output } = await start(waiting);
  await said('up');
  child.kill('SIGINT');
  expect(await code).toBe(4);
  expect(output().match(/interrupted/g)).toHaveLength(1);
});

test.skipIf(process.platform === 'win32')(
  'a child that a signal ended gives 128 and its number',
  async () => {
    const { code } = await start(`process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`);
    expect(await code).toBe(137);
  },
);
