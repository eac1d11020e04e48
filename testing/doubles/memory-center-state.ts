import { crc32 } from 'node:zlib';
import * as v from 'valibot';
import type { DeviceId, OperationId, RecordId, Revision, Scope } from '#contracts/ids.ts';
import { type Lane, maxRecordLength } from '#contracts/records/record.ts';
import { type AnyRecord, type CollectionName, recordTypes } from '#contracts/records/registry.ts';
import type { CenterMessage } from '#contracts/wire/center-messages.ts';
import { type ClientMessage, type PushRow, PushRowSchema } from '#contracts/wire/client-messages.ts';
import { digestBuckets } from '#contracts/wire/protocol.ts';
import { parseReceivedRecord } from '#sync/client/received-record.ts';
import type { Ticket } from '#sync/device-identity.ts';
import { bucketOf, RecordDigest } from '#sync/merge/digest.ts';
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
  /** Whether it is to erase its records, and whether it said that it has. */
  wipe: 'no' | 'ordered' | 'done';
}

export interface FeedEntry {
  readonly seq: number;
  readonly lane: Lane;
  readonly collection: CollectionName;
  readonly id: RecordId;
  /** Null for a withdrawal. */
  readonly rev: Revision | null;
}

/** One version the center took. */
export interface HistoryEntry {
  readonly op: OperationId;
  readonly seq: number;
  readonly device: DeviceId;
  readonly baseRev: Revision | null;
  readonly collection: CollectionName;
  readonly record: AnyRecord;
  readonly supersedes: readonly OperationId[];
  /** Beside the line of versions, never the newest (PUSH-13). */
  readonly isAside: boolean;
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

/** A backup put back: the tickets of the time after it mean nothing. */
export function restored(backup: CenterState, epoch: string): CenterState {
  const state = structuredClone(backup);
  state.epoch = epoch;
  for (const device of state.devices.values()) {
    device.confirmed = null;
    device.offered = null;
  }
  return state;
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
  const received = parseReceivedRecord(collection, row.output.record);
  if (!received.isUsable || JSON.stringify(received.record).length > maxRecordLength) return undefined;
  const { record } = received;
  const isHonest =
    record.id === id &&
    record.scope === scope &&
    record.rev === rev &&
    revisionOf(op, baseRev, collection, record) === rev;
  return isHonest ? { row: row.output, record } : undefined;
}

const oldMs = 2 * 24 * 60 * 60_000;

/** FLOW-4. */
export function laneOf(collection: CollectionName, record: unknown, now: number): Lane {
  const isLife = collection === 'patients' || collection === 'visits';
  const captured = v.safeParse(v.looseObject({ capturedAt: v.number() }), record);
  const isOld = captured.success && captured.output.capturedAt < now - oldMs;
  return isLife && isOld ? 2 : recordTypes[collection].lane;
}

/** A document as it goes out, or a withdrawal. */
type Item =
  | { seq: number; collection: CollectionName; record: unknown }
  | { seq: number; collection: CollectionName; withdrawn: RecordId };

/** What the feed of a lane holds after `since`, only newest versions; `seen` are passed over. */
export function* itemsAfter(
  { feed, documents }: ScopeState,
  lane: Lane,
  since: number,
  seen: ReadonlySet<Revision> = new Set(),
): Generator<Item> {
  for (let index = firstBehind(feed, since); index < feed.length; index += 1) {
    const entry = feed[index];
    if (entry === undefined || entry.lane !== lane) continue;
    const { seq, collection, id, rev } = entry;
    const newest = documents.get(`${collection}/${id}`);
    if (rev === null && newest === undefined) yield { seq, collection, withdrawn: id };
    else if (rev !== null && newest?.rev === rev && !seen.has(rev)) {
      yield { seq, collection, record: newest.record };
    }
  }
}

/** Index of the first entry with a position beyond `since`. */
function firstBehind(feed: readonly FeedEntry[], since: number): number {
  let [low, high] = [0, feed.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((feed[middle]?.seq ?? 0) > since) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The frame that answers a pull; undefined when the head is not beyond `since`. */
export function readFrame(
  state: ScopeState,
  pull: Extract<ClientMessage, { readonly type: 'pull' }>,
  epoch: string,
): CenterMessage | undefined {
  if (pull.since >= state.head) return undefined;
  const newest = [...itemsAfter(state, pull.lane, pull.since)].flatMap((item) =>
    'record' in item ? [item] : [],
  );
  const page = newest.slice(0, pull.limit);
  const { head } = state;
  const through = newest.length > page.length ? (page.at(-1)?.seq ?? head) : head;
  const { scope, lane, since } = pull;
  const crc = crc32(JSON.stringify(page));
  return { type: 'frame', epoch, scope, lane, since, through, head, crc, documents: page };
}

/** Digests of a scope by bucket (DIG-1). */
export function digestsOf({ documents }: ScopeState): string[] {
  const digests = Array.from({ length: digestBuckets }, () => new RecordDigest());
  for (const { collection, id, rev } of versionsOf(documents))
    digests[bucketOf(id)]?.toggle(collection, id, rev);
  return digests.map(String);
}

const KeySchema = v.object({
  collection: v.custom<CollectionName>((value) => typeof value === 'string'),
  id: v.custom<RecordId>((value) => typeof value === 'string'),
});

/** Every newest version of a scope. */
export function versionsOf(
  documents: ScopeState['documents'],
): { collection: CollectionName; id: RecordId; rev: Revision }[] {
  return [...documents].map(([key, { rev }]) => {
    const [collection, id] = key.split('/');
    return { ...v.parse(KeySchema, { collection, id }), rev };
  });
}
