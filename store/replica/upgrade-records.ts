import { createRxSchema, defaultHashSha256 } from 'rxdb';
import type { CollectionName, RecordOf } from '#contracts/records/registry.ts';
import type { SqlcipherStorage } from '../rx-storage/storage.ts';
import { layoutOf } from '../rx-storage/table-layout.ts';
import { dropTable, openTable, schemaVersionsOf } from '../rx-storage/table-register.ts';
import { openRecordTable, rxDatabaseName, rxSchemaOf, type StoredType } from './record-tables.ts';

/**
 * Takes records of older shapes through the record type's upgrades into the table of the present version (STO-4). All of
 * one older version in one transaction: a power cut leaves the old table whole, and the next start does it again.
 * `upgraded` hears of every record inside that transaction.
 */
export function upgradeRecords<C extends CollectionName>(
  storage: SqlcipherStorage,
  collection: C,
  type: StoredType,
  upgraded: (record: RecordOf<C>) => void,
): void {
  const { connection } = storage;
  const older = schemaVersionsOf(connection, rxDatabaseName, collection).filter((v) => v < type.version);
  if (older.length === 0) return;
  const present = openRecordTable(storage, collection, type);
  for (const version of older) {
    const key = { databaseName: rxDatabaseName, collection, schemaVersion: version };
    const schema = createRxSchema<RecordOf<C>>(rxSchemaOf<C>({ ...type, version }), defaultHashSha256, false);
    const old = openTable<RecordOf<C>>(connection, key, layoutOf(schema.jsonSchema, {}));
    connection.transaction(() => {
      const body = connection.prepare(`SELECT body FROM ${old.name} WHERE rowid = ?`);
      for (const row of connection.prepare(`SELECT rowid FROM ${old.name} ORDER BY rowid`).values([])) {
        const document = old.parseBody(String(body.value([row])));
        const next = { ...document, body: upgradeBody<C>(type, version, document.body) };
        if (present.insert(next)) upgraded(next);
      }
      dropTable(connection, old.id);
    });
  }
}

function upgradeBody<C extends CollectionName>(
  type: StoredType,
  from: number,
  body: unknown,
): RecordOf<C>['body'] {
  let upgraded = body;
  for (let version = from; version < type.version; version += 1) {
    const step = type.upgrades[version];
    if (step === undefined) throw new Error(`no upgrade from version ${version}`);
    upgraded = step(upgraded);
  }
  // The last upgrade gives the present shape; its own tests prove it.
  return upgraded as RecordOf<C>['body'];
}
