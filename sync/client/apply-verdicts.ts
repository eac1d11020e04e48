import type { OutboxRow, ReplicaTransaction } from '#clinic/ports/replica.ts';
import type { ErrorCode } from '#contracts/errors.ts';
import type { OperationId } from '#contracts/ids.ts';
import type { CollectionName, RecordOf } from '#contracts/records/registry.ts';
import type { Verdict } from '#contracts/wire/center-messages.ts';
import { parseReceivedRecord } from './received-record.ts';
import { type RecordRef, recordKey } from './record-key.ts';
import { RecordMap } from './record-map.ts';
import { misunderstood } from './session-end.ts';
import { rebasePending, settleConflict, type WriteContext } from './settle-conflict.ts';
import { readWithdrawn, removeIfWithdrawn } from './withdrawn.ts';

/** What the client has to remember or do after the transaction of a batch is durable. */
export interface BatchOutcome {
  readonly accepted: readonly { readonly row: OutboxRow; readonly centerSeq: number }[];
  /** Rows that left the outbox's pending rows in any other way. */
  readonly replaced: readonly OutboxRow[];
  readonly waiting: readonly { readonly record: RecordRef; readonly waitMs: number }[];
  /** Rows the center surely has not applied because it lacks their base. `isFirst`: of their record's pending rows. */
  readonly missingBase: readonly { readonly row: OutboxRow; readonly isFirst: boolean }[];
  /** Asides the center did not take now; nothing of the record waits for them. */
  readonly waitingAsides: readonly { readonly row: OutboxRow; readonly waitMs: number }[];
}

interface Progress {
  readonly accepted: { row: OutboxRow; centerSeq: number }[];
  readonly replaced: OutboxRow[];
  readonly waiting: { record: RecordRef; waitMs: number }[];
  readonly missingBase: { row: OutboxRow; isFirst: boolean }[];
  readonly waitingAsides: { row: OutboxRow; waitMs: number }[];
}

const nothingYet = (): Progress => ({
  accepted: [],
  replaced: [],
  waiting: [],
  missingBase: [],
  waitingAsides: [],
});

/** A conflicting version that fits no schema here: a newer program may read it. */
const unreadableWaitMs = 10 * 60_000;
const unsettledWaitMs = 5000;

/**
 * Only takes note of what the center accepted, which needs no room; every other row stays as it is and is sent again.
 * For a full disk, so that records can leave it.
 */
export function applyAcceptances(
  transaction: ReplicaTransaction,
  rows: readonly OutboxRow[],
  verdicts: readonly Verdict[],
): BatchOutcome {
  const progress = nothingYet();
  for (const { row, verdict } of pairUp(rows, verdicts)) {
    if (verdict.verdict === 'ok') accept(transaction, row, verdict, progress);
  }
  return progress;
}

/**
 * Applies the center's verdicts of one batch inside one transaction. Throws a `SessionEnd` if they are not the answer to
 * these rows; nothing is written then.
 */
export function applyVerdicts(
  transaction: ReplicaTransaction,
  rows: readonly OutboxRow[],
  verdicts: readonly Verdict[],
  context: WriteContext,
): BatchOutcome {
  const { plain, others } = sorted(pairUp(rows, verdicts));
  const progress = nothingYet();
  acceptTogether(transaction, plain, progress);
  /** Records whose pending rows were replaced: later verdicts about the old rows say nothing any more. */
  const replacedRecords = new Set<string>();
  for (const { row, verdict } of others) {
    if (row.isAside) {
      applyToAside(transaction, row, verdict, progress);
      continue;
    }
    if (replacedRecords.has(recordKey(row))) continue;
    if (apply(transaction, row, verdict, context, progress)) replacedRecords.add(recordKey(row));
  }
  return progress;
}

const refOf = (row: OutboxRow): RecordRef => ({ collection: row.collection, id: row.id });

function pairUp(rows: readonly OutboxRow[], verdicts: readonly Verdict[]) {
  if (verdicts.length !== rows.length) throw misunderstood('verdicts: one for each row');
  return rows.map((row, index) => {
    const verdict = verdicts[index];
    if (verdict === undefined || !isAbout(verdict, row.op, index))
      throw misunderstood('verdicts: other rows');
    if (verdict.verdict === 'ok' && verdict.rev !== row.rev) throw misunderstood('verdicts: other revision');
    return { row, verdict };
  });
}

const isAbout = (verdict: Verdict, op: OperationId, index: number): boolean =>
  verdict.op === op || (verdict.verdict === 'quarantined' && verdict.op === null && verdict.index === index);

/** Returns whether the record's pending rows were replaced. */
function apply(
  transaction: ReplicaTransaction,
  row: OutboxRow,
  verdict: Verdict,
  context: WriteContext,
  progress: Progress,
): boolean {
  switch (verdict.verdict) {
    case 'ok':
      accept(transaction, row, verdict, progress);
      return false;
    case 'conflict':
      return applyConflict(transaction, row, row.collection, verdict.record, context, progress);
    case 'quarantined':
      return applyQuarantine(transaction, row, verdict.code, context, progress);
    case 'missing-base':
      progress.missingBase.push({ row, isFirst: isFirstPending(transaction, row) });
      return false;
    case 'retry':
      progress.waiting.push({ record: refOf(row), waitMs: verdict.waitMs });
      return false;
  }
}

