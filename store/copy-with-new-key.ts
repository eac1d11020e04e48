import { Worker } from 'node:worker_threads';
import * as v from 'valibot';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import { threadKey } from './sqlcipher/thread-key.ts';

/** What a copy may fail with. */
export const CopyFailureSchema = v.picklist([
  'store.disk-full',
  'store.damaged',
  'store.in-use',
  'store.wrong-key',
  'store.newer',
]);

const CopyNewsSchema = v.variant('kind', [
  v.object({ kind: v.literal('progress'), done: v.number() }),
  v.object({ kind: v.literal('done') }),
  v.object({ kind: v.literal('failed'), code: CopyFailureSchema }),
]);
/** What the copying thread says. */
export type CopyNews = v.InferOutput<typeof CopyNewsSchema>;

export interface CopyOrder {
  /** Database file of a closed replica. */
  readonly from: string;
  /** Does not exist; its folder does. Gets its key check beside it. */
  readonly to: string;
  /** 32 bytes each. */
  readonly key: Uint8Array;
  readonly newKey: Uint8Array;
  /** 0 to 1. */
  readonly onProgress: (done: number) => void;
}

/**
 * Copies a closed replica to another file under another key (ACC-24), in a thread of its own: whole, with row ids and
 * versions as they are, every page checked and all rows counted, synced. Needs the file's size in free space, which is
 * checked before anything is written. On failure the copy is left for the caller to remove; the source is as it was. Rejects
 * with a `ReplicaFailure`: `store.disk-full`, `store.damaged`, `store.in-use`.
 */
export function copyWithNewKey({ from, to, key, newKey, onProgress }: CopyOrder): Promise<void> {
  const keys = { key: threadKey(key), newKey: threadKey(newKey) };
  const worker = new Worker(new URL('./copy-with-new-key-worker.ts', import.meta.url), {
    workerData: { from, to, ...keys },
  });
  return new Promise<void>((resolve, reject) => {
    worker.on('message', (message: unknown) => {
      const news = v.parse(CopyNewsSchema, message);
      if (news.kind === 'progress') onProgress(news.done);
      else if (news.kind === 'done') resolve();
      else reject(new ReplicaFailure(news.code));
    });
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the copying thread ended without an answer')));
  }).finally(() => {
    for (const own of [keys.key, keys.newKey]) own.fill(0);
  });
}
