import { isDeepStrictEqual } from 'node:util';
import type {
  AuditTrailReader,
  CommitNotice,
  OutboxDraft,
  OutboxRow,
  OutboxState,
  OutboxWriter,
  PatientHit,
  RecordQuery,
  Replica,
  ReplicaTransaction,
  SettingsWriter,
  SyncStateWriter,
} from '#clinic/ports/replica.ts';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import type { ErrorCode } from '#contracts/errors.ts';
import type { Instant, OperationId, RecordId, Revision, Scope } from '#contracts/ids.ts';
import type { Lane } from '#contracts/records/record.ts';
import {
  type AnyRecord,
  type CollectionName,
  collectionNames,
  type RecordOf,
} from '#contracts/records/registry.ts';
import { appendAudit, beginTrail, memoryAuditTrail } from './memory-audit.ts';
import { Changes } from './memory-changes.ts';
import { type Checkpoint, MemoryDisk, type Records } from './memory-disk.ts';
import { findIn } from './memory-find.ts';

/** When the process dies: before the transaction begins, or after its commit and before anybody hears of it. */
export type Death = 'before' | 'after';

/**
 * The Replica port over memory, for tests of what uses it. Transactions are all or nothing; {@link killAt} stops the
 * process it belongs to at a chosen one. No encryption, no search.
 */
export class MemoryReplica implements Replica {
  readonly disk: MemoryDisk;
  readonly #listeners = new Set<(notice: CommitNotice) => void>();
  #isDead = false;
  #isClosed = false;
  #death: { transactions: number; when: Death; died: () => void } | undefined;
  readonly outbox;
  readonly sync;
  readonly settings;
  readonly auditTrail: AuditTrailReader;

  constructor(disk: MemoryDisk = new MemoryDisk()) {
    this.disk = disk;
    this.auditTrail = memoryAuditTrail(disk);
    const reads = createTransaction(disk, new Changes());
    this.outbox = reads.outbox;
    this.sync = reads.sync;
    this.settings = reads.settings;
  }

  /** Kills at the `transactions`-th transaction from now (1 is the next): its promise and all later ones never settle. */
  killAt(transactions: number, when: Death, died: () => void): void {
    this.#death = { transactions, when, died };
  }

  /** Takes a {@link killAt} back. */
  spare(): void {
    this.#death = undefined;
  }

  /** Kills at once. */
  kill(): void {
    this.#isDead = true;
    this.#listeners.clear();
  }

  get<C extends CollectionName>(collection: C, id: RecordId): RecordOf<C> | undefined {
    return this.#recordsOf(collection).get(id);
  }

