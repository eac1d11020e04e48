import type { OutboxRow, SyncStateReader } from '#clinic/ports/replica.ts';
import type { OperationId, Revision } from '#contracts/ids.ts';
import type { AnyRecord } from '#contracts/records/registry.ts';
import type { RecordDelta } from '#contracts/wire/client-messages.ts';
import { maxMessageBytes, maxRowsPerPush } from '#contracts/wire/protocol.ts';
import { makeDelta } from '../merge/record-delta.ts';
import { recordKey } from './record-key.ts';

/** Room for what surrounds the rows in a message. */
const maxRowBytes = maxMessageBytes - 64 * 1024;
/** How many digits of the revision both sides compare (contracts/wire). */
const checkLength = 8;

/** One outbox row as it goes out. */
export interface RowToOffer {
  readonly row: OutboxRow;
  /** Sent as its difference to the base. */
  readonly isDelta: boolean;
}

/** Rows of one offer. */
export interface OfferBatch {
  readonly rows: readonly RowToOffer[];
  /** The rows of the message, as JSON text. */
  readonly texts: readonly string[];
  /** Length of the rows unpacked, in UTF-16 units. */
  readonly bytes: number;
  /** A row that no message can hold (PUSH-10); it comes right behind `rows`. */
  readonly tooLarge: OutboxRow | undefined;
}

export interface BatchBounds {
  readonly rows: number;
  readonly bytes: number;
}

/**
 * As many of the rows, in order, as one offer should hold; the first always, unless no message can hold it. A row whose base is
 * at hand travels as its difference (PUSH-14), unless it is in `wholeOnly`: the center lacked that base.
 */
export function takeBatch(
  candidates: Iterable<OutboxRow>,
  bounds: BatchBounds,
  sync: SyncStateReader,
  wholeOnly: ReadonlySet<OperationId>,
): OfferBatch {
  const rows: RowToOffer[] = [];
  const texts: string[] = [];
  /** Newest version in this batch, by record. */
  const newest = new Map<string, OutboxRow>();
  let bytes = 0;
  for (const row of candidates) {
    if (rows.length >= Math.min(bounds.rows, maxRowsPerPush)) break;
    const base = wholeOnly.has(row.op) ? undefined : baseAtHand(row, newest, sync);
    const delta = base === undefined ? undefined : makeDelta(base, row.record);
    const text = offerText(row, delta);
    const size = text.length;
    if (isTooLarge(text)) return { rows, texts, bytes, tooLarge: row };
    if (rows.length > 0 && bytes + size > bounds.bytes) break;
    rows.push({ row, isDelta: delta !== undefined });
    texts.push(text);
    newest.set(recordKey(row), row);
    bytes += size;
  }
  return { rows, texts, bytes, tooLarge: undefined };
}

/** UTF-8 takes at most three bytes for a UTF-16 unit: most rows need not be counted. */
const isTooLarge = (text: string): boolean =>
  text.length * 3 > maxRowBytes && Buffer.byteLength(text) > maxRowBytes;

/** The version a row builds on: the row before it in the same batch, or what the center is known to have. */
function baseAtHand(
  row: OutboxRow,
  newest: ReadonlyMap<string, OutboxRow>,
  sync: SyncStateReader,
): AnyRecord | undefined {
  if (row.baseRev === null) return undefined;
  const before = newest.get(recordKey(row));
  if (before?.rev === row.baseRev) return before.record;
  const shadow = sync.shadow(row.collection, row.id);
  return shadow?.rev === row.baseRev ? shadow : undefined;
}

/** The JSON text of an `OfferRow` (contracts/wire): whole, or as its difference to the base that `baseRev` names. */
function offerText(row: OutboxRow, delta: RecordDelta | undefined): string {
  const offered = JSON.stringify({
    op: row.op,
    collection: row.collection,
    check: checkOf(row.rev),
    ...(row.isAside ? { aside: true as const } : {}),
    ...(row.supersedes === undefined ? {} : { supersedes: row.supersedes }),
    base: row.baseRev,
    ...(delta === undefined ? {} : { id: row.id, delta }),
  });
  return delta === undefined ? `${offered.slice(0, -1)},"record":${textWithoutRevision(row)}}` : offered;
}

/** The record as it was written is not taken apart only to be written again: the revision is its last member. */
function textWithoutRevision(row: OutboxRow): string {
  const end = `,"rev":"${row.rev}"}`;
  if (row.text.endsWith(end)) return `${row.text.slice(0, -end.length)}}`;
  const { rev: _computed, ...record } = row.record;
  return JSON.stringify(record);
}

/** What both sides compare of a revision. */
export const checkOf = (rev: Revision): string => rev.slice(-checkLength);
