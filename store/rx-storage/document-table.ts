import type { EventBulk, RxDocumentData, RxStorageChangeEvent, RxStorageDefaultCheckpoint } from 'rxdb';
import { Subject } from 'rxjs';
import type { Connection, PreparedStatement, SqlValue } from '../sqlcipher/connection.ts';
import { orderedText } from './ordered-text.ts';
import { fieldReader, type TableLayout, toColumnValue } from './table-layout.ts';

export type DocumentEvents<Document> = EventBulk<
  RxStorageChangeEvent<RxDocumentData<Document>>,
  RxStorageDefaultCheckpoint
>;

/** A document's JSON text, as text or in UTF-8. */
export type DocumentText = string | Uint8Array<ArrayBuffer>;

/**
 * The table of one collection and schema version: a row per document with its JSON body and a column per indexed field
 * (STO-8). Knows nothing of conflicts; writes run inside the caller's transaction.
 */
export class DocumentTable<Document> {
  readonly id: number;
  readonly name: string;
  readonly layout: TableLayout;
  readonly connection: Connection;
  /** Changes of all instances that share this table, told after their commit. */
  readonly changes = new Subject<DocumentEvents<Document>>();
  isRemoved = false;
  readonly #columnReaders: readonly ((document: object) => SqlValue)[];
  readonly #insert: PreparedStatement;
  readonly #replace: PreparedStatement;
  readonly #replaceRevision: PreparedStatement;
  readonly #delete: PreparedStatement;
  readonly #body: PreparedStatement;
  readonly #livingBody: PreparedStatement;

  constructor(connection: Connection, id: number, layout: TableLayout) {
    this.connection = connection;
    this.id = id;
    this.name = tableName(id);
    this.layout = layout;
    this.#columnReaders = layout.columns.map(({ path, kind }) => {
      const read = fieldReader(path);
      return (document) => toColumnValue(kind, read(document));
    });
    const sql = writeStatements(this.name, layout);
    this.#insert = connection.prepare(sql.insert);
    this.#replace = connection.prepare(sql.replace);
    this.#replaceRevision = connection.prepare(`${sql.replace} AND rev = ?`);
    this.#delete = connection.prepare(`DELETE FROM ${this.name} WHERE id = ?`);
    this.#body = connection.prepare(`SELECT body FROM ${this.name} WHERE id = ?`);
    this.#livingBody = connection.prepare(`SELECT body FROM ${this.name} WHERE id = ? AND deleted = 0`);
  }

  primaryOf(document: object): string {
    return String(Reflect.get(document, this.layout.primaryPath));
  }

  /** The document, also if it is deleted. */
  read(id: string): RxDocumentData<Document> | undefined {
    return this.#parse(this.#body.value([orderedText(id)]));
  }

  /** The document, unless it is deleted. */
  readLiving(id: string): RxDocumentData<Document> | undefined {
    return this.#parse(this.#livingBody.value([orderedText(id)]));
  }

  /** Inserts a document; false if its id is taken. `body`: its JSON text, where the caller has it. */
  insert(document: RxDocumentData<Document>, body?: DocumentText): boolean {
    return this.#insert.run(this.#values(document, body)) === 1;
  }

  /** Replaces the document that has the revision `revision`; false if there is none. */
  replaceRevision(document: RxDocumentData<Document>, revision: string): boolean {
    const values = this.#values(document);
    values.push(orderedText(this.primaryOf(document)), revision);
    return this.#replaceRevision.run(values) === 1;
  }

  /** Replaces a document whatever its revision. `body`: its JSON text, where the caller has it. */
  replace(document: RxDocumentData<Document>, body?: DocumentText): void {
    const values = this.#values(document, body);
    values.push(orderedText(this.primaryOf(document)));
    this.#replace.run(values);
  }

  /** Takes a document out, without a tombstone. */
  delete(id: string): void {
    this.#delete.run([orderedText(id)]);
  }

  /** Name of the column of a path. Throws if it has none: a defect of the caller. */
  columnOf(path: string): string {
    const column = this.layout.columns.find((each) => each.path === path);
    if (column === undefined) throw new Error(`${path} has no column`);
    return column.name;
  }

  /**
   * Bodies are trusted to be what was written: pages are authenticated by SQLCipher, and only this class writes them.
   */
  parseBody(body: string): RxDocumentData<Document> {
    const document: RxDocumentData<Document> = JSON.parse(body);
    return document;
  }

  #parse(body: SqlValue | undefined): RxDocumentData<Document> | undefined {
    return typeof body === 'string' ? this.parseBody(body) : undefined;
  }

  #values(document: RxDocumentData<Document>, body: DocumentText = JSON.stringify(document)): SqlValue[] {
    const values: SqlValue[] = [
      orderedText(this.primaryOf(document)),
      document._rev,
      document._deleted ? 1 : 0,
      document._meta.lwt,
    ];
    for (const read of this.#columnReaders) values.push(read(document));
    values.push(body);
    return values;
  }
}

export const tableName = (id: number): string => `document_${id}`;

function writeStatements(table: string, layout: TableLayout): { insert: string; replace: string } {
  const names = ['id', 'rev', 'deleted', 'lwt', ...layout.columns.map(({ name }) => name)];
  // Bytes come as a blob, and are the text they hold.
  const body = 'CAST(? AS TEXT)';
  return {
    insert: `INSERT INTO ${table} (${names.join(', ')}, body) VALUES (${names.map(() => '?').join(', ')}, ${body}) ON CONFLICT (id) DO NOTHING`,
    replace: `UPDATE ${table} SET ${names.map((name) => `${name} = ?`).join(', ')}, body = ${body} WHERE id = ?`,
  };
}
