import type { ReplicaReader } from '#clinic/ports/replica.ts';
import { maxRecordLength } from '#contracts/records/record.ts';
import type { AnyRecord, CollectionName } from '#contracts/records/registry.ts';
import type { Portion } from '#contracts/wire/center-messages.ts';
import type { RecordTexts } from '../merge/parse-apart.ts';
import { parseReceivedRecord } from './received-record.ts';
import { type RecordRef, recordKey } from './record-key.ts';
import type { SendLedger } from './send-ledger.ts';
import { misunderstood } from './session-end.ts';

/** One document of a portion, checked. */
export type ReadDocument =
  | { readonly kind: 'record'; readonly seq: number; readonly received: AnyReceived }
  | { readonly kind: 'withdrawn'; readonly seq: number; readonly record: RecordRef }
  | {
      readonly kind: 'unusable';
      readonly seq: number;
      readonly collection: CollectionName;
      readonly content: unknown;
      readonly paths: readonly string[];
    };

/** A record with the collection it was checked for. */
export interface AnyReceived {
  readonly collection: CollectionName;
  readonly record: AnyRecord;
  /** The JSON text it was parsed from, in UTF-8, where it may be kept as it is. */
  readonly text?: Uint8Array;
}

/** Checks every document of a portion by itself (PULL-4). `texts`: those of the records, by place, where they are known. */
export function readDocuments(portion: Portion, texts?: RecordTexts): readonly ReadDocument[] {
  return portion.documents.map((document, place): ReadDocument => {
    const { seq, collection } = document;
    if (!('record' in document))
      return { kind: 'withdrawn', seq, record: { collection, id: document.withdrawn } };
    const received = parseReceivedRecord(collection, document.record);
    if (!received.isUsable)
      return { kind: 'unusable', seq, collection, content: document.record, paths: received.paths };
    const text = texts?.[place];
    // White space or escapes may make it longer than a record that is written anew.
    const kept = text === undefined || text.length > maxRecordLength ? {} : { text };
    return { kind: 'record', seq, received: { collection, record: received.record, ...kept } };
  });
}

/** What a flow expects of its next portion. */
export interface Expected {
  readonly epoch: string;
  readonly since: number;
  /** Portions it still has credit for. */
  readonly credit: number;
}

/** PULL-2, FLOW-1. Throws a `SessionEnd`. The CRC was checked when the message came. */
export function checkPortion(portion: Portion, expected: Expected): void {
  if (portion.epoch !== expected.epoch) throw misunderstood('portion of another epoch');
  if (expected.credit <= 0) throw misunderstood('portion without credit');
  if (portion.since !== expected.since) throw misunderstood('portion does not continue its flow');
  if (portion.through < portion.since || portion.head < portion.through) {
    throw misunderstood('portion positions');
  }
  let last = portion.since;
  for (const { seq } of portion.documents) {
    if (seq <= last || seq > portion.through) throw misunderstood('portion order');
    last = seq;
  }
}

/** The records of a portion whose unsent rows may have been applied: their offer has to be answered first (PULL-5). */
export function contestedRecords(
  reader: ReplicaReader,
  documents: readonly ReadDocument[],
  ledger: SendLedger,
): readonly RecordRef[] {
  const byKey = new Map<string, RecordRef>();
  if (reader.outbox.newestPending() === 0) return [];
  for (const document of documents) {
    if (document.kind !== 'record') continue;
    const { collection, record } = document.received;
    const ref = { collection, id: record.id };
    const pending = reader.outbox.pendingOf(collection, record.id);
    const isOwn = pending.some((row) => row.rev === record.rev);
    if (!isOwn && pending.some((row) => ledger.mayBeApplied(row))) byKey.set(recordKey(ref), ref);
  }
  return [...byKey.values()];
}
