import {
  type BulkWriteRow,
  type CategorizeBulkWriteRowsOutput,
  categorizeBulkWriteRows,
  type EventBulk,
  getPrimaryFieldOfPrimaryKey,
  type PreparedQuery,
  type RxDocumentData,
  type RxJsonSchema,
  type RxStorageBulkWriteResponse,
  type RxStorageChangeEvent,
  type RxStorageCountResult,
  type RxStorageDefaultCheckpoint,
  type RxStorageInstance,
  type RxStorageInstanceCreationParams,
  type RxStorageQueryResult,
  type StringKeys,
} from 'rxdb';
import type { Observable } from 'rxjs';
import { type AttachmentBytes, AttachmentTable, readAttachments } from './attachment-table.ts';
import { compileQuery } from './compile-query.ts';
import type { DocumentTable } from './document-table.ts';
import { orderedText } from './ordered-text.ts';
import { planQuery, type QueryPlan } from './query-plan.ts';
import type { QueryRunner } from './query-runner.ts';
import type { TableOptions } from './table-layout.ts';
import { dropTable } from './table-register.ts';

export interface StorageInternals {
  readonly tableName: string;
}

/** Tombstones purged in one call of `cleanup`; RxDB calls again while there are more. */
const tombstonesPerCleanup = 500;
/** Documents fetched by id before the event loop gets a turn. */
const idsPerTurn = 500;

