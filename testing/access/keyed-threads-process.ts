// Uses keys in one of the threads that get any, clears its memory as a lock does, and waits. What its keys are comes in two halves that give
// them by exclusive or, so that nothing of them is in here but what the program itself made of them.
import { join } from 'node:path';
import * as v from 'valibot';
import { deriveInThread } from '#access/argon2-thread.ts';
import { Secret } from '#access/secret.ts';
import { copyWithNewKey } from '#store/copy-with-new-key.ts';
import { openReplica } from '#store/open-replica.ts';
import { Reader } from '#store/rx-storage/reader.ts';
import { threadKey } from '#store/sqlcipher/thread-key.ts';
import { clearProcessMemory } from '#workstation/memory-clearing.ts';
import { plainPatientIndex } from '../store/replica-under-test.ts';
import {
  type KeyedThreadsNews,
  KeyedThreadsOrderSchema,
  slotCost,
  slotSalt,
  type ThreadName,
} from './keyed-threads-messages.ts';

const order = v.parse(KeyedThreadsOrderSchema, JSON.parse(process.argv[2] ?? ''));
const tell = (news: KeyedThreadsNews): void => void process.send?.(news);

function joined([left, right]: readonly [string, string]): Secret {
  const secret = new Secret(Buffer.from(left, 'base64'));
  const bytes = secret.reveal();
  for (const [at, byte] of Buffer.from(right, 'base64').entries()) bytes[at] = (bytes[at] ?? 0) ^ byte;
  return secret;
}

/** A connection of its own in a thread: counts something, twice in a row. */
async function readHeavily(file: string, key: Secret): Promise<void> {
  const own = threadKey(key.reveal());
  const reader = new Reader(file, own);
  const query = { selector: {}, sort: [] };
  const plan = {
    table: 'outbox',
    where: '',
    parameters: [],
    exact: true,
    orderBy: null,
    skip: 0,
    limit: null,
    query,
  };
  for (let again = 0; again < 2; again += 1) await reader.count(plan);
  await reader.close();
  own.fill(0);
}

/** A secret that the thread gave back, if it is one for that. */
async function use(
  thread: ThreadName,
  key: Secret,
  newKey: Secret,
  passphrase: Secret,
): Promise<Secret | null> {
  const [file, copy] = [join(order.folder, 'replica.db'), join(order.folder, 'copy.db')];
  switch (thread) {
    case 'reading':
      await readHeavily(file, key);
      return null;
    case 'copying': {
      const keys = { key: key.reveal(), newKey: newKey.reveal() };
      await copyWithNewKey({ ...keys, from: file, to: copy, onProgress: () => undefined });
      return null;
    }
    case 'deriving':
      return new Secret(await deriveInThread(passphrase.reveal(), slotSalt, slotCost));
  }
}

async function run(): Promise<void> {
  using key = joined(order.key);
  using newKey = joined(order.newKey);
  using passphrase = joined(order.passphrase);
  const replica = await openReplica({
    file: join(order.folder, 'replica.db'),
    key: key.reveal(),
    patientIndex: plainPatientIndex,
  });
  await replica.transact(({ settings }) => settings.set('note', 'something'));
  // For reading the file's log has to be there; the copy wants it closed.
  if (order.thread !== 'reading') await replica.close();
  const derived = await use(order.thread, key, newKey, passphrase);
  await replica.close();
  tell('in use');
  await new Promise((resolve) => process.once('message', resolve));
  for (const secret of [key, newKey, passphrase, derived]) secret?.wipe();
  await clearProcessMemory();
  tell('cleared');
}

process.on('message', () => undefined);
await run();
