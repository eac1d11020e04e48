import type { ErrorCode } from '#contracts/errors.ts';
import type { DeviceId, Instant, OperationId, PersonId, RecordId, Revision, Scope } from '#contracts/ids.ts';
import type { Lane } from '#contracts/records/record.ts';
import type { AnyRecord, CollectionName, RecordOf } from '#contracts/records/registry.ts';

/** What to read. Paths are those of the record type's `indexes`, or `id`, `scope`, `capturedAt`. */
export interface RecordQuery {
  readonly equals?: Readonly<Record<string, string | number>>;
  readonly range?: {
    readonly path: string;
    readonly atLeast?: string | number;
    readonly below?: string | number;
  };
  /** Defaults to `id` ascending. */
  readonly orderBy?: readonly { readonly path: string; readonly direction: 'asc' | 'desc' }[];
  readonly limit?: number;
}

/** Synchronous reads of one consistent state. */
export interface ReplicaReader {
  get<C extends CollectionName>(collection: C, id: RecordId): RecordOf<C> | undefined;
  find<C extends CollectionName>(collection: C, query: RecordQuery): readonly RecordOf<C>[];
  count(collection: CollectionName, query: RecordQuery): number;
  /** Revisions of the records of a collection by id, ascending from behind `after` (null: from the first). */
  revisions(
    collection: CollectionName,
    after: RecordId | null,
    limit: number,
  ): readonly { readonly id: RecordId; readonly rev: Revision }[];
  readonly outbox: OutboxReader;
  readonly sync: SyncStateReader;
  readonly settings: SettingsReader;
}

/** One write that the center has to get. Immutable once appended, so that it can be sent again byte for byte. */
export interface OutboxDraft {
  readonly op: OperationId;
  readonly collection: CollectionName;
  readonly lane: Lane;
  /** The revision that was edited; null for a new record. */
  readonly baseRev: Revision | null;
  /** The whole record as written. */
  readonly record: AnyRecord;
  readonly at: Instant;
  /** Earlier unsent operations whose content this one contains, after a merge. */
  readonly supersedes?: readonly OperationId[];
}

/**
 * `pending`: not acknowledged by the center. `accepted`: durable at the center, kept until its backup watermark passes.
 * `quarantined`: the center could not use it; kept at both ends.
 */
export type OutboxState = 'pending' | 'accepted' | 'quarantined';

export interface OutboxRow extends OutboxDraft {
  /** Of the record. */
  readonly id: RecordId;
  readonly rev: Revision;
  /** The record's JSON text in UTF-8, as it is kept. `record` may be made of it only when it is asked for. */
  readonly utf8: Uint8Array;
  /**
   * Replaced by a later operation of this workstation before the center had it. Still sent, so that what was acknowledged
   * is in the record's history (docs/specs/sync.md PUSH-13); never part of `pending`, `pendingOf` and the count of them.
   */
  readonly isAside: boolean;
  /** Local order of writing, dense and ascending. */
  readonly seq: number;
  readonly state: OutboxState;
  /** Position in the scope's feed, once accepted. */
  readonly centerSeq: number | null;
  readonly acceptedAt: Instant | null;
  /** Why it was quarantined. */
  readonly refusal: ErrorCode | null;
}

export interface OutboxReader {
  /**
   * Pending rows, lane first, then order of writing; of one record always in order of writing. `after`: only those behind this
   * row, which was read since the outbox last got a row.
   */
  pending(limit: number, after?: OutboxRow): readonly OutboxRow[];
  /** `seq` of the pending row written last; 0 if there is none. */
  newestPending(): number;
  /** Pending rows of one record in order of writing. */
  pendingOf(collection: CollectionName, id: RecordId): readonly OutboxRow[];
  /** Rows that were put aside and are not accepted yet, in order of writing. */
  asides(limit: number): readonly OutboxRow[];
  byState(state: OutboxState, limit: number): readonly OutboxRow[];
  /** Whether a row of the record is here that the center has accepted, one put aside too. */
  hasAccepted(collection: CollectionName, id: RecordId): boolean;
  counts(): {
    /** Without those put aside. */
    readonly pending: number;
    readonly aside: number;
    readonly quarantined: number;
    readonly oldestPendingAt: Instant | null;
  };
  /**
   * When the center confirmed the newest local write of a record, and its revision: another computer may have written since. Null
   * while it is pending or was never written here.
   */
  receipt(collection: CollectionName, id: RecordId): { readonly rev: Revision; readonly at: Instant } | null;
}

