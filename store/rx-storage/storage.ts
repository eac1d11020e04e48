import {
  addRxStorageMultiInstanceSupport,
  ensureRxStorageInstanceParamsAreCorrect,
  type RxDocumentData,
  type RxJsonSchema,
  type RxStorage,
  type RxStorageInstanceCreationParams,
} from 'rxdb';
import type { Connection } from '../sqlcipher/connection.ts';
import type { DocumentTable } from './document-table.ts';
import { QueryRunner } from './query-runner.ts';
import type { Reader } from './reader.ts';
import { SqlcipherStorageInstance, type StorageInternals } from './storage-instance.ts';
import { layoutOf, type TableOptions } from './table-layout.ts';
import { openTable } from './table-register.ts';

/** The version of RxDB this storage was written against; RxDB warns of others. */
const rxdbVersion = '17.6.0';
const storageName = 'sqlcipher';

export interface StorageParts {
  readonly connection: Connection;
  /** For heavy reads; without it everything runs on the event loop. */
  readonly reader?: Reader;
}

/** RxDB's storage on an open SQLCipher connection, which it does not close. */
export class SqlcipherStorage implements RxStorage<StorageInternals, TableOptions> {
  readonly name = storageName;
  readonly rxdbVersion = rxdbVersion;
  readonly connection: Connection;
  readonly runner: QueryRunner;
  readonly #tables = new Map<string, object>();

  constructor(parts: StorageParts) {
    this.connection = parts.connection;
    this.runner = new QueryRunner(parts.connection, parts.reader);
  }

  async createStorageInstance<Document>(
    parameters: RxStorageInstanceCreationParams<Document, TableOptions>,
  ): Promise<SqlcipherStorageInstance<Document>> {
    ensureRxStorageInstanceParamsAreCorrect(parameters);
    const table = this.openTable<Document>(
      parameters.databaseName,
      parameters.collectionName,
      parameters.schema,
      // RxDB's types promise options; its internal store has none.
      parameters.options,
    );
    const instance = new SqlcipherStorageInstance<Document>(parameters, table, this.runner);
    addRxStorageMultiInstanceSupport(storageName, parameters, instance);
    return instance;
  }

  /** The table of a collection, shared by all instances of this storage so that each hears the others' changes. */
  openTable<Document>(
    databaseName: string,
    collection: string,
    schema: RxJsonSchema<RxDocumentData<Document>>,
    options: TableOptions | undefined,
  ): DocumentTable<Document> {
    const key = JSON.stringify([databaseName, collection, schema.version]);
    // A key stands for one collection and schema version, hence for one document type.
    const known = this.#tables.get(key) as DocumentTable<Document> | undefined;
    if (known !== undefined && !known.isRemoved) return known;
    const tableKey = { databaseName, collection, schemaVersion: schema.version };
    const table = openTable<Document>(this.connection, tableKey, layoutOf(schema, options ?? {}));
    this.#tables.set(key, table);
    return table;
  }
}
