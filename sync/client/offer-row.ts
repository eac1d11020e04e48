import type { OutboxRow, SyncStateReader } from '#clinic/ports/replica.ts';
import type { Revision } from '#contracts/ids.ts';
import type { AnyRecord } from '#contracts/records/registry.ts';
import type { RecordDelta } from '#contracts/wire/client-messages.ts';
import { maxMessageBytes, maxRowsPerPush } from '#contracts/wire/protocol.ts';
import { makeDelta } from '../merge/record-delta.ts';
import type { OfferText } from './offer-text.ts';

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
  /** The whole message: JSON text in UTF-8, valid until the next batch is taken. */
  readonly utf8: Uint8Array;
  /** Length of the list of rows in it; 0 for no rows. */
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
 * at hand travels as its difference (PUSH-14), unless its `seq` is in `wholeOnly`: the center lacked that base. `text` is begun.
 */
export function takeBatch(
  candidates: Iterable<OutboxRow>,
  bounds: BatchBounds,
  sync: SyncStateReader,
  wholeOnly: ReadonlySet<number>,
  text: OfferText,
): OfferBatch {
  const rows: RowToOffer[] = [];
  /** No two writes share a revision (REV-1). */
  const rowsByRevision = new Map<Revision, OutboxRow>();
  const most = Math.min(bounds.rows, maxRowsPerPush);
  let bytes = 0;
  for (const row of candidates) {
    if (rows.length >= most) break;
    const base = wholeOnly.has(row.seq) ? undefined : baseAtHand(row, rowsByRevision, sync);
    const delta = base === undefined ? undefined : makeDelta(base, row.record);
    const before = text.length;
    if (rows.length > 0) text.ascii(',');
    const begin = text.length;
    writeRow(text, row, delta);
    const size = text.length - begin;
    const isTooLarge = size > maxRowBytes;
    if (isTooLarge || (rows.length > 0 && bytes + size > bounds.bytes)) {
      text.cutTo(before);
      return batchOf(rows, text, isTooLarge ? row : undefined);
    }
    rows.push({ row, isDelta: delta !== undefined });
    rowsByRevision.set(row.rev, row);
    bytes += size;
  }
  return batchOf(rows, text, undefined);
}

function batchOf(rows: readonly RowToOffer[], text: OfferText, tooLarge: OutboxRow | undefined): OfferBatch {
  const { utf8, listBytes } = text.whole();
  return { rows, utf8, bytes: rows.length === 0 ? 0 : listBytes, tooLarge };
}

/** The version a row builds on: a row before it in the same batch, or what the center is known to have. */
function baseAtHand(
  row: OutboxRow,
  rowsByRevision: ReadonlyMap<Revision, OutboxRow>,
  sync: SyncStateReader,
): AnyRecord | undefined {
  if (row.baseRev === null) return undefined;
  const before = rowsByRevision.get(row.baseRev);
  if (before?.id === row.id && before.collection === row.collection) return before.record;
  const shadow = sync.shadow(row.collection, row.id);
  return shadow?.rev === row.baseRev ? shadow : undefined;
}

/**
 * The JSON text of an `OfferRow` (contracts/wire): whole, or as its difference to the base that `baseRev` names. A whole record is
 * never made a string: it is sent as it is kept.
 */
function writeRow(text: OfferText, row: OutboxRow, delta: RecordDelta | undefined): void {
  text.ascii(memberTexts(row));
  if (delta === undefined) {
    text.ascii(',"record":');
    writeWithoutRevision(text, row);
    text.ascii('}');
  } else {
    text.text(`,${memberText({ id: row.id, delta })}}`);
  }
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
function writeWithoutRevision(text: OfferText, row: OutboxRow): void {
  const revision = `,"rev":"${row.rev}"`;
  const before = text.length;
  text.utf8(row.utf8);
  // A record is longer than both members, so that no other row's text is looked at.
  const end = text.end(revision.length + scopeEndLength);
  const rest = end.startsWith(revision) && lastScope.test(end.slice(revision.length)) ? scopeEndLength : 1;
  if (rest === scopeEndLength || end.endsWith(`${revision}}`)) {
    text.cutTo(text.length - revision.length - rest);
    text.ascii(end.slice(end.length - rest));
    return;
  }
  text.cutTo(before);
  const { rev: _computed, ...record } = row.record;
  text.text(JSON.stringify(record));
}

const scopeEndLength = ',"scope":"TRN000001"}'.length;
const lastScope = /^,"scope":"[A-Z]{3}[0-9]{6}"\}$/;

/** What both sides compare of a revision. */
export const checkOf = (rev: Revision): string => rev.slice(-checkLength);
