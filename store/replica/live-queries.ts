import { randomUUID } from 'node:crypto';
import { createRxDatabase, type RxCollection, type RxDatabase, type RxQuery, type RxStorage } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import type { Subscription } from 'rxjs';
import type { RecordQuery } from '#clinic/ports/replica.ts';
import type { CollectionName, RecordOf } from '#contracts/records/registry.ts';
import type { SqlcipherStorage } from '../rx-storage/storage.ts';
import { toRxQuery } from './find-records.ts';
import {
  recordTableOptions,
  rxDatabaseName,
  rxSchemaOf,
  type StoredRecord,
  storedTypes,
  toRecord,
} from './record-tables.ts';

/** Most live queries at once: two screens, each with as many views as the bridge allows. */
const maxLiveQueries = 256;

/** One live query. `settled` resolves when it has told the answer after the latest commit. */
interface LiveQuery {
  readonly collection: CollectionName;
  settled(): Promise<void>;
}

/**
 * Live queries through RxDB (STO-12). The RxDB database is made when the first one is opened, a collection when the first
 * one on it is: the free core counts open collections over the whole process.
 */
export class LiveQueries {
  readonly #storage: RxStorage<unknown, unknown>;
  readonly #failed: (error: unknown) => void;
  readonly #open = new Set<LiveQuery>();
  #database: Promise<RxDatabase> | undefined;
  readonly #collections = new Map<CollectionName, Promise<unknown>>();
  #isClosed = false;

  /** `failed` hears of a live query that ended because it could not be read. */
  constructor(storage: SqlcipherStorage, failed: (error: unknown) => void) {
    this.#storage = withTransientInternals(storage);
    this.#failed = failed;
  }

  /** Tells the present answer, and every later one; returns a function that ends it. */
  open<C extends CollectionName>(
    collection: C,
    query: RecordQuery,
    told: (records: readonly RecordOf<C>[]) => void,
  ): () => void {
    if (this.#open.size >= maxLiveQueries) throw new Error('too many live queries');
    const rxQuery = toRxQuery(collection, query);
    let subscription: Subscription | undefined;
    let isEnded = false;
    const started = this.#collection(collection).then((rxCollection) => {
      if (isEnded) return undefined;
      const running = rxCollection.find(rxQuery);
      subscription = running.$.subscribe({
        next: (documents) => told(documents.map(({ _data }) => recordOf<C>(_data))),
        error: this.#failed,
      });
      return running;
    });
    started.catch(this.#failed);
    const live: LiveQuery = { collection, settled: () => settle(started, this.#failed) };
    this.#open.add(live);
    return () => {
      isEnded = true;
      this.#open.delete(live);
      subscription?.unsubscribe();
    };
  }

  /** Resolves when every live query on `collections` has told what it says after the latest commit. */
  async settled(collections: ReadonlySet<CollectionName>): Promise<void> {
    const touched = [...this.#open].filter(({ collection }) => collections.has(collection));
    if (touched.length > 0) await Promise.all(touched.map((live) => live.settled()));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#open.clear();
    await Promise.allSettled([...this.#collections.values()]);
    await (await this.#database)?.close();
  }

  #collection<C extends CollectionName>(collection: C): Promise<RxCollection<RecordOf<C>>> {
    if (this.#isClosed) throw new Error('the replica is closed');
    const known = this.#collections.get(collection);
    // Every entry was made by addCollection for its own collection.
    if (known !== undefined) return known as Promise<RxCollection<RecordOf<C>>>;
    this.#database ??= createRxDatabase({
      // RxDB allows each name once per process; the tables are named by the storage below.
      name: `${rxDatabaseName}-${randomUUID()}`,
      storage: this.#storage,
      multiInstance: false,
      eventReduce: true,
    });
    const added = this.#database.then((database) => addCollection(database, collection));
    this.#collections.set(collection, added);
    return added;
  }
}

async function addCollection<C extends CollectionName>(
  database: RxDatabase,
  collection: C,
): Promise<RxCollection<RecordOf<C>>> {
  const schema = rxSchemaOf<C>(storedTypes[collection]);
  const added = await database.addCollections<Record<C, RxCollection<RecordOf<C>>>>({
    [collection]: { schema, instanceCreationOptions: recordTableOptions },
  } as never);
  return added[collection];
}

/**
 * RxDB answers the change it was told of first, in the order it came, so once the query has been brought up to date here,
 * its subscriber has heard. A query that cannot be read reports that itself.
 */
async function settle(
  started: Promise<RxQuery | undefined>,
  failed: (error: unknown) => void,
): Promise<void> {
  try {
    await (await started)?.exec();
  } catch (error) {
    failed(error);
  }
}

const recordsByDocument = new WeakMap<object, unknown>();

/** One record object per document version: a list of hundreds is told anew after each change of one of them. */
function recordOf<C extends CollectionName>(document: StoredRecord<C>): RecordOf<C> {
  const known = recordsByDocument.get(document);
  if (known !== undefined) return known as RecordOf<C>;
  const record = toRecord<C>(document);
  recordsByDocument.set(document, record);
  return record;
}

/**
 * RxDB's own notes (a token, the collections' schemas) say nothing that the file does not know already. In memory they
 * cost no fsync at the start, and an index can be added without a new schema version.
 */
function withTransientInternals(storage: SqlcipherStorage): RxStorage<unknown, unknown> {
  const memory = getRxStorageMemory();
  return {
    name: storage.name,
    rxdbVersion: storage.rxdbVersion,
    createStorageInstance: (parameters) =>
      parameters.collectionName === '_rxdb_internal'
        ? memory.createStorageInstance({ ...parameters, options: {} })
        : storage.createStorageInstance({
            ...parameters,
            databaseName: rxDatabaseName,
            options: recordTableOptions,
          }),
  };
}
