import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { describeRxStorage } from './rx-storage-conformance.ts';
import { openSqlcipherStorage } from './temporary-replica.ts';

describeRxStorage('SQLCipher', async () => openSqlcipherStorage(false));
describeRxStorage('SQLCipher with a reader thread', async () => openSqlcipherStorage(true));

/** What RxDB 17.6's memory storage gets wrong by RxDB's own description of the interface. */
const memoryGetsWrong = new Set([
  // Bounds of another type than the schema's are padded into the index, and the matcher is skipped.
  'answers: a number by a text',
  'counts: a number by a text',
  'answers: nothing at all',
  'counts: nothing at all',
  // `count` ignores skip and limit.
  'counts: a page',
  'counts: a page of matches',
  'counts: a page of no length',
  'counts: a page behind the end',
  // U+FFFF is its end of every index.
  'sorts text by UTF-16 code units',
  // It tells an event for the refused row, and stumbles over it.
  'answers a missing attachment with 510 and does not write the document',
  'tells nothing of a row refused beside a good one',
]);

describeRxStorage(
  'memory',
  async () => ({ storage: getRxStorageMemory(), close: async () => undefined }),
  memoryGetsWrong,
);
