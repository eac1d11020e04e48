import {
  createRxSchema,
  defaultHashSha256,
  type JsonSchema,
  type RxDocumentData,
  type RxJsonSchema,
} from 'rxdb';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import type { IndexedField } from '#contracts/records/record.ts';
import {
  type CollectionName,
  collectionNames,
  type RecordOf,
  recordTypes,
} from '#contracts/records/registry.ts';
import type { DocumentTable } from '../rx-storage/document-table.ts';
import type { SqlcipherStorage } from '../rx-storage/storage.ts';
import type { TableOptions } from '../rx-storage/table-layout.ts';
import { schemaVersionsOf } from '../rx-storage/table-register.ts';

/** Name of the RxDB database inside a replica's file. */
export const rxDatabaseName = 'replica';

/** Paths that every query may name, whatever the record type's indexes. */
export const commonPaths: readonly string[] = ['id', 'scope', 'capturedAt'];

/** Columns beyond the indexes. The revisions of a whole collection are read from an index alone (STO-8). */
export const recordTableOptions: TableOptions = {
  columns: ['scope', 'capturedAt', 'rev'],
  coveredById: ['rev'],
  isWalked: false,
};

/** A record as RxDB and the disk hold it. */
export type StoredRecord<C extends CollectionName> = RxDocumentData<RecordOf<C>>;

/** The parts of a record type the store looks at. */
export interface StoredType {
  readonly version: number;
  readonly upgrades: Readonly<Record<number, (body: unknown) => unknown>>;
  readonly indexed: readonly IndexedField[];
  readonly indexes: readonly (readonly string[])[];
}

export const storedTypes: Readonly<Record<CollectionName, StoredType>> = recordTypes;

/** RxDB's schema of a record type, as handed to `addCollections`. */
export function rxSchemaOf<C extends CollectionName>(type: StoredType): RxJsonSchema<RecordOf<C>> {
  const text = (maxLength: number): JsonSchema => ({ type: 'string', maxLength });
  const properties = {
    id: text(36),
    scope: text(9),
    rev: text(42),
    author: text(36),
    device: text(36),
    capturedAt: { type: 'number', minimum: 0, maximum: 8.64e15, multipleOf: 1 },
    hlc: text(26),
    enteredLate: text(200),
    body: bodySchema(type.indexed),
  };
  const schema: RxJsonSchema<object> = {
    version: type.version,
    primaryKey: 'id' as never,
    type: 'object',
    properties,
    required: Object.keys(properties).filter((name) => name !== 'enteredLate') as never[],
    indexes: type.indexes.map((paths) => [...paths]) as never[],
  };
  // The schema names the envelope's fields and the indexed ones of the body; RxDB needs no more of the type.
  return schema as RxJsonSchema<RecordOf<C>>;
}

/** A nested schema with a property for every indexed path below `body`. */
function bodySchema(indexed: readonly IndexedField[]): JsonSchema {
  const root: JsonSchema = { type: 'object', properties: {}, additionalProperties: true };
  for (const { path, type, maxLength } of indexed) {
    const steps = path.split('.').slice(1);
    const last = steps.pop();
    if (last === undefined || !path.startsWith('body.')) continue;
    const parent = steps.reduce(nestedSchema, root);
    const leaf: JsonSchema = { type, ...(maxLength === undefined ? {} : { maxLength }) };
    parent.properties = { ...parent.properties, [last]: leaf };
  }
  return root;
}

function nestedSchema(parent: JsonSchema, step: string): JsonSchema {
  const present = parent.properties?.[step];
  if (present !== undefined) return present;
  const child: JsonSchema = { type: 'object', properties: {}, additionalProperties: true };
  parent.properties = { ...parent.properties, [step]: child };
  return child;
}

/** The tables of all record types. */
export class RecordTables {
  readonly #tables: ReadonlyMap<CollectionName, object>;

  private constructor(tables: ReadonlyMap<CollectionName, object>) {
    this.#tables = tables;
  }

  /** Opens a table per record type. Throws `store.newer` where the file holds a shape this program does not know. */
  static open(storage: SqlcipherStorage): RecordTables {
    const tables = collectionNames.map((collection) => {
      const type = storedTypes[collection];
      const versions = schemaVersionsOf(storage.connection, rxDatabaseName, collection);
      if (versions.some((version) => version > type.version)) throw new ReplicaFailure('store.newer');
      return [collection, openRecordTable(storage, collection, type)] as const;
    });
    return new RecordTables(new Map(tables));
  }

  of<C extends CollectionName>(collection: C): DocumentTable<RecordOf<C>> {
    // Every entry was made by openRecordTable for its own collection.
    return this.#tables.get(collection) as DocumentTable<RecordOf<C>>;
  }
}

/** The table of one record type in the version of `type`. */
export function openRecordTable<C extends CollectionName>(
  storage: SqlcipherStorage,
  collection: C,
  type: StoredType,
): DocumentTable<RecordOf<C>> {
  const schema = createRxSchema<RecordOf<C>>(rxSchemaOf<C>(type), defaultHashSha256, false);
  return storage.openTable<RecordOf<C>>(rxDatabaseName, collection, schema.jsonSchema, recordTableOptions);
}

/** The record without what RxDB adds; also with fields that only a newer program knows (docs/specs/sync.md VER-5). */
export function toRecord<C extends CollectionName>(document: StoredRecord<C>): RecordOf<C> {
  const { _deleted, _attachments, _meta, _rev, ...record } = document;
  return record as RecordOf<C>;
}

/**
 * A record from its JSON text in one of our own tables. Trusted to be what was written: pages are authenticated by
 * SQLCipher, and `put` and `append` are the only ways in.
 */
export function recordFromText<C extends CollectionName>(_collection: C, text: string): RecordOf<C> {
  const record: RecordOf<C> = JSON.parse(text);
  return record;
}
