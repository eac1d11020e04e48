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
  /** The list of the rows in the message: JSON text in UTF-8. */
  readonly utf8: Uint8Array;
  /** Its length; 0 for no rows. */
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
  const pieces: Uint8Array[] = [];
  /** Newest version in this batch, by record. */
  const newest = new Map<string, OutboxRow>();
  let bytes = 0;
  for (const row of candidates) {
    if (rows.length >= Math.min(bounds.rows, maxRowsPerPush)) break;
    const base = wholeOnly.has(row.op) ? undefined : baseAtHand(row, newest, sync);
    const delta = base === undefined ? undefined : makeDelta(base, row.record);
    const offered = offeredRow(row, delta);
    const size = offered.reduce((sum, piece) => sum + piece.length, 0);
    if (size > maxRowBytes) return batchOf(rows, pieces, row);
    if (rows.length > 0 && bytes + size > bounds.bytes) break;
    pieces.push(rows.length === 0 ? listBegin : comma, ...offered);
    rows.push({ row, isDelta: delta !== undefined });
    newest.set(recordKey(row), row);
    bytes += size;
  }
  return batchOf(rows, pieces, undefined);
}

const listBegin = Buffer.from('[');
const comma = Buffer.from(',');
const listEnd = Buffer.from(']');
const objectEnd = Buffer.from('}');

function batchOf(
  rows: readonly RowToOffer[],
  pieces: readonly Uint8Array[],
  tooLarge: OutboxRow | undefined,
): OfferBatch {
  const utf8 = Buffer.concat([...pieces, listEnd]);
  return { rows, utf8, bytes: rows.length === 0 ? 0 : utf8.length, tooLarge };
}

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

/**
 * The JSON text of an `OfferRow` (contracts/wire) in UTF-8, in pieces: whole, or as its difference to the base that `baseRev` names.
 * A whole record is never made a string: it is sent as it is kept.
 */
function offeredRow(row: OutboxRow, delta: RecordDelta | undefined): readonly Uint8Array[] {
  if (delta !== undefined) return [Buffer.from(`${memberTexts(row)},${memberText({ id: row.id, delta })}}`)];
  return [Buffer.from(`${memberTexts(row)},"record":`), ...withoutRevision(row), objectEnd];
}

/** What every offered row begins with. Ids, names and revisions have no sign that JSON escapes. */
function memberTexts({ op, collection, rev, isAside, supersedes, baseRev }: OutboxRow): string {
  const aside = isAside ? ',"aside":true' : '';
  const replaced = supersedes === undefined ? '' : `,${memberText({ supersedes })}`;
  const base = baseRev === null ? 'null' : `"${baseRev}"`;
  return `{"op":"${op}","collection":"${collection}","check":"${checkOf(rev)}"${aside}${replaced},"base":${base}`;
}

const memberText = (members: object): string => JSON.stringify(members).slice(1, -1);

/**
 * The record as it was written is not taken apart only to be written again: the revision comes before the scope, which is last in
 * canonical order (`sync/local-write.ts`), or is the last member itself.
 */
function withoutRevision(row: OutboxRow): readonly Uint8Array[] {
  const revision = `,"rev":"${row.rev}"`;
  for (const rest of [scopeEnd(row.utf8), '}']) {
    const end = Buffer.from(revision + rest, 'latin1');
    const from = row.utf8.length - end.length;
    if (from > 0 && end.equals(row.utf8.subarray(from))) {
      return [row.utf8.subarray(0, from), end.subarray(revision.length)];
    }
  }
  const { rev: _computed, ...record } = row.record;
  return [Buffer.from(JSON.stringify(record))];
}

const scopeEndLength = ',"scope":"TRN000001"}'.length;
const lastScope = /^,"scope":"[A-Z]{3}[0-9]{6}"\}$/;

/** The end of the text from the scope on, if that is the record's last member; otherwise its last bracket alone. */
function scopeEnd(utf8: Uint8Array): string {
  const from = Math.max(0, utf8.length - scopeEndLength);
  const end = Buffer.from(utf8.buffer, utf8.byteOffset + from, utf8.length - from).toString('latin1');
  return lastScope.test(end) ? end : '}';
}

/** What both sides compare of a revision. */
export const checkOf = (rev: Revision): string => rev.slice(-checkLength);