  find<C extends CollectionName>(collection: C, query: RecordQuery): readonly RecordOf<C>[] {
    return findIn([...this.#recordsOf(collection).values()], query);
  }

  count(collection: CollectionName, query: RecordQuery): number {
    return this.find(collection, query).length;
  }

  revisions(
    collection: CollectionName,
    after: RecordId | null,
    limit: number,
  ): readonly { readonly id: RecordId; readonly rev: Revision }[] {
    return listRevisions(this.disk, collection, after, limit);
  }

  async transact<Value>(write: (transaction: ReplicaTransaction) => Value): Promise<Value> {
    if (this.#isClosed) throw new Error('the replica is closed');
    if (this.#isDead || this.#dies('before')) return new Promise<Value>(() => {});
    const changes = new Changes();
    let value: Value;
    try {
      value = write(createTransaction(this.disk, changes));
    } catch (error) {
      changes.undo();
      throw error;
    }
    changes.end();
    if (this.#dies('after')) return new Promise<Value>(() => {});
    await Promise.resolve();
    if (this.#isDead) return new Promise<Value>(() => {});
    for (const told of this.#listeners) told(changes.notice());
    return value;
  }

  live<C extends CollectionName>(
    collection: C,
    query: RecordQuery,
    told: (records: readonly RecordOf<C>[]) => void,
  ): () => void {
    told(this.find(collection, query));
    return this.onCommit((notice) => {
      if (notice.records.some((record) => record.collection === collection))
        told(this.find(collection, query));
    });
  }

  onCommit(told: (notice: CommitNotice) => void): () => void {
    this.#listeners.add(told);
    return () => this.#listeners.delete(told);
  }

  searchPatients(): readonly PatientHit[] {
    throw new Error('the memory replica has no search');
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#listeners.clear();
  }

  #recordsOf<C extends CollectionName>(collection: C): Records[C] {
    return this.disk.records[collection];
  }

  #dies(when: Death): boolean {
    if (this.#death === undefined || this.#death.when !== when) return false;
    this.#death.transactions -= 1;
    if (this.#death.transactions > 0) return false;
    const { died } = this.#death;
    this.#death = undefined;
    this.kill();
    died();
    return true;
  }
}

function createTransaction(disk: MemoryDisk, changes: Changes): ReplicaTransaction {
  const put = <C extends CollectionName>(collection: C, record: RecordOf<C>) => {
    if (disk.isFull) throw new ReplicaFailure('store.disk-full');
    changes.set(mapOf(disk.records, collection), record.id, structuredClone(record));
    changes.record(collection, record.id);
  };
  const putReceived = <C extends CollectionName>(collection: C, record: RecordOf<C>, text: Uint8Array) => {
    // The real store keeps the text alone.
    if (!isDeepStrictEqual(JSON.parse(Buffer.from(text).toString('utf8')), record)) {
      throw new Error('the text says something else than the record');
    }
    put(collection, record);
  };
  return {
    get: (collection, id) => disk.records[collection].get(id),
    find: <C extends CollectionName>(collection: C, query: RecordQuery) =>
      findIn([...mapOf(disk.records, collection).values()], query),
    count: (collection, query) => findIn<AnyRecord>([...disk.records[collection].values()], query).length,
    revisions: (collection, after, limit) => listRevisions(disk, collection, after, limit),
    remove: (collection, id) => {
      const isUnsent = [...disk.outbox.values()].some(
        (row) => isPending(row) && row.collection === collection && row.record.id === id,
      );
      if (isUnsent) throw new Error('a record with unsent edits is not removed');
      changes.delete<RecordId, AnyRecord>(disk.records[collection], id);
      changes.delete<RecordId, AnyRecord>(disk.shadows[collection], id);
      changes.delete(disk.receipts, keyOf(collection, id));
      changes.record(collection, id);
    },
    put,
    putReceived,
    insertReceived: <C extends CollectionName>(collection: C, record: RecordOf<C>, text: Uint8Array) => {
      if (disk.isFull || disk.records[collection].has(record.id)) return false;
      putReceived(collection, record, text);
      return true;
    },
    audit: (draft) => changes.also(appendAudit(disk, draft)),
    beginTrail: (device) => changes.also(beginTrail(disk, device)),
    outbox: createOutbox(disk, changes),
    sync: createSyncState(disk, changes),
    settings: createSettings(disk, changes),
  };
}

const mapOf = <C extends CollectionName>(records: Records, collection: C): Records[C] => records[collection];

function listRevisions(
  disk: MemoryDisk,
  collection: CollectionName,
  after: RecordId | null,
  limit: number,
): readonly { readonly id: RecordId; readonly rev: Revision }[] {
  return [...disk.records[collection].values()]
    .filter(({ id }) => after === null || id > after)
    .sort((left, right) => (left.id < right.id ? -1 : 1))
    .slice(0, limit)
    .map(({ id, rev }) => ({ id, rev }));
}

const isPending = (row: OutboxRow): boolean => row.state === 'pending' && !row.isAside;
const byTravel = (left: OutboxRow, right: OutboxRow): number =>
  left.lane - right.lane || left.seq - right.seq;
const isUnsentAside = (row: OutboxRow): boolean => row.state === 'pending' && row.isAside;

function createOutbox(disk: MemoryDisk, changes: Changes): OutboxWriter {
  const rows = (isMeant: (row: OutboxRow) => boolean) =>
    [...disk.outbox.values()].filter(isMeant).sort((left, right) => left.seq - right.seq);
  const inState = (state: OutboxState) => rows((row) => row.state === state);
  const pendingOf = (collection: CollectionName, id: RecordId) =>
    rows((row) => isPending(row) && row.collection === collection && row.record.id === id);
  const newestOf = (collection: CollectionName, id: RecordId) =>
    rows((row) => !row.isAside && row.collection === collection && row.record.id === id).at(-1);
  const change = (row: OutboxRow) => {
    changes.set(disk.outbox, row.op, row);
    changes.outbox();
  };
  const rowOf = (op: OperationId): OutboxRow => {
    const row = disk.outbox.get(op);
    if (row === undefined) throw new Error('no such operation');
    return row;
  };
  const accept = (op: OperationId, centerSeq: number, at: Instant) => {
    const row = rowOf(op);
    change({ ...row, state: 'accepted', centerSeq, acceptedAt: at, refusal: null });
    const key = keyOf(row.collection, row.record.id);
    if (row.isAside || (disk.receipts.get(key)?.seq ?? 0) > row.seq) return;
    changes.set(disk.receipts, key, { seq: row.seq, rev: row.record.rev, at });
  };
  return {
    pending: (limit, after) => {
      const inOrder = rows(isPending).sort(byTravel);
      return inOrder.filter((row) => after === undefined || byTravel(after, row) < 0).slice(0, limit);
    },
    newestPending: () => rows(isPending).at(-1)?.seq ?? 0,
    pendingOf,
    asides: (limit) => rows(isUnsentAside).slice(0, limit),
    byState: (state, limit) => inState(state).slice(0, limit),
    hasAccepted: (collection, id) =>
      inState('accepted').some((row) => row.collection === collection && row.record.id === id),
    counts: () => {
      const pending = rows(isPending);
      return {
        pending: pending.length,
        aside: rows(isUnsentAside).length,
        quarantined: inState('quarantined').length,
        oldestPendingAt: pending[0]?.at ?? null,
      };
    },
    receipt: (collection, id) => {
      const newest = newestOf(collection, id);
      if (newest !== undefined && newest.state !== 'accepted') return null;
      const receipt = disk.receipts.get(keyOf(collection, id));
      return receipt === undefined ? null : { rev: receipt.rev, at: receipt.at };
    },
    append: (draft: OutboxDraft) => {
      if (disk.isFull) throw new ReplicaFailure('store.disk-full');
      if (disk.outbox.has(draft.op)) throw new Error('an operation id is used once');
      const before = disk.lastSeq;
      disk.lastSeq += 1;
      changes.also(() => {
        disk.lastSeq = before;
      });
      change({
        ...structuredClone(draft),
        id: draft.record.id,
        rev: draft.record.rev,
        utf8: Buffer.from(JSON.stringify(draft.record)),
        isAside: false,
        seq: disk.lastSeq,
        state: 'pending',
        centerSeq: null,
        acceptedAt: null,
        refusal: null,
      });
    },
    accept,
    acceptAll: (acceptances) => {
      for (const { row, centerSeq, at } of acceptances) accept(row.op, centerSeq, at);
      return acceptances.filter(({ row }) => pendingOf(row.collection, row.record.id).length > 0);
    },
    quarantine: (op, refusal: ErrorCode) => change({ ...rowOf(op), state: 'quarantined', refusal }),
    supersede: (ops) => {
      for (const op of ops) {
        const row = rowOf(op);
        if (isPending(row)) change({ ...row, isAside: true });
      }
    },
    forgetThrough: (scope, centerSeq, acceptedBefore) => {
      for (const row of inState('accepted')) {
        if (row.record.scope !== scope || (row.centerSeq ?? 0) > centerSeq) continue;
        if ((row.acceptedAt ?? 0) >= acceptedBefore) continue;
        changes.delete(disk.outbox, row.op);
        changes.outbox();
      }
    },
    offerAgain: () => {
      for (const row of inState('accepted')) {
        change({ ...row, state: 'pending', centerSeq: null, acceptedAt: null });
      }
    },
  };
}

function createSyncState(disk: MemoryDisk, changes: Changes): SyncStateWriter {
  return {
    shadow: (collection, id) => disk.shadows[collection].get(id),
    shadows: () =>
      collectionNames.flatMap((collection) =>
        [...disk.shadows[collection].values()].map(({ id, rev }) => ({ collection, id, rev })),
      ),
    checkpoint: (scope, lane) => disk.checkpoints.get(keyOf(scope, lane)),
    setShadow: <C extends CollectionName>(collection: C, record: RecordOf<C>) =>
      changes.set(mapOf(disk.shadows, collection), record.id, structuredClone(record)),
    removeShadow: (collection, id) => changes.delete<RecordId, AnyRecord>(disk.shadows[collection], id),
    removeShadows: (records) => {
      for (const { collection, id } of records) {
        changes.delete<RecordId, AnyRecord>(disk.shadows[collection], id);
      }
    },
    setCheckpoint: (scope: Scope, lane: Lane, checkpoint: Checkpoint) =>
      changes.set(disk.checkpoints, keyOf(scope, lane), checkpoint),
    clearCheckpoints: () => {
      for (const key of [...disk.checkpoints.keys()]) changes.delete(disk.checkpoints, key);
    },
  };
}

function createSettings(disk: MemoryDisk, changes: Changes): SettingsWriter {
  return {
    get: (key) => disk.settings.get(key),
    set: (key, value) => {
      changes.set(disk.settings, key, value);
      changes.setting();
    },
  };
}

const keyOf = (left: string, right: string | number): string => `${left}/${right}`;
