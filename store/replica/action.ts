import { randomUUID } from 'node:crypto';
import { createRevision, now, type RxStorageChangeEvent } from 'rxdb';
import type {
  AuditDraft,
  CommitNotice,
  OutboxWriter,
  RecordQuery,
  ReplicaTransaction,
  SettingsWriter,
  SyncStateWriter,
} from '#clinic/ports/replica.ts';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import type { DeviceId, Instant, RecordId, Revision } from '#contracts/ids.ts';
import { maxRecordLength } from '#contracts/records/record.ts';
import { recordChecks } from '#contracts/records/record-check.ts';
import type { CollectionName, RecordOf } from '#contracts/records/registry.ts';
import type { PatientIndex } from '../patient-index-port.ts';
import type { DocumentTable, DocumentText } from '../rx-storage/document-table.ts';
import type { Connection } from '../sqlcipher/connection.ts';
import { appendToAudit, beginTrail } from './audit-trail.ts';
import { countRecords, findRecords, listRevisions } from './find-records.ts';
import { Outbox } from './outbox.ts';
import { type RecordTables, type StoredRecord, toRecord } from './record-tables.ts';
import { Settings, SyncState } from './sync-state.ts';

export interface ActionParts {
  readonly connection: Connection;
  readonly tables: RecordTables;
  readonly patientIndex: PatientIndex;
  /** Names this run of the workstation in RxDB's revisions. */
  readonly token: string;
  /** While the disk is full only upkeep is let through: what helps records to leave. */
  readonly isContentRefused: () => boolean;
}

/** A document written by this action: as it was before the action, and as it is now, if it still is. */
interface Write<C extends CollectionName> {
  readonly previous: StoredRecord<C> | undefined;
  readonly document: StoredRecord<C> | undefined;
}

/** The writes of one action, inside the SQLite transaction that its maker has opened (STO-3). */
export class Action implements ReplicaTransaction {
  readonly sync: SyncStateWriter;
  readonly settings: SettingsWriter;
  readonly #outbox: Outbox;
  readonly #parts: ActionParts;
  readonly #writesByCollection = new Map<CollectionName, Map<RecordId, Write<CollectionName>>>();
  /** Where the body of a received record is put together; the database copies it. */
  #received = Buffer.alloc(0);
  #outboxChanged = false;
  #settingsChanged = false;
  #isOver = false;

