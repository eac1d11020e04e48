import * as v from 'valibot';
import type { Argon2Cost } from '#access/argon2.ts';

/** Two values in base64 that give one by exclusive or. */
const halves = v.tuple([v.pipe(v.string(), v.base64()), v.pipe(v.string(), v.base64())]);

/** A thread that gets keys: for heavy reads, for copying the records under a new key, for Argon2id. */
export const threadNames = ['reading', 'copying', 'deriving'] as const;
export type ThreadName = (typeof threadNames)[number];

export const KeyedThreadsOrderSchema = v.object({
  thread: v.picklist(threadNames),
  folder: v.string(),
  key: halves,
  newKey: halves,
  passphrase: halves,
});
export type KeyedThreadsOrder = v.InferOutput<typeof KeyedThreadsOrderSchema>;

export const KeyedThreadsNewsSchema = v.picklist(['in use', 'cleared']);
export type KeyedThreadsNews = v.InferOutput<typeof KeyedThreadsNewsSchema>;

export const slotSalt = new Uint8Array(16).fill(9);
export const slotCost: Argon2Cost = { memoryKib: 8 * 1024, passes: 1 };