/** RxDB's view of one table: conflicts, events, queries, attachments (STO-8 to STO-12). */
export class SqlcipherStorageInstance<Document>
  implements RxStorageInstance<Document, StorageInternals, TableOptions, RxStorageDefaultCheckpoint>
{
  readonly databaseName: string;
  readonly collectionName: string;
  readonly schema: Readonly<RxJsonSchema<RxDocumentData<Document>>>;
  readonly options: Readonly<TableOptions>;
  readonly internals: StorageInternals;
  readonly #table: DocumentTable<Document>;
  readonly #runner: QueryRunner;
  readonly #attachments: AttachmentTable;
  readonly #primaryPath: StringKeys<Document>;
  #closed: Promise<void> | undefined;

  constructor(
    parameters: RxStorageInstanceCreationParams<Document, TableOptions>,
    table: DocumentTable<Document>,
    runner: QueryRunner,
  ) {
    this.databaseName = parameters.databaseName;
    this.collectionName = parameters.collectionName;
    this.schema = parameters.schema;
    this.options = parameters.options;
    this.internals = { tableName: table.name };
    this.#table = table;
    this.#runner = runner;
    this.#attachments = new AttachmentTable(table.connection, table.id);
    // The primary key is a field of the document, never one of those RxDB adds.
    this.#primaryPath = getPrimaryFieldOfPrimaryKey(parameters.schema.primaryKey) as StringKeys<Document>;
  }

  async bulkWrite(
    rows: BulkWriteRow<Document>[],
    context: string,
  ): Promise<RxStorageBulkWriteResponse<Document>> {
    const table = this.#openTable();
    const attachments = table.layout.hasAttachments ? await readAttachments(table, rows) : undefined;
    const written = table.connection.transaction(() =>
      attachments === undefined
        ? this.#write(rows, context)
        : this.#writeWithAttachments(rows, context, attachments),
    );
    this.#tell(written);
    return { error: written.errors };
  }

  async findDocumentsById(ids: string[], withDeleted: boolean): Promise<RxDocumentData<Document>[]> {
    const table = this.#openTable();
    const found: RxDocumentData<Document>[] = [];
    let untilTurn = idsPerTurn;
    for (const id of ids) {
      if (untilTurn === 0) {
        await nextTurn();
        untilTurn = idsPerTurn;
      }
      untilTurn -= 1;
      const document = withDeleted ? table.read(id) : table.readLiving(id);
      if (document !== undefined) found.push(document);
    }
    return found;
  }

  async query(prepared: PreparedQuery<Document>): Promise<RxStorageQueryResult<Document>> {
    const documents = await this.#runner.find(this.#plan(prepared));
    // Bodies are trusted to be what was written, see DocumentTable.parseBody.
    return { documents: documents as RxDocumentData<Document>[] };
  }

  async count(prepared: PreparedQuery<Document>): Promise<RxStorageCountResult> {
    return { count: await this.#runner.count(this.#plan(prepared)), mode: 'fast' };
  }

  async getChangedDocumentsSince(
    limit: number,
    checkpoint?: RxStorageDefaultCheckpoint,
  ): Promise<{ documents: RxDocumentData<Document>[]; checkpoint: RxStorageDefaultCheckpoint }> {
    const table = this.#openTable();
    const since = checkpoint ?? { id: '', lwt: 0 };
    const documents = table.connection
      .prepare(`SELECT body FROM ${table.name} WHERE (lwt, id) > (?, ?) ORDER BY lwt, id LIMIT ?`)
      .values([since.lwt, orderedText(since.id), limit])
      .map((body) => table.parseBody(String(body)));
    const last = documents.at(-1);
    return {
      documents,
      checkpoint: last === undefined ? since : { id: table.primaryOf(last), lwt: last._meta.lwt },
    };
  }

  changeStream(): Observable<
    EventBulk<RxStorageChangeEvent<RxDocumentData<Document>>, RxStorageDefaultCheckpoint>
  > {
    return this.#openTable().changes.asObservable();
  }

  async getAttachmentData(documentId: string, attachmentId: string, digest: string): Promise<Blob> {
    this.#openTable();
    return this.#attachments.read(documentId, attachmentId, digest);
  }

  /** Purges tombstones older than `minimumDeletedTime` milliseconds; false while there are more. */
  async cleanup(minimumDeletedTime: number): Promise<boolean> {
    const table = this.#openTable();
    const purged = table.connection.transaction(() =>
      table.connection
        .prepare(
          `DELETE FROM ${table.name} WHERE rowid IN
             (SELECT rowid FROM ${table.name} WHERE deleted = 1 AND lwt <= ? ORDER BY lwt LIMIT ?)`,
        )
        .run([Date.now() - minimumDeletedTime, tombstonesPerCleanup]),
    );
    return purged < tombstonesPerCleanup;
  }

  async remove(): Promise<void> {
    const table = this.#openTable();
    table.connection.transaction(() => dropTable(table.connection, table.id));
    table.isRemoved = true;
    await this.close();
  }

  close(): Promise<void> {
    this.#closed ??= Promise.resolve();
    return this.#closed;
  }

  #openTable(): DocumentTable<Document> {
    if (this.#closed !== undefined) throw new Error(`storage instance ${this.collectionName} is closed`);
    if (this.#table.isRemoved) throw new Error(`storage instance ${this.collectionName} is removed`);
    return this.#table;
  }

  #plan(prepared: PreparedQuery<Document>): QueryPlan {
    const table = this.#openTable();
    return planQuery(table.name, compileQuery(table.layout, prepared.query), prepared.query);
  }

  /**
   * Writes first and asks only where that fails: most rows are new documents, or replace the revision they name. What was
   * found in the database decides about conflicts in RxDB's own words.
   */
  #write(rows: BulkWriteRow<Document>[], context: string): CategorizeBulkWriteRowsOutput<Document> {
    const table = this.#table;
    const inDatabase = new Map<string, RxDocumentData<Document>>();
    const inserted = new Set<string>();
    for (const { document, previous } of rows) {
      const id = table.primaryOf(document);
      const stored = asStored(document);
      if (previous !== undefined && table.replaceRevision(stored, previous._rev)) {
        inDatabase.set(id, previous);
      } else if (!table.insert(stored)) {
        if (inserted.has(id)) throw new Error('one bulk write names a document twice');
        const present = table.read(id);
        if (present !== undefined) inDatabase.set(id, present);
      } else {
        inserted.add(id);
      }
    }
    return categorizeBulkWriteRows<Document>(this, this.#primaryPath, inDatabase, rows, context);
  }

  /** A row whose attachment is missing must not be written at all, so here RxDB decides first. */
  #writeWithAttachments(
    rows: BulkWriteRow<Document>[],
    context: string,
    bytes: AttachmentBytes,
  ): CategorizeBulkWriteRowsOutput<Document> {
    const table = this.#table;
    const present = rows.map(({ document }) => table.read(table.primaryOf(document)));
    const inDatabase = new Map(
      present
        .filter((document) => document !== undefined)
        .map((document) => [table.primaryOf(document), document]),
    );
    const categorized = categorizeBulkWriteRows<Document>(this, this.#primaryPath, inDatabase, rows, context);
    for (const { document } of categorized.bulkInsertDocs) table.insert(document);
    for (const { document } of categorized.bulkUpdateDocs) table.replace(document);
    this.#attachments.apply(categorized, bytes);
    return categorized;
  }

  /** After the commit and before `bulkWrite` resolves: RxDB counts on that order. */
  #tell({ eventBulk, newestRow, errors }: CategorizeBulkWriteRowsOutput<Document>): void {
    if (errors.length > 0) {
      // RxDB 17.6 also makes an event for a document it refuses because an attachment is missing.
      const refused = new Set(errors.map(({ documentId }) => documentId));
      eventBulk.events = eventBulk.events.filter(({ documentId }) => !refused.has(documentId));
    }
    if (eventBulk.events.length === 0 || newestRow === undefined) return;
    const { document } = newestRow;
    eventBulk.checkpoint = { id: this.#table.primaryOf(document), lwt: document._meta.lwt };
    this.#table.changes.next(eventBulk);
  }
}

/** Without attachments, what is written is what is stored. */
function asStored<Document>(document: BulkWriteRow<Document>['document']): RxDocumentData<Document> {
  return document as RxDocumentData<Document>;
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
