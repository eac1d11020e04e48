import type { BulkWriteRow, CategorizeBulkWriteRowsOutput } from 'rxdb';
import type { Connection } from '../sqlcipher/connection.ts';
import type { DocumentTable } from './document-table.ts';

/** Bytes by document id and attachment id. */
export type AttachmentBytes = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

const keyOf = (documentId: string, attachmentId: string) => JSON.stringify([documentId, attachmentId]);

/** Reads the blobs of a bulk of writes, which only works asynchronously, before its transaction begins. */
export async function readAttachments<Document>(
  table: DocumentTable<Document>,
  rows: readonly BulkWriteRow<Document>[],
): Promise<AttachmentBytes> {
  const bytes = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { document } of rows) {
    for (const [attachmentId, attachment] of Object.entries(document._attachments)) {
      if (!('data' in attachment) || !(attachment.data instanceof Blob)) continue;
      const key = keyOf(table.primaryOf(document), attachmentId);
      bytes.set(key, new Uint8Array(await attachment.data.arrayBuffer()));
    }
  }
  return bytes;
}

/** The attachments of one document table, encrypted in the same file. */
export class AttachmentTable {
  readonly #connection: Connection;
  readonly #tableId: number;

  constructor(connection: Connection, tableId: number) {
    this.#connection = connection;
    this.#tableId = tableId;
  }

  /** Stores and removes what a bulk of writes says. Runs inside its transaction. */
  apply<Document>(
    { attachmentsAdd, attachmentsUpdate, attachmentsRemove }: CategorizeBulkWriteRowsOutput<Document>,
    bytes: AttachmentBytes,
  ): void {
    for (const { documentId, attachmentId, attachmentData, digest } of [
      ...attachmentsAdd,
      ...attachmentsUpdate,
    ]) {
      const data = bytes.get(keyOf(documentId, attachmentId));
      if (data === undefined) throw new Error('an attachment came without its data');
      this.#connection
        .prepare(
          `INSERT OR REPLACE INTO document_attachment (table_id, document_id, attachment_id, digest, type, data)
           VALUES (?, ?, ?, ?, ?, ?)`,
        )
        .run([this.#tableId, documentId, attachmentId, digest, attachmentData.type, data]);
    }
    for (const { documentId, attachmentId } of attachmentsRemove) {
      this.#connection
        .prepare(
          'DELETE FROM document_attachment WHERE table_id = ? AND document_id = ? AND attachment_id = ?',
        )
        .run([this.#tableId, documentId, attachmentId]);
    }
  }

  /** The data of an attachment. Throws if it is not there, or has another digest by now. */
  read(documentId: string, attachmentId: string, digest: string): Blob {
    const [row] = this.#connection
      .prepare(
        `SELECT type, data FROM document_attachment
         WHERE table_id = ? AND document_id = ? AND attachment_id = ? AND digest = ?`,
      )
      .rows([this.#tableId, documentId, attachmentId, digest]);
    const data = row?.data;
    // The ids are not named: they could say who the patient is.
    if (!(data instanceof Uint8Array)) throw new Error('attachment does not exist');
    return new Blob([data], { type: String(row?.type) });
  }
}
