import type { Random } from '#clinic/ports/clock.ts';
import type { OutboxRow, ReplicaTransaction } from '#clinic/ports/replica.ts';
import type { DeviceId, Instant, OperationId, Revision, Scope } from '#contracts/ids.ts';
import { type CollectionName, type RecordOf, recordTypes } from '#contracts/records/registry.ts';
import { appendWrite, type BasedWrite } from '../local-write.ts';
import { type MergedBody, mergeRecord } from '../merge/merge-record.ts';
import { versionOf } from '../merge/revision.ts';
import { parseReceivedRecord } from './received-record.ts';
import type { RecordRef } from './record-key.ts';
import { isRereading } from './sync-memory.ts';
import { writeConflictReviews } from './write-reviews.ts';

/** Where and when a merge is made. */
export interface WriteContext {
  readonly device: DeviceId;
  /** The device's own facility. */
  readonly scope: Scope;
  readonly now: Instant;
  readonly random: Random;
}

/** Most operations one row may name as superseded (contracts/wire). */
const maxSupersedes = 1000;

/**
 * Merges the record's unsent edits with the center's version, all in this transaction: the merged record, one outbox row
 * on the center's revision in place of all pending ones, the shadow, and reviews for what both changed (PUSH-5).
 */
export function settleConflict<C extends CollectionName>(
  transaction: ReplicaTransaction,
  collection: C,
  theirs: RecordOf<C>,
  context: WriteContext,
): void {
  const pending = transaction.outbox.pendingOf(collection, theirs.id);
  const mine = transaction.get(collection, theirs.id) ?? lastWritten(collection, pending);
  const [first] = pending;
  if (mine === undefined || first === undefined) throw new Error('a conflict needs an unsent edit');
  const isOwn = pending.some((row) => row.rev === theirs.rev);
  const base = isOwn ? theirs : mergeBase(transaction, collection, first, theirs);
  const merged = mergeRecord(collection, { base: base?.body, mine: mine.body, theirs: theirs.body });
  if (recordTypes[collection].merge.kind === 'center-decides') {
    yieldToCenter(transaction, { collection, mine, theirs, pending, merged, context });
  } else {
    replacePending(transaction, { collection, mine, theirs, pending, merged, context });
  }
}

/**
 * What was written last, of a record that was taken off this workstation since (SHR-6): its accepted rows are pending again when
 * the center lost them (EPO-1).
 */
function lastWritten<C extends CollectionName>(
  collection: C,
  pending: readonly OutboxRow[],
): RecordOf<C> | undefined {
  const received = parseReceivedRecord(collection, pending.at(-1)?.record);
  return received.isUsable ? received.record : undefined;
}

interface Settlement<C extends CollectionName> {
  readonly collection: C;
  readonly mine: RecordOf<C>;
  readonly theirs: RecordOf<C>;
  readonly pending: readonly OutboxRow[];
  readonly merged: MergedBody<C>;
  readonly context: WriteContext;
}

/** The shadow, if the center's version descends from it; a base that does not is worse than none. */
function mergeBase<C extends CollectionName>(
  transaction: ReplicaTransaction,
  collection: C,
  first: OutboxRow,
  theirs: RecordOf<C>,
): RecordOf<C> | undefined {
  const shadow = transaction.sync.shadow(collection, theirs.id);
  if (shadow === undefined || shadow.rev === theirs.rev) return shadow;
  if (isRereading(transaction)) return undefined;
  const mayDescend = shadow.rev === first.baseRev && versionOf(theirs.rev) > versionOf(shadow.rev);
  return mayDescend ? shadow : undefined;
}

/** The center decides: its version is stored, what was changed here goes to review (MRG-4). */
function yieldToCenter<C extends CollectionName>(
  transaction: ReplicaTransaction,
  settlement: Settlement<C>,
): void {
  const { collection, mine, theirs, pending, merged, context } = settlement;
  const supersedes = supersededBy(pending);
  if (
    !merged.keepsMine ||
    !writeConflictReviews(transaction, { collection, mine, theirs, merged, context, supersedes })
  ) {
    quarantineAll(transaction, settlement);
  } else {
    transaction.outbox.supersede(pending.map((row) => row.op));
  }
  transaction.put(collection, theirs);
  transaction.sync.removeShadow(collection, theirs.id);
}

