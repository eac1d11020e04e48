// Runs inside the thread that argon2-thread.ts starts: one derivation, one answer, end.
import { parentPort, workerData } from 'node:worker_threads';
import { argon2id } from '@noble/hashes/argon2.js';
import * as v from 'valibot';
import { Argon2CostSchema } from './argon2.ts';

const OrderSchema = v.object({
  passphrase: v.instance(Uint8Array),
  salt: v.instance(Uint8Array),
  cost: Argon2CostSchema,
});

const { passphrase, salt, cost } = v.parse(OrderSchema, workerData);
const key = argon2id(passphrase, salt, { m: cost.memoryKib, t: cost.passes, p: 1, dkLen: 32 });
parentPort?.postMessage(key);
