import { type ChildProcess, fork } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import PouchDB from 'pouchdb';
import * as v from 'valibot';
import { durableLevel } from './durable-level.ts';
import type { PouchDatabase } from './pouchdb-shapes.ts';

/** PouchDB with LevelDB at both ends, replicating over HTTP. */
export interface PouchWorld {
  /** A database in this process; holds `documents` if given. */
  local(name: string, documents?: readonly object[]): Promise<PouchDatabase>;
  remote(name: string): string;
  close(): Promise<void>;
}

const Ready = v.object({ url: v.string() });

/** `as-shipped` writes as PouchDB does, which survives no power cut; `durable` forces each write to the disk. */
export type Durability = 'durable' | 'as-shipped';

/** Starts the server side in a process of its own. */
export async function startPouch(folder: string, durability: Durability): Promise<PouchWorld> {
  await mkdir(folder, { recursive: true });
  const child = fork(join(import.meta.dirname, 'pouchdb-side.ts'), [folder, durability]);
  const { url } = await new Promise<v.InferOutput<typeof Ready>>((resolve, reject) => {
    child.once('message', (message) => resolve(v.parse(Ready, message)));
    child.once('exit', (code) => reject(new Error(`express-pouchdb ended with ${code}`)));
  });
  const opened: PouchDatabase[] = [];
  return {
    local: async (name, documents = []) => {
      const options = durability === 'durable' ? { db: durableLevel } : {};
      const database = new PouchDB(join(folder, `local-${name}`), options);
      opened.push(database);
      for (let from = 0; from < documents.length; from += 500) {
        await database.bulkDocs(documents.slice(from, from + 500));
      }
      return database;
    },
    remote: (name) => `${url}/${name}`,
    close: async () => {
      for (const database of opened) await database.close();
      await ended(child);
    },
  };
}

/** Replicates and returns the milliseconds it took; throws unless all `count` documents were written. */
export async function replicate(
  from: PouchDatabase | string,
  to: PouchDatabase | string,
  count: number,
  batchSize: number,
): Promise<number> {
  const begun = performance.now();
  const done = await PouchDB.replicate(from, to, { batch_size: batchSize, batches_limit: 10 });
  if (!done.ok || done.docs_written !== count || done.errors.length > 0) {
    throw new Error(`PouchDB replicated ${done.docs_written} of ${count}`);
  }
  return performance.now() - begun;
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.disconnect();
  });
}