function replacePending<C extends CollectionName>(
  transaction: ReplicaTransaction,
  settlement: Settlement<C>,
): void {
  const { collection, mine, theirs, pending, merged, context } = settlement;
  const isKept =
    writeConflictReviews(transaction, { collection, mine, theirs, merged, context }) && merged.keepsMine;
  if (isKept) transaction.outbox.supersede(pending.map((row) => row.op));
  else quarantineAll(transaction, settlement);
  transaction.sync.setShadow(collection, theirs);
  appendWrite(transaction, {
    ...rewriteOf(collection, mine, context),
    body: merged.body,
    scope: theirs.scope,
    baseRev: theirs.rev,
    after: [mine, theirs],
    supersedes: isKept ? supersededBy(pending) : [],
  });
}

/** Offers the record's whole present content as one row on `baseRev`, in place of its pending rows (PUSH-6, PUSH-8). */
export function rebasePending<C extends CollectionName>(
  transaction: ReplicaTransaction,
  { collection, id }: RecordRef & { readonly collection: C },
  baseRev: Revision | null,
  context: WriteContext,
): void {
  const pending = transaction.outbox.pendingOf(collection, id);
  const mine = transaction.get(collection, id) ?? lastWritten(collection, pending);
  if (mine === undefined || pending.length === 0) return;
  transaction.outbox.supersede(pending.map((row) => row.op));
  if (baseRev === null) transaction.sync.removeShadow(collection, id);
  appendWrite(transaction, {
    ...rewriteOf(collection, mine, context),
    baseRev,
    after: [mine],
    supersedes: supersededBy(pending),
  });
}

/** A write of the same person about the same moment; only the version it builds on changes. */
export function rewriteOf<C extends CollectionName>(
  collection: C,
  mine: RecordOf<C>,
  { device, now, random }: WriteContext,
): Omit<BasedWrite<C>, 'baseRev' | 'after'> {
  return {
    collection,
    id: mine.id,
    body: mine.body,
    scope: mine.scope,
    author: mine.author,
    device,
    at: now,
    capturedAt: mine.capturedAt,
    enteredLate: mine.enteredLate,
    random,
  };
}

/** The rows and what they had superseded themselves, newest kept if there are too many. */
function supersededBy(pending: readonly OutboxRow[]): readonly OperationId[] {
  return [...new Set(pending.flatMap((row) => [...(row.supersedes ?? []), row.op]))].slice(-maxSupersedes);
}

/**
 * No review can hold what was written (MRG-7): the rows stay here in quarantine, where the workstation shows them, and their
 * content goes into the record's history at the center.
 */
function quarantineAll<C extends CollectionName>(
  transaction: ReplicaTransaction,
  { collection, theirs, pending, context }: Settlement<C>,
): void {
  for (const row of pending) transaction.outbox.quarantine(row.op, 'sync.record-refused');
  for (const row of pending) {
    const written = parseReceivedRecord(collection, row.record);
    if (written.isUsable) keepAside(transaction, collection, written.record, theirs, context, [row.op]);
  }
}

/**
 * Sends a version that is not to be the record's into its history at the center, aside of `theirs` (PUSH-13). The record must have no
 * pending rows; the caller puts what it is to be. `instead`: operations with this content that the center will not get themselves.
 */
export function keepAside<C extends CollectionName>(
  transaction: ReplicaTransaction,
  collection: C,
  version: RecordOf<C>,
  theirs: RecordOf<C>,
  context: WriteContext,
  instead: readonly OperationId[] = [],
): void {
  appendWrite(transaction, {
    ...rewriteOf(collection, version, context),
    scope: theirs.scope,
    baseRev: theirs.rev,
    after: [version, theirs],
    supersedes: instead,
  });
  const written = transaction.outbox.pendingOf(collection, version.id).map((row) => row.op);
  transaction.outbox.supersede(written);
}
