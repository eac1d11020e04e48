import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { afterEach, expect, test } from 'vitest';
import { deriveInThread } from '#access/argon2-thread.ts';
import { systemRandom } from '#workstation/system-effects.ts';
import { countInMemory, type MemoryCount } from '../workstation/process-memory.ts';
import {
  type KeyedThreadsNews,
  KeyedThreadsNewsSchema,
  type KeyedThreadsOrder,
  slotCost,
  slotSalt,
  threadNames,
} from './keyed-threads-messages.ts';

const script = fileURLToPath(new URL('keyed-threads-process.ts', import.meta.url));
const passphrase = Buffer.from('qirq qulun, tort tulpor');

/** Secrets of one process, by name. */
type Secrets = Readonly<Record<'key' | 'newKey' | 'passphrase' | 'derived', Uint8Array>>;

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

// ACC-50, ACC-56. Each thread in a process of its own: another one would take over the pages that the first left.
test.for(threadNames)('nothing is left of the keys that the thread for %s had', async (thread, { skip }) => {
  const derived = await deriveInThread(passphrase, slotSalt, slotCost);
  const secrets = { key: systemRandom.bytes(32), newKey: systemRandom.bytes(32), passphrase, derived };
  const child = await start(thread, secrets);
  await said(child, 'in use');
  const inUse = await look(child, secrets);
  child.send('clear');
  await said(child, 'cleared');
  const cleared = await look(child, secrets);
  if (inUse === null || cleared === null) return skip('this system does not let one process read another');
  const held = ['key', 'newKey', 'passphrase', ...(thread === 'deriving' ? ['derived'] : [])];
  for (const name of held) expect(inUse.countByNeedle.get(name), name).toBeGreaterThan(0);
  expect([...cleared.countByNeedle].filter(([, count]) => count > 0)).toEqual([]);
});

async function start(thread: KeyedThreadsOrder['thread'], secrets: Secrets): Promise<ChildProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'keys-of-threads-'));
  endings.push(() => rm(folder, { recursive: true, force: true }));
  const order: KeyedThreadsOrder = {
    thread,
    folder,
    key: halvesOf(secrets.key),
    newKey: halvesOf(secrets.newKey),
    passphrase: halvesOf(secrets.passphrase),
  };
  const child = fork(script, [JSON.stringify(order)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  endings.push(async () => {
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
  });
  return child;
}

async function said(child: ChildProcess, wanted: KeyedThreadsNews): Promise<void> {
  const stop = new AbortController();
  const ended = once(child, 'exit', { signal: stop.signal }).then(() => ['ended']);
  try {
    const [news] = await Promise.race([once(child, 'message', { signal: stop.signal }), ended]);
    expect(v.parse(KeyedThreadsNewsSchema, news)).toBe(wanted);
  } finally {
    ended.catch(() => undefined);
    stop.abort();
  }
}

function look({ pid }: ChildProcess, secrets: Secrets): Promise<MemoryCount | null> {
  if (pid === undefined) throw new Error('it does not run');
  const needles = Object.entries(secrets).flatMap(([name, bytes]) => [
    [name, Buffer.from(bytes)] as const,
    [`${name} in hex`, Buffer.from(Buffer.from(bytes).toString('hex'))] as const,
  ]);
  return countInMemory(pid, new Map(needles)).catch(() => null);
}

function halvesOf(bytes: Uint8Array): [string, string] {
  const mask = systemRandom.bytes(bytes.length);
  const masked = bytes.map((byte, at) => byte ^ (mask[at] ?? 0));
  return [Buffer.from(mask).toString('base64'), Buffer.from(masked).toString('base64')];
}
