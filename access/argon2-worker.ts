// Runs inside the thread that argon2-thread.ts starts: one derivation, one answer, end.
import { parentPort, workerData } from 'node:worker_threads';
import { argon2id } from '@noble/hashes/argon2.js';
import * as v from 'valibot';
import { Argon2CostSchema } from './argon2.ts';

const OrderSchema = v.object({
  passphrase: v.instance(Uint8Array),
  salt: v.instance(Uint8Array),
  cost: Argon2CostSchema,
  /** Where the key is written, in memory shared with whoever asked. */
  key: v.instance(Uint8Array),
});

const { passphrase, salt, cost, key } = v.parse(OrderSchema, workerData);
const derived = argon2id(passphrase, salt, { m: cost.memoryKib, t: cost.passes, p: 1, dkLen: key.length });
key.set(derived);
derived.fill(0);
parentPort?.postMessage('derived');