export interface SyncStateReader {
  /** The last version of a record the center is known to have, kept while unsent edits exist. Base of a merge. */
  shadow<C extends CollectionName>(collection: C, id: RecordId): RecordOf<C> | undefined;
  /** Revision of every shadow, for comparing the replica with the center (DIG-1). */
  shadows(): readonly {
    readonly collection: CollectionName;
    readonly id: RecordId;
    readonly rev: Revision;
  }[];
  /** Position in the feed of a scope and lane; undefined before the first pull. */
  checkpoint(scope: Scope, lane: Lane): { readonly epoch: string; readonly seq: number } | undefined;
}

/** Small values of the workstation itself: device identity, ticket, clock. All of it encrypted like the rest. */
export interface SettingsReader {
  get(key: string): string | undefined;
}

/** One line of the audit trail, before it is chained. */
export interface AuditDraft {
  readonly at: Instant;
  /** Null for what the workstation does by itself. */
  readonly person: PersonId | null;
  /** What was done: the action's name, or `view`. */
  readonly action: string;
  readonly collection: CollectionName | null;
  readonly record: RecordId | null;
  readonly reason?: string;
  /** The patient it concerns, where that is not the record itself. */
  readonly patient?: RecordId;
}

/** One entry of the audit trail. `seq` is dense and ascends from 1. */
export interface AuditEntry {
  readonly seq: number;
  readonly at: Instant;
  readonly person: PersonId | null;
  readonly action: string;
  readonly collection: CollectionName | null;
  readonly record: RecordId | null;
  readonly reason: string | null;
  readonly patient: RecordId | null;
}

/** Entries before `before` (null: the newest), newest first; at most `limit`, and at most 1,000. */
export interface AuditPage {
  readonly before: number | null;
  readonly limit: number;
}

/** The audit trail as it stands (docs/specs/audit.md). Hashes are 64 hex digits. */
export interface AuditTrailReader {
  /** Entries about a record, or about the patient it is; by index. */
  of(record: RecordId, page: AuditPage): readonly AuditEntry[];
  recent(page: AuditPage): readonly AuditEntry[];
  /** Entries behind `seq`, oldest first, with their hashes; at most 1,000. */
  after(seq: number, limit: number): readonly { readonly entry: AuditEntry; readonly hash: string }[];
  /** The newest entry; null for none. */
  head(): { readonly seq: number; readonly hash: string } | null;
  hashAt(seq: number): string | null;
  /** What the first hash builds on; `device` is null before `beginTrail`. */
  start(): { readonly device: DeviceId | null; readonly hash: string };
}

/** Writes of one action. Everything is durable together after the transaction, or nothing is. */
export interface ReplicaTransaction extends ReplicaReader {
  /** Inserts or replaces a whole record, and what the search index says of it. */
  put<C extends CollectionName>(collection: C, record: RecordOf<C>): void;
  /**
   * {@link put} of a record as it came: `text` is the JSON text in UTF-8 that `record` was parsed from, and `record` was checked
   * after its schema then. The text is stored as it is, and nothing is checked again but its length.
   */
  putReceived<C extends CollectionName>(collection: C, record: RecordOf<C>, text: Uint8Array): void;
  /**
   * {@link putReceived} of a record that is not here; says whether it was stored. False, and nothing is done, where one with its id
   * is here, or content is refused for want of room: whoever asks looks then.
   */
  insertReceived<C extends CollectionName>(collection: C, record: RecordOf<C>, text: Uint8Array): boolean;
  /**
   * Takes a record off this workstation, with its shadow, receipt and what the search index says of it: it belongs to another
   * facility again. Throws if it has pending rows. Nothing is deleted at the center.
   */
  remove(collection: CollectionName, id: RecordId): void;
  /** Appends to the hash-chained audit trail. */
  audit(entry: AuditDraft): void;
  /** Names the device whose trail this is, before its first entry. Again it changes nothing. */
  beginTrail(device: DeviceId, at: Instant): void;
  readonly outbox: OutboxWriter;
  readonly sync: SyncStateWriter;
  readonly settings: SettingsWriter;
}

