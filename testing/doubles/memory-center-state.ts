import { crc32 } from 'node:zlib';
import * as v from 'valibot';
import type { DeviceId, OperationId, RecordId, Revision, Scope } from '#contracts/ids.ts';
import { type Lane, maxRecordLength } from '#contracts/records/record.ts';
import { type AnyRecord, type CollectionName, recordSchemas } from '#contracts/records/registry.ts';
import type { CenterMessage } from '#contracts/wire/center-messages.ts';
import { type ClientMessage, type PushRow, PushRowSchema } from '#contracts/wire/client-messages.ts';
import type { Ticket } from '#sync/device-identity.ts';
import { revisionOf } from '#sync/merge/revision.ts';

export type Refusal = Extract<CenterMessage, { type: 'refused' }>['code'];

export interface Device {
  readonly scope: Scope;
  readonly publicKey: string;
  /** Null after a restore: whatever the device shows first is taken. */
  confirmed: Ticket | null;
  offered: Ticket | null;
  isCloned: boolean;
  isRevoked: boolean;
}

interface FeedEntry {
  readonly seq: number;
  readonly lane: Lane;
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly rev: Revision;
}

/** One version the center took. */
export interface HistoryEntry {
  readonly op: OperationId;
  readonly device: DeviceId;
  readonly baseRev: Revision | null;
  readonly collection: CollectionName;
  readonly record: AnyRecord;
  readonly supersedes: readonly OperationId[];
}

export interface ScopeState {
  head: number;
  durable: number;
  readonly feed: FeedEntry[];
  /** Newest version, by record key. Parsed only on the way out, so that a bad one can be planted. */
  readonly documents: Map<string, { rev: Revision; record: unknown }>;
  readonly history: HistoryEntry[];
}

export interface CenterState {
  epoch: string;
  readonly devices: Map<DeviceId, Device>;
  readonly codes: Map<string, { readonly scope: Scope; isUsed: boolean }>;
  readonly scopes: Map<Scope, ScopeState>;
  readonly pushLog: Map<OperationId, { readonly rev: Revision; readonly seq: number; readonly at: number }>;
  readonly quarantine: { readonly device: DeviceId; readonly row: unknown }[];
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Undefined when the row is not what it claims. */
export function readRow(raw: unknown, scope: Scope): { row: PushRow; record: AnyRecord } | undefined {
  const row = v.safeParse(PushRowSchema, raw);
  if (!row.success) return undefined;
  const { op, collection, id, baseRev, rev } = row.output;
  const record = v.safeParse(recordSchemas[collection], row.output.record);
  if (!record.success || JSON.stringify(record.output).length > maxRecordLength) return undefined;
  const isHonest =
    record.output.id === id &&
    record.output.scope === scope &&
    record.output.rev === rev &&
    revisionOf(op, baseRev, collection, record.output) === rev;
  return isHonest ? { row: row.output, record: record.output } : undefined;
}

/** The frame that answers a pull; undefined when the head is not beyond `since`. */
export function readFrame(
  { head, feed, documents }: ScopeState,
  pull: Extract<ClientMessage, { readonly type: 'pull' }>,
  epoch: string,
): CenterMessage | undefined {
  if (pull.since >= head) return undefined;
  const newest = feed.filter(
    ({ seq, lane, collection, id, rev }) =>
      lane === pull.lane && seq > pull.since && documents.get(`${collection}/${id}`)?.rev === rev,
  );
  const page = newest.slice(0, pull.limit).map(({ seq, collection, id }) => ({
    seq,
    collection,
    record: documents.get(`${collection}/${id}`)?.record,
  }));
  const through = newest.length > page.length ? (page.at(-1)?.seq ?? head) : head;
  const { scope, lane, since } = pull;
  const crc = crc32(JSON.stringify(page));
  return { type: 'frame', epoch, scope, lane, since, through, head, crc, documents: page };
}
