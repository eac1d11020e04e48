import * as v from 'valibot';
import type { Argon2Cost } from '#access/argon2.ts';

/** Two values in base64 that give one by exclusive or. */
const halves = v.tuple([v.pipe(v.string(), v.base64()), v.pipe(v.string(), v.base64())]);

export const KeyedThreadsOrderSchema = v.object({
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
