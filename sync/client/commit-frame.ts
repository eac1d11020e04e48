import type { ReplicaReader, ReplicaTransaction } from '#clinic/ports/replica.ts';
import type { CollectionName, RecordOf } from '#contracts/records/registry.ts';
import type { Frame } from '#contracts/wire/center-messages.ts';
import { versionOf } from '../merge/revision.ts';
import { parseReceivedRecord } from './received-record.ts';
import { type RecordRef, recordKey } from './record-key.ts';
import type { SendLedger } from './send-ledger.ts';
import { misunderstood } from './session-end.ts';
import { setAside, type UnusableDocument } from './set-aside.ts';
import { settleConflict, type WriteContext } from './settle-conflict.ts';

export interface FrameOutcome {
  readonly stored: number;
  readonly merged: number;
  readonly setAside: number;
}

/**
 * Commits one frame inside one transaction: its documents, what could not be used, and the checkpoint (PULL-3). Throws a
 * `SessionEnd` if the frame does not follow the checkpoint; nothing is written then.
 */
export function commitFrame(
  transaction: ReplicaTransaction,
  frame: Frame,
  ledger: SendLedger,
  context: WriteContext,
): FrameOutcome {
  const since = transaction.sync.checkpoint(frame.scope, frame.lane)?.seq ?? 0;
  if (since !== frame.since) throw misunderstood('frame does not follow the checkpoint');
  const outcome = { stored: 0, merged: 0, setAside: 0 };
  const unusable: UnusableDocument[] = [];
  for (const document of frame.documents) {
    const received = parseReceivedRecord(document.collection, document.record);
    if (received.isUsable) {
      const taken = take(transaction, document.collection, received.record, document.seq, ledger, context);
      if (taken !== 'known') outcome[taken] += 1;
    } else {
      const { scope, lane } = frame;
      unusable.push({ ...document, scope, lane, at: context.now, paths: [...received.paths] });
      outcome.setAside += 1;
    }
  }
  setAside(transaction, unusable);
  transaction.sync.setCheckpoint(frame.scope, frame.lane, { epoch: frame.epoch, seq: frame.through });
  return outcome;
}

function take<C extends CollectionName>(
  transaction: ReplicaTransaction,
  collection: C,
  record: RecordOf<C>,
  seq: number,
  ledger: SendLedger,
  context: WriteContext,
): 'stored' | 'merged' | 'known' {
  const ref = { collection, id: record.id };
  if (transaction.outbox.pendingOf(collection, record.id).length > 0) {
    return takeBesidePending(transaction, collection, record, ledger, context);
  }
  if (seq < ledger.acceptedAt(ref)) return 'known';
  if (transaction.get(collection, record.id)?.rev === record.rev) return 'known';
  transaction.put(collection, record);
  // Only a quarantined edit leaves a shadow without pending rows; the center's newer version ends it.
  transaction.sync.removeShadow(collection, record.id);
  return 'stored';
}

/**
 * A document of a record with unsent edits. Merged at once when that is exact: no row may have been applied already, and
 * the document descends from the shadow. Everything else is settled by the push of these rows, which cannot succeed
 * without the center naming its version (PULL-5, PULL-6).
 */
function takeBesidePending<C extends CollectionName>(
  transaction: ReplicaTransaction,
  collection: C,
  record: RecordOf<C>,
  ledger: SendLedger,
  context: WriteContext,
): 'merged' | 'known' {
  const pending = transaction.outbox.pendingOf(collection, record.id);
  const shadow = transaction.sync.shadow(collection, record.id);
  const [first] = pending;
  if (pending.some((row) => row.record.rev === record.rev)) return 'known';
  if (pending.some((row) => ledger.mayBeApplied(row)))
    throw new Error('a contested document was not settled');
  if (first === undefined || shadow === undefined || shadow.rev !== first.baseRev) return 'known';
  if (versionOf(record.rev) <= versionOf(shadow.rev)) return 'known';
  settleConflict(transaction, collection, record, context);
  return 'merged';
}

/** The records of a frame whose unsent rows may have been applied: their push has to be answered first (PULL-5). */
export function contestedRecords(
  reader: ReplicaReader,
  frame: Frame,
  ledger: SendLedger,
): readonly RecordRef[] {
  const byKey = new Map<string, RecordRef>();
  for (const document of frame.documents) {
    const received = parseReceivedRecord(document.collection, document.record);
    if (!received.isUsable) continue;
    const ref = { collection: document.collection, id: received.record.id };
    const pending = reader.outbox.pendingOf(ref.collection, ref.id);
    const isOwn = pending.some((row) => row.record.rev === received.record.rev);
    if (!isOwn && pending.some((row) => ledger.mayBeApplied(row))) byKey.set(recordKey(ref), ref);
  }
  return [...byKey.values()];
}
