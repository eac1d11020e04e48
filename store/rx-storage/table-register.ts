import * as v from 'valibot';
import type { Connection } from '../sqlcipher/connection.ts';
import { DocumentTable, tableName } from './document-table.ts';
import type { Column, TableLayout } from './table-layout.ts';

/** Which documents: one table each. */
export interface TableKey {
  readonly databaseName: string;
  readonly collection: string;
  readonly schemaVersion: number;
}

const LayoutSchema = v.object({
  primaryPath: v.string(),
  columns: v.array(
    v.object({ path: v.string(), name: v.string(), kind: v.picklist(['text', 'number', 'boolean']) }),
  ),
  indexes: v.array(v.array(v.string())),
  hasAttachments: v.boolean(),
  // Registers of earlier programs do not say it: every table had that index.
  isWalked: v.optional(v.boolean(), true),
});

/** Opens the table of `key`, making it, or remaking it with other columns and indexes, where that is needed. */
export function openTable<Document>(
  connection: Connection,
  key: TableKey,
  layout: TableLayout,
): DocumentTable<Document> {
  const present = findTable(connection, key);
  if (present === undefined) {
    const id = connection.transaction(() => createTable(connection, key, layout));
    return new DocumentTable<Document>(connection, id, layout);
  }
  const isSame = JSON.stringify(present.layout) === JSON.stringify(layout);
  if (!isSame) connection.transaction(() => rebuildTable(connection, present.id, layout));
  return new DocumentTable<Document>(connection, present.id, layout);
}

/** Schema versions for which a table exists, ascending. */
export function schemaVersionsOf(connection: Connection, databaseName: string, collection: string): number[] {
  return connection
    .prepare(
      'SELECT schema_version FROM document_table WHERE database_name = ? AND collection = ? ORDER BY schema_version',
    )
    .values([databaseName, collection])
    .map(Number);
}

/** Drops a table with its attachments and forgets it. Runs inside the caller's transaction. */
export function dropTable(connection: Connection, id: number): void {
  connection.execute(`DROP TABLE IF EXISTS ${tableName(id)}`);
  connection.prepare('DELETE FROM document_attachment WHERE table_id = ?').run([id]);
  connection.prepare('DELETE FROM document_table WHERE id = ?').run([id]);
}

function findTable(connection: Connection, key: TableKey): { id: number; layout: TableLayout } | undefined {
  const [row] = connection
    .prepare(
      'SELECT id, layout FROM document_table WHERE database_name = ? AND collection = ? AND schema_version = ?',
    )
    .rows([key.databaseName, key.collection, key.schemaVersion]);
  if (row === undefined) return undefined;
  return { id: Number(row.id), layout: v.parse(LayoutSchema, JSON.parse(String(row.layout))) };
}

function createTable(connection: Connection, key: TableKey, layout: TableLayout): number {
  const id = Number(
    connection
      .prepare(
        'INSERT INTO document_table (database_name, collection, schema_version, layout) VALUES (?, ?, ?, ?) RETURNING id',
      )
      .value([key.databaseName, key.collection, key.schemaVersion, JSON.stringify(layout)]),
  );
  connection.execute(tableStatements(id, layout));
  return id;
}

/** Bodies hold everything, so columns and indexes can be made anew from them. */
function rebuildTable(connection: Connection, id: number, layout: TableLayout): void {
  const table = tableName(id);
  for (const index of connection
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL`)
    .values([table])) {
    connection.execute(`DROP INDEX "${String(index)}"`);
  }
  connection.execute(`ALTER TABLE ${table} RENAME TO ${table}_before`);
  connection.execute(tableStatements(id, layout));
  const rebuilt = new DocumentTable<object>(connection, id, layout);
  const rows = connection.prepare(`SELECT rowid FROM ${table}_before ORDER BY rowid`).values([]);
  const body = connection.prepare(`SELECT body FROM ${table}_before WHERE rowid = ?`);
  for (const row of rows) rebuilt.insert(rebuilt.parseBody(String(body.value([row]))));
  connection.execute(`DROP TABLE ${table}_before`);
  connection.prepare('UPDATE document_table SET layout = ? WHERE id = ?').run([JSON.stringify(layout), id]);
}

export const indexName = (table: string, columns: readonly string[]): string =>
  `${table}_${columns.join('_')}`;

const affinityByKind: Readonly<Record<Column['kind'], string>> = {
  text: 'TEXT',
  number: 'NUMERIC',
  boolean: 'INTEGER',
};

function tableStatements(id: number, layout: TableLayout): string {
  const table = tableName(id);
  const columns = layout.columns.map(({ name, kind }) => `  ${name} ${affinityByKind[kind]},`);
  const walk = layout.isWalked ? `CREATE INDEX ${table}_written ON ${table} (lwt, id);` : '';
  const indexes = layout.indexes.map(
    (names) => `CREATE INDEX ${indexName(table, names)} ON ${table} (${names.join(', ')}) WHERE deleted = 0;`,
  );
  return `
CREATE TABLE ${table} (
  id TEXT PRIMARY KEY NOT NULL,
  rev TEXT NOT NULL,
  deleted INTEGER NOT NULL,
  lwt REAL NOT NULL,
${columns.join('\n')}
  body TEXT NOT NULL
);
${walk}
CREATE INDEX ${table}_deleted ON ${table} (lwt) WHERE deleted = 1;
${indexes.join('\n')}
`;
}
