import { argon2id } from '@noble/hashes/argon2.js';
import { expect, test } from 'vitest';
import { deriveInThread } from './argon2-thread.ts';

const cost = { memoryKib: 8 * 1024, passes: 1 };
const passphrase = new TextEncoder().encode('tog olma 7 daryo');
const salt = new Uint8Array(16).fill(9);

test('the thread gives what Argon2id gives', async () => {
  const here = argon2id(passphrase, salt, { m: cost.memoryKib, t: cost.passes, p: 1, dkLen: 32 });
  expect(Buffer.from(await deriveInThread(passphrase, salt, cost))).toEqual(Buffer.from(here));
});

test('the event loop goes on while the thread works', async () => {
  let turns = 0;
  const beat = setInterval(() => (turns += 1), 5);
  await deriveInThread(passphrase, salt, { memoryKib: 19 * 1024, passes: 1 });
  clearInterval(beat);
  expect(turns).toBeGreaterThan(10);
});

test('a cost out of bounds is refused', async () => {
  await expect(deriveInThread(passphrase, salt, { memoryKib: 1, passes: 1 })).rejects.toThrow();
});
