import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Child, startChild } from './child.ts';

const Messages = v.object({ type: v.literal('said'), text: v.string() });
type Said = v.InferOutput<typeof Messages>;

let folder: string;
let child: Child<Said> | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hamshira-child-'));
});
afterEach(async () => {
  await child?.kill();
  await rm(folder, { recursive: true, force: true });
});

async function start(script: string): Promise<Child<Said>> {
  const path = join(folder, 'child.mjs');
  await writeFile(path, script);
  child = startChild({
    name: 'echo',
    script: path,
    arguments: [],
    logPath: join(folder, 'log'),
    messages: Messages,
  });
  return child;
}

const echo = `
  process.on('message', (message) => {
    if (message.type === 'close') process.disconnect();
    else { console.error('heard'); process.send({ type: 'said', text: message.text }); process.send({ type: 'said', text: 'more' }); }
  });`;

test('answers come in order, its output goes to the log, and closing waits for the end', async () => {
  const echoing = await start(echo);
  echoing.send({ type: 'ask', text: 'hello' });
  expect(await echoing.next(5_000)).toEqual({ type: 'said', text: 'hello' });
  expect(await echoing.next(5_000)).toEqual({ type: 'said', text: 'more' });
  await echoing.close(5_000);
  expect(() => process.kill(echoing.pid, 0)).toThrow();
  expect(await readFile(join(folder, 'log'), 'utf8')).toBe('heard\n');
});

test('waiting ends when the process does, and says where to look', async () => {
  const failing = await start('process.exit(3)');
  await expect(failing.next(5_000)).rejects.toThrow(/echo ended \(code 3\); see .*log/);
});

test('waiting ends after its limit', async () => {
  const silent = await start('setInterval(() => {}, 1000)');
  await expect(silent.next(100)).rejects.toThrow(/did not answer within 0.1 s/);
});

test('an unexpected end is told, an asked one is not', async () => {
  const ends: string[] = [];
  const failing = await start('setTimeout(() => process.exit(4), 50)');
  failing.onUnexpectedEnd((how) => ends.push(how));
  await expect(failing.next(5_000)).rejects.toThrow();
  expect(ends).toEqual(['code 4']);
  const asked = await start(echo);
  asked.onUnexpectedEnd((how) => ends.push(how));
  await asked.kill();
  expect(ends).toHaveLength(1);
});

test('a process that does not close is killed', async () => {
  const stubborn = await start(
    `process.on('message', () => {}); process.send({ type: 'said', text: 'up' });`,
  );
  await stubborn.next(5_000);
  await stubborn.close(100);
  expect(() => process.kill(stubborn.pid, 0)).toThrow();
});

test('what nobody understands is refused', async () => {
  const strange = await start(`process.send({ type: 'sung' }); setInterval(() => {}, 1000)`);
  await expect(strange.next(5_000)).rejects.toThrow(/said something unknown/);
});
