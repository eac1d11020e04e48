import { randomBytes } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type {
  AuditTrailReader,
  CommitNotice,
  OutboxReader,
  PatientHit,
  RecordQuery,
  Replica,
  ReplicaTransaction,
  SettingsReader,
  SyncStateReader,
} from '#clinic/ports/replica.ts';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import type { RecordId, Revision } from '#contracts/ids.ts';
import { type CollectionName, collectionNames, type RecordOf } from '#contracts/records/registry.ts';
import type { PatientIndex, PatientIndexFactory } from './patient-index-port.ts';
import { Action } from './replica/action.ts';
import { auditTrailReader } from './replica/audit-reader.ts';
import { type AuditVerdict, verifyAudit } from './replica/audit-trail.ts';
import { countRecords, findRecords, listRevisions } from './replica/find-records.ts';
import { LiveQueries } from './replica/live-queries.ts';
import { openFile } from './replica/open-file.ts';
import { Outbox } from './replica/outbox.ts';
import { RecordTables, storedTypes, toRecord } from './replica/record-tables.ts';
import { refillPatientIndex } from './replica/refill-patient-index.ts';
import { Settings, SyncState } from './replica/sync-state.ts';
import { upgradeRecords } from './replica/upgrade-records.ts';
import { Reader } from './rx-storage/reader.ts';
import { SqlcipherStorage } from './rx-storage/storage.ts';
import type { Connection } from './sqlcipher/connection.ts';
import { makeFolderDurably } from './sqlcipher/durable-folder.ts';
import { translatingFailures } from './sqlcipher/failure.ts';
import { ProcessLock } from './sqlcipher/process-lock.ts';
import { SpaceReserve } from './sqlcipher/space-reserve.ts';
import { type ThreadKey, threadKey } from './sqlcipher/thread-key.ts';

export interface ReplicaOptions {
  /** Path of the database file. Its folder also gets `-wal`, `-shm`, `-lock`, `-key-check` and `-reserve` beside it. */
  readonly file: string;
  /** The data key: 32 random bytes. */
  readonly key: Uint8Array;
  readonly patientIndex: PatientIndexFactory;
  /** Names this run in RxDB's revisions; 10 letters or digits. Random by default. */
  readonly token?: string;
  /** Space kept free for acknowledgements, in bytes. */
  readonly reserveBytes?: number;
  /** Hears what went wrong after a durable commit: it must not make the write look as if it had failed. */
  readonly onTrouble?: (trouble: unknown) => void;
}

/** A replica with what the technician may ask of it. */
export interface OpenReplica extends Replica {
  /** Walks the audit trail's hash chain. */
  verifyAudit(): AuditVerdict;
}

/**
 * Opens, or makes, the encrypted replica of a workstation. Throws `ReplicaFailure`: `store.wrong-key`, `store.damaged`
 * (the file is left untouched), `store.in-use`, `store.newer`, `store.disk-full`.
 */
export async function openReplica(options: ReplicaOptions): Promise<OpenReplica> {
  const reserve = new SpaceReserve(options.file, options.reserveBytes);
  const key = threadKey(options.key);
  makeFolderDurably(resolve(dirname(options.file)));
  const lock = ProcessLock.take(options.file);
  let connection: Connection | undefined;
  try {
    connection = openFile(options.file, key, reserve);
    const opened = connection;
    const reader = new Reader(options.file, key);
    const storage = new SqlcipherStorage({ connection: opened, reader });
    const patientIndex = translatingFailures(() => options.patientIndex(opened.database));
    upgradeAll(storage, patientIndex);
    const tables = RecordTables.open(storage);
    refillPatientIndex(opened, tables, patientIndex);
    reserve.hold();
    const token = options.token ?? randomBytes(5).toString('hex');
    const troubled = options.onTrouble ?? (() => undefined);
    const held = { key, reader, reserve, lock, token, troubled };
    return new SqlcipherReplica({ connection, storage, tables, patientIndex, ...held });
  } catch (error) {
    connection?.close();
    key.fill(0);
    lock.release();
    throw error;
  }
}

function upgradeAll(storage: SqlcipherStorage, patientIndex: PatientIndex): void {
  for (const collection of collectionNames) {
    if (collection === 'patients') continue;
    upgradeRecords(storage, collection, storedTypes[collection], () => undefined);
  }
  upgradeRecords(storage, 'patients', storedTypes.patients, ({ id, body }) => patientIndex.put(id, body));
}

interface Parts {
  /** Overwritten once nothing opens the file with it any more. */
  readonly key: ThreadKey;
  readonly connection: Connection;
  readonly storage: SqlcipherStorage;
  readonly tables: RecordTables;
  readonly patientIndex: PatientIndex;
  readonly reader: Reader;
  readonly reserve: SpaceReserve;
  readonly lock: ProcessLock;
  readonly token: string;
  readonly troubled: (trouble: unknown) => void;
}