/** Nothing of the record depends on a row that was put aside: only its own state changes (PUSH-13). */
function applyToAside(
  transaction: ReplicaTransaction,
  row: OutboxRow,
  verdict: Verdict,
  progress: Progress,
): void {
  if (verdict.verdict === 'ok') {
    accept(transaction, row, verdict, progress);
  } else if (verdict.verdict === 'quarantined') {
    transaction.outbox.quarantine(row.op, verdict.code);
    progress.replaced.push(row);
  } else {
    const waitMs = verdict.verdict === 'retry' ? verdict.waitMs : unreadableWaitMs;
    progress.waitingAsides.push({ row, waitMs });
  }
}

interface Answered {
  readonly row: OutboxRow;
  readonly verdict: Verdict;
}
interface Accepted extends Answered {
  readonly verdict: Extract<Verdict, { readonly verdict: 'ok' }>;
}

/**
 * `plain`: nothing but acceptances, each of another record, so that no verdict of the batch bears on another. Nearly all are;
 * thousands are settled together then.
 */
function sorted(answered: readonly Answered[]): { plain: readonly Accepted[]; others: readonly Answered[] } {
  const timesByRecord = new RecordMap<number>();
  for (const { row } of answered) timesByRecord.set(row, (timesByRecord.get(row) ?? 0) + 1);
  const isPlain = (each: Answered): each is Accepted =>
    each.verdict.verdict === 'ok' && !each.row.isAside && timesByRecord.get(each.row) === 1;
  return { plain: answered.filter(isPlain), others: answered.filter((each) => !isPlain(each)) };
}

/** {@link accept} for rows of as many records. */
function acceptTogether(
  transaction: ReplicaTransaction,
  accepted: readonly Accepted[],
  progress: Progress,
): void {
  if (accepted.length === 0) return;
  const acceptances = accepted.map(({ row, verdict: { seq, at } }) => ({ row, centerSeq: seq, at }));
  const withPending = new Set(transaction.outbox.acceptAll(acceptances));
  transaction.sync.removeShadows(
    acceptances.filter((each) => !withPending.has(each)).map(({ row }) => refOf(row)),
  );
  for (const { row } of withPending) moveShadow(transaction, row);
  if (readWithdrawn(transaction).length > 0) {
    for (const { row } of acceptances) removeIfWithdrawn(transaction, row);
  }
  progress.accepted.push(...acceptances);
}

function accept(
  transaction: ReplicaTransaction,
  row: OutboxRow,
  { seq, at }: Extract<Verdict, { readonly verdict: 'ok' }>,
  progress: Progress,
): void {
  transaction.outbox.accept(row.op, seq, at);
  if (!row.isAside) {
    moveShadow(transaction, row);
    removeIfWithdrawn(transaction, row);
  }
  progress.accepted.push({ row, centerSeq: seq });
}

const pendingOf = (transaction: ReplicaTransaction, row: OutboxRow): readonly OutboxRow[] =>
  transaction.outbox.pendingOf(row.collection, row.id);

const isFirstPending = (transaction: ReplicaTransaction, row: OutboxRow): boolean =>
  pendingOf(transaction, row)[0]?.op === row.op;

/** The version just accepted is what the center has now; needed as long as edits on it are unsent (PUSH-4). */
function moveShadow(transaction: ReplicaTransaction, row: OutboxRow): void {
  const [next] = pendingOf(transaction, row);
  if (next === undefined) transaction.sync.removeShadow(row.collection, row.id);
  else if (next.baseRev === row.rev) transaction.sync.setShadow(row.collection, row.record);
}

function applyConflict<C extends CollectionName>(
  transaction: ReplicaTransaction,
  row: OutboxRow,
  collection: C,
  value: unknown,
  context: WriteContext,
  progress: Progress,
): boolean {
  const received = parseReceivedRecord(collection, value);
  if (!isFirstPending(transaction, row)) {
    // An earlier row is not settled and may have been applied: merging now could apply it twice.
    progress.waiting.push({ record: refOf(row), waitMs: unsettledWaitMs });
    return false;
  }
  if (!received.isUsable) {
    progress.waiting.push({ record: refOf(row), waitMs: unreadableWaitMs });
    return false;
  }
  checkSubject(received.record, row);
  progress.replaced.push(...pendingOf(transaction, row));
  settleConflict(transaction, collection, received.record, context);
  return true;
}

function checkSubject<C extends CollectionName>(record: RecordOf<C>, row: OutboxRow): void {
  if (record.id !== row.id) throw misunderstood('verdicts: conflict with another record');
}

function applyQuarantine(
  transaction: ReplicaTransaction,
  row: OutboxRow,
  code: ErrorCode,
  context: WriteContext,
  progress: Progress,
): boolean {
  const replaced = quarantineRow(transaction, row, code, context);
  progress.replaced.push(...replaced);
  return replaced.length > 1;
}

/**
 * Puts a row into quarantine. What was written on it later is offered on the last version the center has (PUSH-8).
 * Returns the rows that are no longer pending.
 */
export function quarantineRow(
  transaction: ReplicaTransaction,
  row: OutboxRow,
  code: ErrorCode,
  context: WriteContext,
): readonly OutboxRow[] {
  transaction.outbox.quarantine(row.op, code);
  const later = pendingOf(transaction, row);
  removeIfWithdrawn(transaction, row);
  if (later[0] === undefined || later[0].seq < row.seq) return [row];
  const shadow = transaction.sync.shadow(row.collection, row.id);
  rebasePending(transaction, refOf(row), shadow?.rev ?? null, context);
  return [row, ...later];
}
