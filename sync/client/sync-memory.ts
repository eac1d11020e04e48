import type { ReplicaReader, ReplicaTransaction } from '#clinic/ports/replica.ts';
import type { Instant, Scope } from '#contracts/ids.ts';
import { lanes } from '#contracts/records/record.ts';

/** What the client keeps about itself in the replica's settings, apart from the device's identity. */
const keys = {
  epoch: 'sync.epoch',
  lastContact: 'sync.last-contact',
  firstCopy: 'sync.first-copy',
  healed: 'sync.healed',
  rereading: 'sync.rereading',
} as const;

/** When the center last welcomed this workstation, by the workstation's clock. */
export function readLastContact(reader: ReplicaReader): Instant | null {
  const text = reader.settings.get(keys.lastContact);
  return text === undefined ? null : Number(text);
}

/**
 * Keeps that the center was met in `epoch`. Another epoch than the last one means that it was restored: everything it
 * accepted is offered again and everything is read again, all in this transaction (EPO-1).
 */
export function meetEpoch(
  transaction: ReplicaTransaction,
  epoch: string,
  now: Instant,
): { readonly isNew: boolean } {
  const last = transaction.settings.get(keys.epoch);
  transaction.settings.set(keys.lastContact, String(now));
  if (last === epoch) return { isNew: false };
  transaction.settings.set(keys.epoch, epoch);
  if (last === undefined) return { isNew: false };
  transaction.outbox.offerAgain();
  transaction.sync.clearCheckpoints();
  transaction.settings.set(keys.rereading, 'yes');
  return { isNew: true };
}

/** True until every lane of the facility has been read to where it stood at some welcome. */
export const isFirstCopy = (reader: ReplicaReader): boolean => reader.settings.get(keys.firstCopy) !== 'done';

/** Notes that the first copy is complete, once every lane of `scope` has reached `head`. */
export function noteFirstCopy(transaction: ReplicaTransaction, scope: Scope, head: number): void {
  if (isFirstCopy(transaction) && hasReached(transaction, scope, head)) {
    transaction.settings.set(keys.firstCopy, 'done');
  }
}

/**
 * True after a restore of the center until every lane of the facility has been read again: until then a version of the center
 * with a higher number may still be no descendant of the one here (EPO-4).
 */
export const isRereading = (reader: ReplicaReader): boolean => reader.settings.get(keys.rereading) === 'yes';

/** Notes that everything was read again, once every lane of `scope` has reached `head`. */
export function noteReread(transaction: ReplicaTransaction, scope: Scope, head: number): void {
  if (isRereading(transaction) && hasReached(transaction, scope, head)) {
    transaction.settings.set(keys.rereading, 'no');
  }
}

const hasReached = (reader: ReplicaReader, scope: Scope, head: number): boolean =>
  lanes.every((lane) => (reader.sync.checkpoint(scope, lane)?.seq ?? 0) >= head);

/** Records found different from the center's and healed, since the workstation was enrolled (DIG-6). */
export const readHealed = (reader: ReplicaReader): number => Number(reader.settings.get(keys.healed) ?? 0);

/** Counts healed records, in the transaction that heals them. */
export function noteHealed(transaction: ReplicaTransaction, count: number): void {
  if (count > 0) transaction.settings.set(keys.healed, String(readHealed(transaction) + count));
}
