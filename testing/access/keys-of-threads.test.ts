import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deriveInThread } from '#access/argon2-thread.ts';
import { systemRandom } from '#workstation/system-effects.ts';
import { countInMemory, type MemoryCount } from '../workstation/process-memory.ts';
import {
  type KeyedThreadsNews,
  KeyedThreadsNewsSchema,
  type KeyedThreadsOrder,
  slotCost,
  slotSalt,
} from './keyed-threads-messages.ts';

// ACC-50, ACC-56: the threads for heavy reads, for copying under a new key and for Argon2id, in a process of their own.
let folder: string;
let child: ChildProcess;
let inUse: MemoryCount | null;
let cleared: MemoryCount | null;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keys-of-threads-'));
  const [key, newKey] = [systemRandom.bytes(32), systemRandom.bytes(32)];
  const passphrase = Buffer.from('qirq qulun, tort tulpor');
  const order: KeyedThreadsOrder = {
    folder,
    key: halvesOf(key),
    newKey: halvesOf(newKey),
    passphrase: halvesOf(passphrase),
  };
  const derived = await deriveInThread(passphrase, slotSalt, slotCost);
  const script = fileURLToPath(new URL('keyed-threads-process.ts', import.meta.url));
  child = fork(script, [JSON.stringify(order)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const needles = new Map(
    Object.entries({ key, newKey, passphrase, derived }).flatMap(([name, bytes]) => [
      [name, Buffer.from(bytes)] as const,
      [`${name} in hex`, Buffer.from(Buffer.from(bytes).toString('hex'))] as const,
    ]),
  );
  await said('in use');
  inUse = await look(needles);
  child.send('clear');
  await said('cleared');
  cleared = await look(needles);
});
afterAll(async () => {
  if (child?.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
  await rm(folder, { recursive: true, force: true });
});

test('keys that threads had are in memory while they are in use, and nowhere after they were wiped', ({
  skip,
}) => {
  if (inUse === null || cleared === null) return skip('this system does not let one process read another');
  for (const name of ['key', 'newKey', 'passphrase', 'derived']) {
    expect(inUse.countByNeedle.get(name), name).toBeGreaterThan(0);
  }
  expect([...cleared.countByNeedle].filter(([, count]) => count > 0)).toEqual([]);
});

async function said(wanted: KeyedThreadsNews): Promise<void> {
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the process ended')));
  const [news] = await Promise.race([once(child, 'message'), ended]);
  if (v.parse(KeyedThreadsNewsSchema, news) !== wanted)
    throw new Error(`it did not say that it is ${wanted}`);
}

const look = (needles: ReadonlyMap<string, Buffer>): Promise<MemoryCount | null> =>
  child.pid === undefined ? Promise.resolve(null) : countInMemory(child.pid, needles).catch(() => null);

function halvesOf(bytes: Uint8Array): [string, string] {
  const mask = systemRandom.bytes(bytes.length);
  const masked = bytes.map((byte, at) => byte ^ (mask[at] ?? 0));
  return [Buffer.from(mask).toString('base64'), Buffer.from(masked).toString('base64')];
}
