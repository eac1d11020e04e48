import type { RequestListener } from 'node:http';

/** What the comparison uses of packages that bring no types; load/pouchdb-modules.d.ts names them. */
export interface PouchDatabase {
  bulkDocs(documents: readonly object[]): Promise<unknown>;
  info(): Promise<{ readonly doc_count: number }>;
  close(): Promise<void>;
}

export interface Replication {
  readonly ok: boolean;
  readonly docs_written: number;
  readonly errors: readonly unknown[];
}

export interface Pouch {
  new (name: string, options?: object): PouchDatabase;
  defaults(options: object): Pouch;
  replicate(
    from: PouchDatabase | string,
    to: PouchDatabase | string,
    options: { readonly batch_size: number; readonly batches_limit: number },
  ): Promise<Replication>;
}

export type ServePouch = (pouch: object, options: object) => RequestListener;

export interface Application extends RequestListener {
  use(path: string, serve: RequestListener): void;
}

/** One LevelDB. */
export interface LevelStore {
  _batch(operations: unknown, options: object, done: unknown): void;
  _put(key: unknown, value: unknown, options: object, done: unknown): void;
  _del(key: unknown, options: object, done: unknown): void;
}
