/** What the comparison uses of packages that bring no types. */
declare module 'pouchdb' {
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
  interface Pouch {
    new (name: string, options?: object): PouchDatabase;
    defaults(options: object): Pouch;
    replicate(
      from: PouchDatabase | string,
      to: PouchDatabase | string,
      options: { readonly batch_size: number; readonly batches_limit: number },
    ): Promise<Replication>;
  }
  const PouchDB: Pouch;
  export default PouchDB;
}

declare module 'express-pouchdb' {
  import type { RequestListener } from 'node:http';
  export default function serve(pouch: object, options: object): RequestListener;
}

declare module 'express' {
  import type { RequestListener } from 'node:http';

  interface Application extends RequestListener {
    use(path: string, serve: RequestListener): void;
  }
  export default function express(): Application;
}

declare module 'leveldown' {
  interface Store {
    _batch(operations: unknown, options: object, done: unknown): void;
    _put(key: unknown, value: unknown, options: object, done: unknown): void;
    _del(key: unknown, options: object, done: unknown): void;
  }
  export default function leveldown(location: string): Store;
}
