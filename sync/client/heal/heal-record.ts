import type { ReplicaTransaction } from '#clinic/ports/replica.ts';
import type { RecordId, Revision } from '#contracts/ids.ts';
import { type CollectionName, type RecordOf, recordTypes } from '#contracts/records/registry.ts';
import { appendWrite } from '../../local-write.ts';
import { isSame } from '../../merge/json-equality.ts';
import { mergeRecord } from '../../merge/merge-record.ts';
import { versionOf } from '../../merge/revision.ts';
import { keepAside, rewriteOf, type WriteContext } from '../settle-conflict.ts';
import { withdraw } from '../withdrawn.ts';
import { writeConflictReviews } from '../write-reviews.ts';

/**
 * Takes the center's version of a record that differs here (DIG-4), inside one transaction. `compared` is the revision the
 * record had here when it was compared, null if it was missing; a record that is another by now, or has unsent edits, is left
 * alone: the feed and the offers settle it. A version that is not newer than the one here is merged with it without a base,
 * because the one here may be the last copy of what the center lost (EPO-3, EPO-4). Returns whether something was healed.
 */
export function healFromCenter<C extends CollectionName>(
  transaction: ReplicaTransaction,
  collection: C,
  theirs: RecordOf<C>,
  compared: Revision | null,
  context: WriteContext,
): boolean {
  const mine = transaction.get(collection, theirs.id);
  if ((mine?.rev ?? null) !== compared || hasUnsent(transaction, collection, theirs.id)) return false;
  if (mine?.rev === theirs.rev) return false;
  if (mine === undefined || versionOf(theirs.rev) > versionOf(mine.rev) || isSame(mine.body, theirs.body)) {
    if (mine !== undefined) keepInHistory(transaction, collection, mine, theirs, context);
    transaction.put(collection, theirs);
    if (mine !== undefined) transaction.sync.removeShadow(collection, theirs.id);
    return true;
  }
  return mergeDiverged(transaction, collection, mine, theirs, context);
}

/**
 * Sends the version here into the record's history at the center, aside of `theirs`, which is about to replace it: nobody can tell
 * whether it is an ancestor, and it may be the last copy of what a restored center lost (EPO-4). The record must have no unsent
 * edits; the caller puts `theirs`.
 */
export function keepInHistory<C extends CollectionName>(
  transaction: ReplicaTransaction,
  collection: C,
  mine: RecordOf<C>,
  theirs: RecordOf<C>,
  context: WriteContext,
): void {
  if (isSame(mine.body, theirs.body) || recordTypes[collection].merge.kind === 'center-decides') return;
  keepAside(transaction, collection, mine, theirs, context);
}

function mergeDiverged<C extends CollectionName>(
  transaction: ReplicaTransaction,
  collection: C,
  mine: RecordOf<C>,
  theirs: RecordOf<C>,
  context: WriteContext,
): boolean {
  const merged = mergeRecord(collection, { base: undefined, mine: mine.body, theirs: theirs.body });
  const isAsked = writeConflictReviews(transaction, { collection, mine, theirs, merged, context });
  const isKept = isAsked && merged.keepsMine;
  const rewrite = { ...rewriteOf(collection, mine, context), scope: theirs.scope, baseRev: theirs.rev };
  // What no review can hold (MRG-7) goes into the record's history as it is, beside the center's version.
  if (!isKept) keepInHistory(transaction, collection, mine, theirs, context);
  transaction.put(collection, theirs);
  const isTheirs = !isKept || recordTypes[collection].merge.kind === 'center-decides';
  if (isTheirs || isSame(merged.body, theirs.body)) return true;
  transaction.sync.setShadow(collection, theirs);
  appendWrite(transaction, { ...rewrite, body: merged.body, after: [mine, theirs] });
  return true;
}

/**
 * A record that only this workstation has (DIG-5): offered again as a new operation with the same content and author, or taken
 * off if it belongs to another facility or is the center's own to publish. Returns whether something was healed.
 */
export function healMissingAtCenter(
  transaction: ReplicaTransaction,
  {
    collection,
    id,
    rev,
  }: { readonly collection: CollectionName; readonly id: RecordId; readonly rev: Revision },
  isOwnScope: (scope: string) => boolean,
  context: WriteContext,
): boolean {
  const mine = transaction.get(collection, id);
  if (mine === undefined || mine.rev !== rev || hasUnsent(transaction, collection, id)) return false;
  if (collection === 'reference' || !isOwnScope(mine.scope)) return withdraw(transaction, { collection, id });
  transaction.sync.removeShadow(collection, id);
  appendWrite(transaction, { ...rewriteOf(collection, mine, context), baseRev: null, after: [mine] });
  return true;
}

const hasUnsent = (transaction: ReplicaTransaction, collection: CollectionName, id: RecordId): boolean =>
  transaction.outbox.pendingOf(collection, id).length > 0;