/** The center has a row, at this position of the feed. */
export interface Acceptance {
  readonly row: OutboxRow;
  readonly centerSeq: number;
  readonly at: Instant;
}

export interface OutboxWriter extends OutboxReader {
  append(draft: OutboxDraft): void;
  accept(op: OperationId, centerSeq: number, at: Instant): void;
  /** {@link accept} for many rows of as many records at once. Returns those whose record still has pending rows. */
  acceptAll(acceptances: readonly Acceptance[]): readonly Acceptance[];
  quarantine(op: OperationId, refusal: ErrorCode): void;
  /** Puts pending operations aside whose content went into a later one. */
  supersede(ops: readonly OperationId[]): void;
  /**
   * Forgets accepted rows of a scope whose feed position is at or below the durable watermark and that were accepted before
   * the instant `acceptedBefore` (docs/specs/sync.md PUSH-11, PUSH-16); receipts stay.
   */
  forgetThrough(scope: Scope, centerSeq: number, acceptedBefore: Instant): void;
  /** After the center lost its epoch: every accepted row is pending again, and aside if it was. */
  offerAgain(): void;
}

export interface SyncStateWriter extends SyncStateReader {
  setShadow<C extends CollectionName>(collection: C, record: RecordOf<C>): void;
  removeShadow(collection: CollectionName, id: RecordId): void;
  /** {@link removeShadow} for many records at once. */
  removeShadows(records: readonly { readonly collection: CollectionName; readonly id: RecordId }[]): void;
  setCheckpoint(scope: Scope, lane: Lane, checkpoint: { readonly epoch: string; readonly seq: number }): void;
  clearCheckpoints(): void;
}

export interface SettingsWriter extends SettingsReader {
  set(key: string, value: string): void;
}

/** What a commit touched, told after it is durable. */
export interface CommitNotice {
  readonly records: readonly { readonly collection: CollectionName; readonly id: RecordId }[];
  readonly outboxChanged: boolean;
  readonly settingsChanged: boolean;
}

/** One patient found by the search index. */
export interface PatientHit {
  readonly id: RecordId;
  /** Higher is better; only comparable within one answer. */
  readonly score: number;
  /** All that was typed fits, and nothing typed was left out (SEA-10). */
  readonly matchesAll: boolean;
}

/**
 * The encrypted replica of one workstation.
 *
 * `transact` runs `write` at once and synchronously inside one SQLite transaction. If it throws, nothing is left and the
 * promise rejects with what was thrown. When the promise resolves, the commit is durable (fsync) and every live query
 * and commit listener has been told.
 *
 * Expected failures reject with a `ReplicaFailure` carrying `store.disk-full` or `store.damaged`.
 */
export interface Replica extends ReplicaReader {
  transact<Value>(write: (transaction: ReplicaTransaction) => Value): Promise<Value>;
  /** Calls `told` with the present answer and after each commit that changes it. Returns a function that ends it. */
  live<C extends CollectionName>(
    collection: C,
    query: RecordQuery,
    told: (records: readonly RecordOf<C>[]) => void,
  ): () => void;
  /** Calls `told` after each durable commit. Returns a function that ends it. */
  onCommit(told: (notice: CommitNotice) => void): () => void;
  /** Patients by name in any script, PINFL, birth date or phone; those that fit all of it first, then the best. See docs/specs/search.md. */
  searchPatients(text: string, limit: number): readonly PatientHit[];
  readonly auditTrail: AuditTrailReader;
  close(): Promise<void>;
}
