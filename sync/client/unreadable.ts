import * as v from 'valibot';
import type { ReplicaReader, ReplicaTransaction } from '#clinic/ports/replica.ts';
import { RecordIdSchema, RevisionSchema } from '#contracts/ids.ts';
import { CollectionNameSchema } from '#contracts/records/registry.ts';
import type { ReadDocument } from './read-portion.ts';
import { recordKey } from './record-key.ts';

const settingsKey = 'sync.unreadable';
const programKey = 'sync.unreadable-program';
/** Most versions remembered; what is beyond them is fetched in vain every six hours. */
const maxRemembered = 1000;

const UnreadableSchema = v.array(
  v.object({ collection: CollectionNameSchema, id: RecordIdSchema, rev: RevisionSchema }),
);
export type Unreadable = v.InferOutput<typeof UnreadableSchema>[number];
const NamedSchema = v.looseObject({ id: RecordIdSchema, rev: RevisionSchema });

/**
 * Versions the center has and this program cannot read: not missing, so the digest counts them as if they were here, and
 * nobody asks for them again (DIG-1, PULL-4).
 */
export function readUnreadable(reader: ReplicaReader): readonly Unreadable[] {
  const text = reader.settings.get(settingsKey);
  return text === undefined ? [] : v.parse(UnreadableSchema, JSON.parse(text));
}

/** Remembers what could not be read, as far as its id and revision can be. */
export function noteUnreadable(
  transaction: ReplicaTransaction,
  documents: readonly { readonly collection: Unreadable['collection']; readonly record: unknown }[],
): void {
  const named = documents.flatMap(({ collection, record }) => {
    const parsed = v.safeParse(NamedSchema, record);
    return parsed.success ? [{ collection, id: parsed.output.id, rev: parsed.output.rev }] : [];
  });
  if (named.length === 0) return;
  const byKey = new Map(readUnreadable(transaction).map((each) => [recordKey(each), each]));
  for (const each of named) byKey.set(recordKey(each), each);
  write(transaction, [...byKey.values()].slice(-maxRemembered));
}

/** A version that can be read has come, or the record went: the unreadable one is not the newest any more. */
export function forgetUnreadable(transaction: ReplicaTransaction, documents: readonly ReadDocument[]): void {
  if (transaction.settings.get(settingsKey) === undefined) return;
  const remembered = readUnreadable(transaction);
  if (remembered.length === 0) return;
  const come = new Set(documents.flatMap((document) => keyOfReadable(document)));
  const left = remembered.filter((each) => !come.has(recordKey(each)));
  if (left.length < remembered.length) write(transaction, left);
}

/** Whether another program than before runs here. */
export const isOtherProgram = (reader: ReplicaReader, program: string): boolean =>
  reader.settings.get(programKey) !== program;

/** Another program than before may read what the last one could not: everything is asked for once more (VER-4). */
export function forgetUnreadableOfOtherProgram(transaction: ReplicaTransaction, program: string): void {
  if (!isOtherProgram(transaction, program)) return;
  transaction.settings.set(programKey, program);
  if (transaction.settings.get(settingsKey) !== undefined) write(transaction, []);
}

function keyOfReadable(document: ReadDocument): readonly string[] {
  if (document.kind === 'withdrawn') return [recordKey(document.record)];
  if (document.kind === 'unusable') return [];
  const { collection, record } = document.received;
  return [recordKey({ collection, id: record.id })];
}

function write(transaction: ReplicaTransaction, unreadable: readonly Unreadable[]): void {
  transaction.settings.set(settingsKey, JSON.stringify(unreadable));
}
