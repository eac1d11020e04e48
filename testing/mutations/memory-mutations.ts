import { type Mutation, system, unit } from './mutation.ts';

const threads = system('testing/access/keys-of-threads.test.ts');
const afterLock = system('testing/workstation/after-lock.test.ts');

const clearing = 'store/sqlcipher/clear-memory.ts';

/** Bugs that leave a copy of a key in memory (docs/specs/access.md ACC-50, ACC-56; docs/specs/store.md STO-19). */
export const memoryMutations: readonly Mutation[] = [
  {
    name: 'secrets in the heap',
    why: 'the collector moves them, and wiping reaches the newest place only',
    edits: [
      {
        file: 'access/secret.ts',
        find: 'new Uint8Array(new ArrayBuffer(length))',
        replace: 'new Uint8Array(length)',
      },
    ],
    traps: [unit('access/secret.test.ts')],
  },
  {
    name: 'a secret leaves where it came from as it is',
    why: 'the copy that it was made of stays',
    edits: [{ file: 'access/secret.ts', find: '    bytes.fill(0);\n', replace: '' }],
    traps: [unit('access/secret.test.ts')],
  },
  {
    name: 'keys go to threads as messages',
    why: 'a message is written somewhere, and read to somewhere else',
    edits: [
      {
        file: 'store/sqlcipher/thread-key.ts',
        find: 'new Uint8Array(new SharedArrayBuffer(key.length))',
        replace: 'new Uint8Array(key.length)',
      },
    ],
    traps: [threads],
  },
  {
    name: 'a key in the pool of buffers',
    why: 'what lay in the pool is not overwritten',
    edits: [
      {
        file: 'store/sqlcipher/thread-key.ts',
        find: 'Buffer.from(key.buffer, key.byteOffset, key.byteLength)',
        replace: 'Buffer.from(key)',
      },
    ],
    traps: [threads, afterLock],
  },
  {
    name: 'a thread for reads leaves its heap as it is',
    why: 'its pages, with the key as hex, stay with the process',
    edits: [{ file: 'store/rx-storage/reader-thread.ts', find: '      clearMemory();\n', replace: '' }],
    traps: [threads],
  },
  {
    name: 'the copying thread leaves its heap as it is',
    why: 'its pages, with both keys as hex, stay with the process',
    edits: [{ file: 'store/copy-with-new-key-worker.ts', find: '    clearMemory();\n', replace: '' }],
    traps: [threads],
  },
  {
    name: 'the stack keeps the key',
    why: 'SQLCipher unfolded it there for its last page',
    edits: [
      {
        file: clearing,
        find: 'Reflect.apply(nothing, undefined, new Array<number>(overwrittenWords).fill(0))',
        replace: 'nothing()',
      },
    ],
    traps: [afterLock],
  },
  {
    name: 'garbage keeps the keys',
    why: 'strings of PRAGMA key and native keys live until somebody collects them',
    edits: [
      {
        file: clearing,
        find: "  garbageCollector()?.({ type: 'major', flavor: 'last-resort' });\n",
        replace: '',
      },
    ],
    traps: [threads, afterLock],
  },
];
