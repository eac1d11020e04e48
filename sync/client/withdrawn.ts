import * as v from 'valibot';
import type { ReplicaReader, ReplicaTransaction } from '#clinic/ports/replica.ts';
import { RecordIdSchema } from '#contracts/ids.ts';
import { CollectionNameSchema } from '#contracts/records/registry.ts';
import { type RecordRef, recordKey } from './record-key.ts';

const settingsKey = 'sync.withdrawn';

const WithdrawnSchema = v.array(v.object({ collection: CollectionNameSchema, id: RecordIdSchema }));

/** Records that no longer belong here, kept only until their unsent edits are sent (SHR-6). One for each at most. */
export function readWithdrawn(reader: ReplicaReader): readonly RecordRef[] {
  const text = reader.settings.get(settingsKey);
  return text === undefined ? [] : v.parse(WithdrawnSchema, JSON.parse(text));
}

/**
 * Takes a record off this workstation, in the transaction that moves the checkpoint past its withdrawal: at once, or marked to
 * go when its unsent edits are sent. Returns whether it went.
 */
export function withdraw(transaction: ReplicaTransaction, { collection, id }: RecordRef): boolean {
  if (transaction.get(collection, id) === undefined) return false;
  if (transaction.outbox.pendingOf(collection, id).length === 0) {
    transaction.remove(collection, id);
    return true;
  }
  const others = readWithdrawn(transaction).filter(
    (each) => recordKey(each) !== recordKey({ collection, id }),
  );
  write(transaction, [...others, { collection, id }]);
  return false;
}

/** A later version of the record arrived: it belongs here again. */
export function belongsAgain(transaction: ReplicaTransaction, record: RecordRef): void {
  const marked = readWithdrawn(transaction);
  const others = marked.filter((each) => recordKey(each) !== recordKey(record));
  if (others.length < marked.length) write(transaction, others);
}

/** After a row of the record was answered: removes it if it was withdrawn and nothing of it is unsent any more. */
export function removeIfWithdrawn(transaction: ReplicaTransaction, record: RecordRef): void {
  const marked = readWithdrawn(transaction);
  if (!marked.some((each) => recordKey(each) === recordKey(record))) return;
  if (transaction.outbox.pendingOf(record.collection, record.id).length > 0) return;
  write(
    transaction,
    marked.filter((each) => recordKey(each) !== recordKey(record)),
  );
  transaction.remove(record.collection, record.id);
}

function write(transaction: ReplicaTransaction, records: readonly RecordRef[]): void {
  transaction.settings.set(settingsKey, JSON.stringify(records));
}
