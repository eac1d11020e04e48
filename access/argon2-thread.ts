import { Worker } from 'node:worker_threads';
import type { Argon2Cost } from './argon2.ts';

/** Longest a derivation may take: many times the usual half second, for a machine that is swapping. */
const longestMs = 60_000;
const keyLength = 32;

/**
 * Argon2id in a thread of its own that ends with the answer, so that its memory goes back to the system. Passphrase and key lie in
 * memory that both sides share: a message would leave copies of them behind (ACC-56). The key is the caller's to overwrite.
 */
export async function deriveInThread(
  passphrase: Uint8Array,
  salt: Uint8Array,
  cost: Argon2Cost,
): Promise<Uint8Array> {
  const typed = sharedBytes(passphrase.length);
  typed.set(passphrase);
  const key = sharedBytes(keyLength);
  try {
    await runThread({ passphrase: typed, salt, cost, key });
    return key;
  } finally {
    typed.fill(0);
  }
}

const sharedBytes = (length: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(length));

/** Resolves when the thread said that the key is there. */
function runThread(order: object): Promise<void> {
  const worker = new Worker(new URL('./argon2-worker.ts', import.meta.url), { workerData: order });
  const watchdog = setTimeout(() => void worker.terminate(), longestMs);
  return new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the thread ended without an answer')));
  }).finally(() => clearTimeout(watchdog));
}
