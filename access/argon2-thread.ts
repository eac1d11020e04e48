import { Worker } from 'node:worker_threads';
import type { Argon2Cost } from './argon2.ts';

/** Longest a derivation may take: many times the usual half second, for a machine that is swapping. */
const longestMs = 60_000;

/** Argon2id in a thread of its own that ends with the answer, so that its memory goes back to the system. */
export function deriveInThread(
  passphrase: Uint8Array,
  salt: Uint8Array,
  cost: Argon2Cost,
): Promise<Uint8Array> {
  const worker = new Worker(new URL('./argon2-worker.ts', import.meta.url), {
    workerData: { passphrase, salt, cost },
  });
  const watchdog = setTimeout(() => void worker.terminate(), longestMs);
  return new Promise<Uint8Array>((resolve, reject) => {
    worker.once('message', (key: unknown) =>
      key instanceof Uint8Array ? resolve(key) : reject(new TypeError('the thread answered no key')),
    );
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the thread ended without an answer')));
  }).finally(() => clearTimeout(watchdog));
}