class SqlcipherReplica implements OpenReplica {
  readonly outbox: OutboxReader;
  readonly sync: SyncStateReader;
  readonly settings: SettingsReader;
  readonly auditTrail: AuditTrailReader;
  readonly #parts: Parts;
  readonly #live: LiveQueries;
  readonly #listeners = new Set<(notice: CommitNotice) => void>();
  /** Set once the file proved damaged: nothing more is written, so that it can be examined as it is. */
  #damage: ReplicaFailure | undefined;
  #isDiskFull = false;
  #closing: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { connection } = parts;
    const refuse = () => {
      throw new Error('only an action writes');
    };
    this.outbox = new Outbox(connection, { beforeWrite: refuse, changed: refuse });
    this.sync = new SyncState(connection, refuse);
    this.settings = new Settings(connection, refuse);
    this.auditTrail = auditTrailReader(connection, (read) => this.#reading(read));
    this.#live = new LiveQueries(parts.storage, (error) => this.#noticeFailure(error));
  }

  async transact<Value>(write: (transaction: ReplicaTransaction) => Value): Promise<Value> {
    this.#requireOpen();
    if (this.#damage !== undefined) throw this.#damage;
    const action = new Action({ ...this.#parts, isContentRefused: () => this.#isStillFull() });
    let value: Value;
    try {
      value = this.#parts.connection.transaction(() => runSynchronously(action, write));
    } catch (error) {
      this.#noticeFailure(error);
      throw error;
    } finally {
      action.end();
    }
    await this.#tell(action);
    return value;
  }

  get<C extends CollectionName>(collection: C, id: RecordId): RecordOf<C> | undefined {
    return this.#reading(() => {
      const document = this.#parts.tables.of(collection).readLiving(id);
      return document === undefined ? undefined : toRecord<C>(document);
    });
  }

  find<C extends CollectionName>(collection: C, query: RecordQuery): readonly RecordOf<C>[] {
    return this.#reading(() => findRecords(this.#parts.connection, this.#parts.tables, collection, query));
  }

  count(collection: CollectionName, query: RecordQuery): number {
    return this.#reading(() => countRecords(this.#parts.connection, this.#parts.tables, collection, query));
  }

  revisions(
    collection: CollectionName,
    after: RecordId | null,
    limit: number,
  ): readonly { readonly id: RecordId; readonly rev: Revision }[] {
    return this.#reading(() =>
      listRevisions(this.#parts.connection, this.#parts.tables, collection, after, limit),
    );
  }

  live<C extends CollectionName>(
    collection: C,
    query: RecordQuery,
    told: (records: readonly RecordOf<C>[]) => void,
  ): () => void {
    this.#requireOpen();
    return this.#live.open(collection, query, told);
  }

  onCommit(told: (notice: CommitNotice) => void): () => void {
    this.#listeners.add(told);
    return () => void this.#listeners.delete(told);
  }

  searchPatients(text: string, limit: number): readonly PatientHit[] {
    return this.#reading(() => translatingFailures(() => this.#parts.patientIndex.search(text, limit)));
  }

  verifyAudit(): AuditVerdict {
    return this.#reading(() => verifyAudit(this.#parts.connection));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#listeners.clear();
    try {
      await this.#live.close();
      await this.#parts.reader.close();
      this.#parts.key.fill(0);
    } finally {
      this.#parts.connection.close();
      this.#parts.lock.release();
    }
  }

  /** Events leave only now, after the commit: first RxDB's, then the notice, and both before the action resolves. */
  async #tell(action: Action): Promise<void> {
    this.#surviving(() => action.tellChanges());
    const notice = action.notice();
    for (const told of [...this.#listeners]) this.#surviving(() => told(notice));
    await this.#live.settled(new Set(notice.records.map(({ collection }) => collection)));
    this.#surviving(() => {
      if (!this.#isDiskFull && !this.#parts.reserve.isHeld) this.#parts.reserve.hold();
    });
  }

  /** The write is durable: whoever made it must hear so whatever happens here, or it would be made a second time. */
  #surviving(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#noticeFailure(error);
      this.#parts.troubled(error);
    }
  }

  #reading<Value>(read: () => Value): Value {
    this.#requireOpen();
    try {
      return read();
    } catch (error) {
      this.#noticeFailure(error);
      throw error;
    }
  }

  #noticeFailure(error: unknown): void {
    if (!(error instanceof ReplicaFailure)) return;
    if (error.error.code === 'store.damaged') this.#damage = error;
    if (error.error.code === 'store.disk-full' && !this.#isDiskFull) {
      this.#isDiskFull = true;
      // Acknowledgements of the center may now use it, so that records can leave.
      this.#parts.reserve.release();
    }
  }

  /** Looks whether the disk has room again, once it was full. */
  #isStillFull(): boolean {
    if (this.#isDiskFull && this.#parts.reserve.hold()) this.#isDiskFull = false;
    return this.#isDiskFull;
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw new Error('the replica is closed');
  }
}

function runSynchronously<Value>(action: Action, write: (transaction: ReplicaTransaction) => Value): Value {
  const value = write(action);
  // A promise would write after the commit.
  if (value instanceof Promise) throw new TypeError('an action is not asynchronous');
  return value;
}