  constructor(parts: ActionParts) {
    this.#parts = parts;
    this.#outbox = new Outbox(parts.connection, {
      beforeWrite: (kind) => this.#beforeWrite(kind),
      changed: () => {
        this.#outboxChanged = true;
      },
    });
    this.sync = new SyncState(parts.connection, () => this.#beforeWrite('upkeep'));
    this.settings = new Settings(parts.connection, () => {
      this.#beforeWrite('upkeep');
      this.#settingsChanged = true;
    });
  }

  get outbox(): OutboxWriter {
    return this.#outbox;
  }

  get<C extends CollectionName>(collection: C, id: RecordId): RecordOf<C> | undefined {
    const document = this.#parts.tables.of(collection).readLiving(id);
    return document === undefined ? undefined : toRecord<C>(document);
  }

  find<C extends CollectionName>(collection: C, query: RecordQuery): readonly RecordOf<C>[] {
    return findRecords(this.#parts.connection, this.#parts.tables, collection, query);
  }

  count(collection: CollectionName, query: RecordQuery): number {
    return countRecords(this.#parts.connection, this.#parts.tables, collection, query);
  }

  revisions(
    collection: CollectionName,
    after: RecordId | null,
    limit: number,
  ): readonly { readonly id: RecordId; readonly rev: Revision }[] {
    return listRevisions(this.#parts.connection, this.#parts.tables, collection, after, limit);
  }

  put<C extends CollectionName>(collection: C, record: RecordOf<C>): void {
    this.#beforeWrite('content');
    this.#put(collection, record, checkedText(collection, record));
  }

  putReceived<C extends CollectionName>(collection: C, record: RecordOf<C>, text: Uint8Array): void {
    this.#beforeWrite('content');
    if (text.length > maxRecordLength) throw new RangeError('the record is too long');
    this.#put(collection, record, text);
  }

  insertReceived<C extends CollectionName>(collection: C, record: RecordOf<C>, text: Uint8Array): boolean {
    this.#beforeWrite('upkeep');
    if (this.#parts.isContentRefused() || text.length > maxRecordLength) return false;
    if (!this.#insert(collection, record, text)) return false;
    if (isPatient(collection, record)) this.#parts.patientIndex.put(record.id, record.body);
    return true;
  }

  #put<C extends CollectionName>(collection: C, record: RecordOf<C>, text: string | Uint8Array): void {
    // Most records come for the first time: then nothing has to be read.
    if (!this.#insert(collection, record, text)) {
      const table = this.#parts.tables.of(collection);
      const written = this.#written(collection, record.id);
      const previous = written === undefined ? table.read(record.id) : written.previous;
      const document = this.#document(record, previous);
      table.replace(document, this.#bodyOf(text, document));
      this.#remember(collection, record.id, { previous, document });
    }
    if (isPatient(collection, record)) this.#parts.patientIndex.put(record.id, record.body);
  }

  /** False, and nothing is written, if the record's id is taken, also by one that is deleted. */
  #insert<C extends CollectionName>(collection: C, record: RecordOf<C>, text: string | Uint8Array): boolean {
    const previous = this.#written(collection, record.id)?.previous;
    const document = this.#document(record, previous);
    if (!this.#parts.tables.of(collection).insert(document, this.#bodyOf(text, document))) return false;
    this.#remember(collection, record.id, { previous, document });
    return true;
  }

  remove(collection: CollectionName, id: RecordId): void {
    this.#beforeWrite('upkeep');
    if (this.outbox.pendingOf(collection, id).length > 0) {
      throw new Error('a record with unsent edits is not removed');
    }
    const table = this.#parts.tables.of(collection);
    const written = this.#written(collection, id);
    const previous = written === undefined ? table.read(id) : written.previous;
    table.delete(id);
    this.#outbox.takeOff(collection, id);
    this.sync.removeShadow(collection, id);
    if (collection === 'patients') this.#parts.patientIndex.remove(id);
    this.#remember(collection, id, { previous, document: undefined });
  }

  audit(entry: AuditDraft): void {
    this.#beforeWrite('upkeep');
    appendToAudit(this.#parts.connection, entry);
  }

  beginTrail(device: DeviceId, at: Instant): void {
    this.#beforeWrite('upkeep');
    beginTrail(this.#parts.connection, device, at);
  }

  /** Ends the action: nothing can be written through it any more. */
  end(): void {
    this.#isOver = true;
  }

  /** Tells RxDB of the documents written. Only after the commit. */
  tellChanges(): void {
    for (const [collection, writes] of this.#writesByCollection) {
      tellWrites(this.#parts.tables.of(collection), [...writes.values()], this.#parts.token);
    }
  }

  notice(): CommitNotice {
    const records = [...this.#writesByCollection].flatMap(([collection, writes]) =>
      [...writes.keys()].map((id) => ({ collection, id })),
    );
    return { records, outboxChanged: this.#outboxChanged, settingsChanged: this.#settingsChanged };
  }

  #beforeWrite(kind: 'content' | 'upkeep'): void {
    if (this.#isOver) throw new Error('the action is over');
    if (kind === 'content' && this.#parts.isContentRefused()) throw new ReplicaFailure('store.disk-full');
  }

  /** What this action wrote of the record already. However often it does, RxDB hears of one change from the first `previous`. */
  #written<C extends CollectionName>(collection: C, id: RecordId): Write<C> | undefined {
    // Entries under a collection's name are of that collection.
    return this.#writesByCollection.get(collection)?.get(id) as Write<C> | undefined;
  }

  #document<C extends CollectionName>(
    record: RecordOf<C>,
    previous: StoredRecord<C> | undefined,
  ): StoredRecord<C> {
    return {
      ...record,
      _deleted: false,
      _attachments: {},
      _meta: { lwt: now() },
      _rev: createRevision(this.#parts.token, previous),
    };
  }

  /** The document's JSON text, made of the record's, which is an object with members: a record is written as text once. Until the next one. */
  #bodyOf<C extends CollectionName>(text: string | Uint8Array, document: StoredRecord<C>): DocumentText {
    const added = addedText(document);
    if (typeof text === 'string') return text.slice(0, -1) + added;
    // RxDB's members hold nothing beyond ASCII; the first of them takes the place of the bracket.
    const length = text.length - 1 + added.length;
    if (this.#received.length < length) this.#received = Buffer.alloc(2 * length);
    this.#received.set(text);
    this.#received.write(added, text.length - 1, 'latin1');
    return this.#received.subarray(0, length);
  }

  #remember<C extends CollectionName>(collection: C, id: RecordId, write: Write<C>): void {
    const writes = this.#writesByCollection.get(collection) ?? new Map<RecordId, Write<CollectionName>>();
    this.#writesByCollection.set(collection, writes.set(id, write));
  }
}

/**
 * The record's JSON text, through the last gate before the disk. Whoever made the record should have parsed it: failing here is
 * a defect.
 */
function checkedText<C extends CollectionName>(collection: C, record: RecordOf<C>): string {
  if (!recordChecks[collection](record)) throw new TypeError(`not a record of ${collection}`);
  const text = JSON.stringify(record);
  if (text.length > maxRecordLength) throw new RangeError('the record is too long');
  return text;
}

/** What follows the record's own members in the document's JSON text: those that `#document` gave it. */
const addedText = <C extends CollectionName>({ _deleted, _meta, _rev }: StoredRecord<C>): string =>
  `,"_deleted":${_deleted},"_attachments":{},"_meta":{"lwt":${_meta.lwt}},"_rev":${JSON.stringify(_rev)}}`;

function isPatient(
  collection: CollectionName,
  record: RecordOf<CollectionName>,
): record is RecordOf<'patients'> {
  return collection === 'patients' && record !== undefined;
}

function tellWrites<C extends CollectionName>(
  table: DocumentTable<RecordOf<C>>,
  writes: readonly Write<C>[],
  token: string,
): void {
  // A first copy mostly comes while no live query looks.
  if (!table.changes.observed) return;
  const events = writes.map((write) => eventOf(write, token)).filter((event) => event !== undefined);
  const last = events.at(-1)?.documentData;
  if (last === undefined) return;
  const checkpoint = { id: last.id, lwt: last._meta.lwt };
  table.changes.next({ id: randomUUID(), context: 'action', events, checkpoint });
}

/** What RxDB is told of a write; nothing where a document came and went. */
function eventOf<C extends CollectionName>(
  { previous, document }: Write<C>,
  token: string,
): RxStorageChangeEvent<StoredRecord<C>> | undefined {
  const before = previous?._deleted === true ? undefined : previous;
  if (document === undefined) {
    return before === undefined ? undefined : removalOf(before, token);
  }
  const told = { documentId: document.id, documentData: document };
  return before === undefined
    ? { ...told, operation: 'INSERT', previousDocumentData: undefined }
    : { ...told, operation: 'UPDATE', previousDocumentData: before };
}

/** RxDB knows no disappearance, only deletion: it hears of a tombstone that is not kept. */
function removalOf<C extends CollectionName>(
  previous: StoredRecord<C>,
  token: string,
): RxStorageChangeEvent<StoredRecord<C>> {
  const tombstone: StoredRecord<C> = {
    ...previous,
    _deleted: true,
    _meta: { lwt: now() },
    _rev: createRevision(token, previous),
  };
  return {
    operation: 'DELETE',
    documentId: previous.id,
    documentData: tombstone,
    previousDocumentData: previous,
  };
}
