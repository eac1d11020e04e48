import * as v from 'valibot';
import type { OutboxRow, ReplicaReader, ReplicaTransaction } from '#clinic/ports/replica.ts';
import { type RecordId, RecordIdSchema } from '#contracts/ids.ts';
import { CollectionNameSchema } from '#contracts/records/registry.ts';
import { type RecordRef, recordKey } from './record-key.ts';

const settingsKey = 'sync.withdrawn';

const WithdrawnSchema = v.array(v.object({ collection: CollectionNameSchema, id: RecordIdSchema }));

/** Records that no longer belong here, kept only until what is unsent in them or about them is sent (SHR-6). One for each at most. */
export function readWithdrawn(reader: ReplicaReader): readonly RecordRef[] {
  const text = reader.settings.get(settingsKey);
  return text === undefined ? [] : v.parse(WithdrawnSchema, JSON.parse(text));
}

/**
 * Takes a record off this workstation, in the transaction that moves the checkpoint past its withdrawal: at once, or marked to
 * go when its unsent edits are sent. A patient also stays while a visit, a request or a review about them is unsent, so that
 * whoever looks at it sees whose it is. Returns whether it went.
 */
export function withdraw(transaction: ReplicaTransaction, record: RecordRef): boolean {
  if (transaction.get(record.collection, record.id) === undefined) return false;
  if (!isNeeded(transaction, record)) {
    transaction.remove(record.collection, record.id);
    return true;
  }
  write(transaction, [...without(readWithdrawn(transaction), record), record]);
  return false;
}

/** A later version of the record arrived: it belongs here again. */
export function belongsAgain(transaction: ReplicaTransaction, record: RecordRef): void {
  const marked = readWithdrawn(transaction);
  const others = without(marked, record);
  if (others.length < marked.length) write(transaction, others);
}

/**
 * After a row was answered: removes its record, and the patients it is about, if they were withdrawn and nothing needs them any
 * more.
 */
export function removeIfWithdrawn(transaction: ReplicaTransaction, row: OutboxRow): void {
  const marked = readWithdrawn(transaction);
  if (marked.length === 0) return;
  const own = { collection: row.collection, id: row.id };
  const concerned = [own, ...patientsOf(row).map((id) => ({ collection: 'patients' as const, id }))];
  const going = concerned.filter(
    (record) =>
      marked.some((each) => recordKey(each) === recordKey(record)) && !isNeeded(transaction, record),
  );
  if (going.length === 0) return;
  write(transaction, going.reduce(without, marked));
  for (const { collection, id } of going) transaction.remove(collection, id);
}

/** Whether something unsent is written in the record, or about the patient that it is. */
function isNeeded({ outbox }: ReplicaTransaction, { collection, id }: RecordRef): boolean {
  if (outbox.pendingOf(collection, id).length > 0) return true;
  if (collection !== 'patients') return false;
  return outbox.pending(outbox.counts().pending).some((row) => patientsOf(row).includes(id));
}

/** The patients that a row about something else is about. */
function patientsOf({ collection, record: { body } }: OutboxRow): readonly RecordId[] {
  if (collection === 'visits' && 'patientId' in body) return [body.patientId];
  if (collection === 'requests' && 'matter' in body && body.matter.kind !== 'access') {
    return [body.matter.patientId];
  }
  if (collection !== 'reviews' || !('subject' in body)) return [];
  const subjects = body.subject.collection === 'patients' ? [body.subject.id] : [];
  return body.question.kind === 'possible-duplicate' ? [...subjects, body.question.other] : subjects;
}

const without = (records: readonly RecordRef[], record: RecordRef): readonly RecordRef[] =>
  records.filter((each) => recordKey(each) !== recordKey(record));

function write(transaction: ReplicaTransaction, records: readonly RecordRef[]): void {
  transaction.settings.set(settingsKey, JSON.stringify(records));
}
