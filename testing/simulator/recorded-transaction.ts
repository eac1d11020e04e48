import type {
  OutboxDraft,
  OutboxWriter,
  ReplicaTransaction,
  SyncStateWriter,
} from '#clinic/ports/replica.ts';
import type { Instant, OperationId, RecordId, Revision } from '#contracts/ids.ts';
import type { AnyRecord, CollectionName } from '#contracts/records/registry.ts';

/** Where and when the center took an operation. */
export interface AcceptedAt {
  readonly centerSeq: number;
  readonly at: Instant;
}

/** What a transaction made of one record. */
export interface Put {
  /** Its newest revision, null if it was removed; and the one before the transaction. */
  readonly now: Revision | null;
  readonly before: Revision | null;
  readonly record: AnyRecord | undefined;
}

/** What one transaction did, as far as the simulator judges it. */
export class TransactionNotes {
  readonly drafts: { readonly draft: OutboxDraft; readonly before: AnyRecord | undefined }[] = [];
  readonly puts = new Map<string, Put>();
  readonly accepted: { readonly op: OperationId; readonly receipt: AcceptedAt }[] = [];
  readonly putAside: OperationId[] = [];
  /** What may have been forgotten: accepted rows up to a position, accepted before a moment. */
  readonly forgotten: { readonly through: number; readonly before: Instant }[] = [];
  /** Accepted rows are pending again. */
  hasOfferedAgain = false;
  /** Whether a person did it, not the exchange. */
  readonly isAction: boolean;

  constructor(isAction: boolean) {
    this.isAction = isAction;
  }
}

/** The transaction, with notes taken of what is written through it. */
export function takingNotes(transaction: ReplicaTransaction, notes: TransactionNotes): ReplicaTransaction {
  /** What stood in each record before this transaction: what a person saw. */
  const seen = new Map<string, AnyRecord | undefined>();
  const changing = (collection: CollectionName, id: RecordId, record: AnyRecord | undefined) => {
    const key = `${collection}/${id}`;
    if (!seen.has(key)) seen.set(key, transaction.get(collection, id));
    notes.puts.set(key, { now: record?.rev ?? null, before: seen.get(key)?.rev ?? null, record });
  };
  return {
    get: (collection, id) => transaction.get(collection, id),
    find: (collection, query) => transaction.find(collection, query),
    count: (collection, query) => transaction.count(collection, query),
    revisions: (collection, after, limit) => transaction.revisions(collection, after, limit),
    put: (collection, record) => {
      changing(collection, record.id, record);
      transaction.put(collection, record);
    },
    putReceived: (collection, record, text) => {
      changing(collection, record.id, record);
      transaction.putReceived(collection, record, text);
    },
    insertReceived: (collection, record, text) => {
      const key = `${collection}/${record.id}`;
      if (!seen.has(key)) seen.set(key, transaction.get(collection, record.id));
      const isStored = transaction.insertReceived(collection, record, text);
      if (isStored) changing(collection, record.id, record);
      return isStored;
    },
    remove: (collection, id) => {
      changing(collection, id, undefined);
      transaction.remove(collection, id);
    },
    audit: (entry) => transaction.audit(entry),
    beginTrail: (device, at) => transaction.beginTrail(device, at),
    outbox: outboxTakingNotes(transaction.outbox, notes, seen),
    sync: syncOf(transaction.sync),
    settings: {
      get: (key) => transaction.settings.get(key),
      set: (key, value) => transaction.settings.set(key, value),
    },
  };
}

function outboxTakingNotes(
  outbox: OutboxWriter,
  notes: TransactionNotes,
  seen: ReadonlyMap<string, AnyRecord | undefined>,
): OutboxWriter {
  return {
    pending: (limit, after) => outbox.pending(limit, after),
    newestPending: () => outbox.newestPending(),
    pendingOf: (collection, id) => outbox.pendingOf(collection, id),
    asides: (limit) => outbox.asides(limit),
    byState: (state, limit) => outbox.byState(state, limit),
    hasAccepted: (collection, id) => outbox.hasAccepted(collection, id),
    counts: () => outbox.counts(),
    receipt: (collection, id) => outbox.receipt(collection, id),
    append: (draft) => {
      notes.drafts.push({ draft, before: seen.get(`${draft.collection}/${draft.record.id}`) });
      outbox.append(draft);
    },
    accept: (op, centerSeq, at) => {
      notes.accepted.push({ op, receipt: { centerSeq, at } });
      outbox.accept(op, centerSeq, at);
    },
    acceptAll: (acceptances) => {
      for (const { row, centerSeq, at } of acceptances) {
        notes.accepted.push({ op: row.op, receipt: { centerSeq, at } });
      }
      return outbox.acceptAll(acceptances);
    },
    quarantine: (op, refusal) => outbox.quarantine(op, refusal),
    supersede: (ops) => {
      notes.putAside.push(...ops);
      outbox.supersede(ops);
    },
    forgetThrough: (scope, through, before) => {
      notes.forgotten.push({ through, before });
      outbox.forgetThrough(scope, through, before);
    },
    offerAgain: () => {
      notes.hasOfferedAgain = true;
      outbox.offerAgain();
    },
  };
}

const syncOf = (sync: SyncStateWriter): SyncStateWriter => ({
  shadow: (collection, id) => sync.shadow(collection, id),
  shadows: () => sync.shadows(),
  checkpoint: (scope, lane) => sync.checkpoint(scope, lane),
  setShadow: (collection, record) => sync.setShadow(collection, record),
  removeShadow: (collection, id) => sync.removeShadow(collection, id),
  removeShadows: (records) => sync.removeShadows(records),
  setCheckpoint: (scope, lane, checkpoint) => sync.setCheckpoint(scope, lane, checkpoint),
  clearCheckpoints: () => sync.clearCheckpoints(),
});
