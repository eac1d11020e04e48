import type { ReplicaTransaction } from '#clinic/ports/replica.ts';
import type { Scope } from '#contracts/ids.ts';
import type { Lane } from '#contracts/records/record.ts';
import type { CollectionName, RecordOf } from '#contracts/records/registry.ts';
import { versionOf } from '../merge/revision.ts';
import { healFromCenter, keepInHistory } from './heal/heal-record.ts';
import type { ReadDocument } from './read-portion.ts';
import type { SendLedger } from './send-ledger.ts';
import { misunderstood } from './session-end.ts';
import { setAside, type UnusableDocument } from './set-aside.ts';
import { settleConflict, type WriteContext } from './settle-conflict.ts';
import { isRereading } from './sync-memory.ts';
import { forgetUnreadable, noteUnreadable } from './unreadable.ts';
import { belongsAgain, withdraw } from './withdrawn.ts';

/** A piece of a feed, checked. */
export interface ReadPortion {
  readonly scope: Scope;
  readonly lane: Lane;
  readonly epoch: string;
  readonly since: number;
  readonly through: number;
  readonly documents: readonly ReadDocument[];
}

export interface PortionOutcome {
  readonly stored: number;
  readonly merged: number;
  readonly removed: number;
  readonly setAside: number;
}

interface Taking {
  readonly transaction: ReplicaTransaction;
  readonly ledger: SendLedger;
  readonly context: WriteContext;
  /** Whether anything at all is pending; most workstations have nothing, and then no row is looked for. */
  readonly hasPending: boolean;
  /** Whether the last record was not here: then neither is the next, most likely, and it is inserted before it is looked for. */
  wasNew: boolean;
}

/**
 * Commits one portion inside one transaction: its documents, what could not be used, and the checkpoint (PULL-3). Throws a
 * `SessionEnd` if it does not follow the checkpoint; nothing is written then.
 */
export function commitPortion(
  transaction: ReplicaTransaction,
  portion: ReadPortion,
  ledger: SendLedger,
  context: WriteContext,
): PortionOutcome {
  const { scope, lane, epoch } = portion;
  const since = transaction.sync.checkpoint(scope, lane)?.seq ?? 0;
  if (since !== portion.since) throw misunderstood('portion does not follow the checkpoint');
  const outcome = { stored: 0, merged: 0, removed: 0, setAside: 0 };
  const unusable: UnusableDocument[] = [];
  const hasPending = transaction.outbox.newestPending() > 0;
  const taking: Taking = { transaction, ledger, context, hasPending, wasNew: true };
  for (const document of portion.documents) {
    if (document.kind === 'withdrawn') {
      outcome.removed += withdraw(transaction, document.record) ? 1 : 0;
    } else if (document.kind === 'unusable') {
      const { seq, collection, content, paths } = document;
      unusable.push({ seq, collection, scope, lane, at: context.now, record: content, paths: [...paths] });
      outcome.setAside += 1;
    } else {
      const { collection, record, text } = document.received;
      const taken = take(taking, collection, record, document.seq, text);
      if (taken !== 'known') outcome[taken] += 1;
    }
  }
  setAside(transaction, unusable);
  noteUnreadable(transaction, unusable);
  forgetUnreadable(transaction, portion.documents);
  transaction.sync.setCheckpoint(scope, lane, { epoch, seq: portion.through });
  return outcome;
}

function take<C extends CollectionName>(
  taking: Taking,
  collection: C,
  record: RecordOf<C>,
  seq: number,
  text: Uint8Array | undefined,
): 'stored' | 'merged' | 'known' {
  const { transaction, ledger, context, hasPending } = taking;
  const ref = { collection, id: record.id };
  if (hasPending && transaction.outbox.pendingOf(collection, record.id).length > 0) {
    belongsAgain(transaction, ref);
    return takeBesidePending(taking, collection, record);
  }
  if (seq < ledger.acceptedAt(ref)) return 'known';
  if (taking.wasNew && text !== undefined && transaction.insertReceived(collection, record, text))
    return 'stored';
  const stored = transaction.get(collection, record.id);
  taking.wasNew = stored === undefined;
  if (stored?.rev === record.rev) return 'known';
  // Older than what is here: it was overtaken on the way, or a restored center has lost the newer one, which then is
  // found by the digest and offered again (DIG-4). Either way this one is not put over it.
  if (stored !== undefined && versionOf(stored.rev) > versionOf(record.rev)) return 'known';
  if (stored !== undefined && isRival(transaction, collection, stored, record)) {
    return healFromCenter(transaction, collection, record, stored.rev, context) ? 'merged' : 'known';
  }
  if (stored !== undefined && isRereading(transaction))
    keepInHistory(transaction, collection, stored, record, context);
  if (text === undefined) transaction.put(collection, record);
  else transaction.putReceived(collection, record, text);
  // Only a quarantined edit leaves a shadow without pending rows; the center's newer version ends it.
  if (stored !== undefined) transaction.sync.removeShadow(collection, record.id);
  return 'stored';
}

/**
 * Whether neither version can descend from the other: the one here may be the last copy of what a restored center lost (EPO-4).
 * A quarantined edit, which leaves a shadow, is kept by its row.
 */
const isRival = <C extends CollectionName>(
  transaction: ReplicaTransaction,
  collection: C,
  stored: RecordOf<C>,
  record: RecordOf<C>,
): boolean =>
  versionOf(stored.rev) === versionOf(record.rev) &&
  transaction.sync.shadow(collection, record.id) === undefined;

/**
 * A document of a record with unsent edits. Merged at once when that is exact: no row may have been applied already, and
 * the document descends from the shadow. Everything else is settled by the offer of these rows, which cannot succeed
 * without the center naming its version (PULL-5, PULL-6).
 */
function takeBesidePending<C extends CollectionName>(
  { transaction, ledger, context }: Taking,
  collection: C,
  record: RecordOf<C>,
): 'merged' | 'known' {
  const pending = transaction.outbox.pendingOf(collection, record.id);
  const shadow = transaction.sync.shadow(collection, record.id);
  const [first] = pending;
  if (pending.some((row) => row.rev === record.rev)) return 'known';
  if (pending.some((row) => ledger.mayBeApplied(row)))
    throw new Error('a contested document was not settled');
  if (first === undefined || shadow === undefined || shadow.rev !== first.baseRev) return 'known';
  if (versionOf(record.rev) <= versionOf(shadow.rev)) return 'known';
  settleConflict(transaction, collection, record, context);
  return 'merged';
}
