import * as v from 'valibot';
import type { OperationId, RecordId, Revision, Scope } from '#contracts/ids.ts';
import { quickCheck } from '#contracts/quick-check.ts';
import type { CollectionName } from '#contracts/records/registry.ts';
import { type OfferRow, OfferRowSchema, type RecordDelta } from '#contracts/wire/client-messages.ts';
import { parseRecord } from '#sync/merge/parse-apart.ts';
import { applyDelta } from '#sync/merge/record-delta.ts';
import type { RecordSpan, RecordSpans } from '#sync/merge/record-spans.ts';
import { sealText, sealVersion } from '#sync/merge/revision.ts';
import type { Session } from '../postgres/database.ts';
import {
  type CheckedRow,
  isContentOf,
  isTooLong,
  isWritable,
  pathsOf,
  recordIssues,
  soundRow,
  unsound,
} from './row-check.ts';
import * as sql from './statements.ts';

/** A row whose base the center does not know: to be offered whole. */
export interface RowWithoutBase {
  readonly kind: 'without-base';
  readonly index: number;
  readonly op: OperationId;
}

/** A row that is put off before it was looked at: the batch became too large. */
export interface PostponedRow {
  readonly kind: 'postponed';
  readonly index: number;
  readonly op: OperationId | null;
}

export type PreparedRow = CheckedRow | RowWithoutBase | PostponedRow;

/** Rows that are checked and whose bases are read at once, and how many bytes of records one batch may grow to. */
const rowsAtOnce = 100;
const maxBatchLength = 16 * 1024 * 1024;

type DeltaRow = Extract<OfferRow, { readonly delta: RecordDelta }>;

const [WholeRowSchema, DeltaRowSchema] = OfferRowSchema.options;
const isWholeRow = quickCheck(WholeRowSchema);

/** Chosen by what the row says it is, so that what is wrong with it can be named. */
const schemaFor = (raw: unknown) =>
  typeof raw === 'object' && raw !== null && 'delta' in raw ? DeltaRowSchema : WholeRowSchema;

/** Most rows are whole, and need no copy. */
const parseRow = (raw: unknown) =>
  isWholeRow(raw) && !('delta' in raw)
    ? { success: true as const, output: raw }
    : v.safeParse(schemaFor(raw), raw);

/** A row that says what changed; its record is not known yet. */
interface UnresolvedRow {
  readonly kind: 'unresolved';
  readonly index: number;
  readonly row: DeltaRow;
}

/** The rows of an offer as they came: where there is a span, the record stands there and is not parsed yet. */
export interface OfferedRows {
  readonly raws: readonly unknown[];
  readonly spans?: RecordSpans | undefined;
}

/** A row as it was sent, by its index. */
export type RowsAsSent = (index: number) => unknown;

/** The rows of an offer, checked as far as is possible without the database. */
export interface CheckedOffer {
  readonly asSent: RowsAsSent;
  readonly rows: readonly (CheckedRow | UnresolvedRow)[];
  /** When it came, by the center's clock. */
  readonly at: number;
}

/**
 * Parses the rows of an offer one by one and checks those that bring whole records: their revision is computed here and its
 * last eight digits compared (PUSH-14). `letOthers` is waited for every hundred rows, which take some milliseconds. Rejects
 * with `RangeError` as `checkRow` throws it, and with `SyntaxError` if the text of a record is no JSON.
 */
export async function checkOffered(
  offered: OfferedRows,
  at: number,
  letOthers: () => Promise<void>,
): Promise<CheckedOffer> {
  const asSent: RowsAsSent = (index) => rowAsSent(offered, index);
  const rows: (CheckedRow | UnresolvedRow)[] = [];
  for (const [index, raw] of offered.raws.entries()) {
    if (index > 0 && index % rowsAtOnce === 0) await letOthers();
    rows.push(checkOfferedRow(raw, { asSent, index, now: at, span: offered.spans?.[index] }));
  }
  return { asSent, rows, at };
}

function rowAsSent({ raws, spans }: OfferedRows, index: number): unknown {
  const [raw, span] = [raws[index], spans?.[index]];
  return span === undefined ? raw : { ...fieldsOf(raw), record: parseRecord(span) };
}

/** The record is parsed whatever the row is, and let go of as soon as it was checked. */
function checkOfferedRow(raw: unknown, place: RowPlace): CheckedRow | UnresolvedRow {
  const { asSent, index, span } = place;
  const record = span === undefined ? undefined : parseRecord(span);
  const parsed = parseRow(raw);
  if (!parsed.success) return unsound(asSent(index), index, pathsOf(parsed.issues, ''));
  const row = parsed.output;
  if (isDelta(row)) return { kind: 'unresolved', index, row };
  return checkContent(row, span === undefined ? row.record : record, place);
}

/**
 * Applies differences to the versions they name, which the center has as newest one, in its history, or from an earlier row of
 * the offer. A version never changes once it exists, so no lock is needed to read it. `RangeError` as `checkRow`.
 */
export async function resolveOffered(
  session: Session,
  scope: Scope,
  { asSent, rows, at }: CheckedOffer,
): Promise<readonly PreparedRow[]> {
  const made = new Map<string, Buffer>();
  const hasDifferences = rows.some(({ kind }) => kind === 'unresolved');
  const prepared: PreparedRow[] = [];
  let length = 0;
  for (let first = 0; first < rows.length; first += rowsAtOnce) {
    const some = rows.slice(first, first + rowsAtOnce);
    const bases = await readBases(session, scope, some, made);
    for (const row of some) {
      const place = { asSent, index: row.index, now: at };
      const next = row.kind === 'unresolved' ? resolve(row.row, place, made, bases) : row;
      length += lengthOf(next);
      const isTooMuch = length > maxBatchLength;
      if (isTooMuch)
        prepared.push({ kind: 'postponed', index: row.index, op: 'op' in next ? next.op : null });
      else prepared.push(next);
      if (hasDifferences && next.kind === 'sound' && !isTooMuch)
        made.set(versionKey(next.collection, next.id, next.rev), next.utf8);
    }
  }
  return prepared;
}

/** Bytes of a record, UTF-16 units of what is kept as it came. */
function lengthOf(row: CheckedRow | RowWithoutBase): number {
  if (row.kind === 'without-base') return 0;
  return row.kind === 'sound' ? row.utf8.length : row.text.length;
}

interface RowPlace {
  readonly asSent: RowsAsSent;
  readonly index: number;
  readonly now: number;
  /** Where the record that the row brings stands, if that is known. */
  readonly span?: RecordSpan | undefined;
}

/** Texts of records. */
type Versions = ReadonlyMap<string, string | Buffer>;

function resolve(
  row: DeltaRow,
  place: RowPlace,
  made: Versions,
  bases: Versions,
): CheckedRow | RowWithoutBase {
  const key = versionKey(row.collection, row.id, row.base);
  const base = made.get(key) ?? bases.get(key);
  if (base === undefined) return { kind: 'without-base', index: place.index, op: row.op };
  return checkContent(row, applyDelta(JSON.parse(base.toString()), row.delta), place);
}

function checkContent(row: OfferRow, content: unknown, place: RowPlace): CheckedRow {
  const { index, now, span } = place;
  const refused = (paths: readonly string[]) => unsound(place.asSent(index), index, paths);
  const { op, collection, base: baseRev } = row;
  if (!isWritable(collection)) return refused(['collection']);
  if (!isContentOf(collection, content)) {
    return refused(recordIssues(collection, { ...fieldsOf(content), rev: anyRevision }));
  }
  if (isDelta(row) && content.id !== row.id) return refused(['id']);
  const sealedText = span === undefined ? undefined : sealText(op, baseRev, collection, span);
  const sealed = sealedText ?? sealVersion(op, baseRev, collection, content);
  if (!sealed.rev.endsWith(row.check)) return refused(['check']);
  if (isTooLong(sealed.utf8)) return refused(['record']);
  const isAside = row.aside === true;
  return soundRow({ op, collection, baseRev, isAside, record: content }, sealed, index, now);
}

/** What is wrong is never the revision, which is computed here. */
const anyRevision = `1-${'0'.repeat(32)}`;

/** Spread, anything but an object becomes one without members. */
const fieldsOf = (content: unknown): object =>
  typeof content === 'object' && content !== null && !Array.isArray(content) ? content : {};

const isDelta = (row: OfferRow): row is DeltaRow => 'delta' in row;
const versionKey = (collection: CollectionName, id: RecordId, rev: Revision) => `${collection}/${id}/${rev}`;

async function readBases(
  session: Session,
  scope: Scope,
  rows: readonly (CheckedRow | UnresolvedRow)[],
  made: Versions,
): Promise<Versions> {
  const deltas = rows.flatMap((row) => (row.kind === 'unresolved' ? [row.row] : []));
  const wanted = deltas.filter((row) => !made.has(versionKey(row.collection, row.id, row.base)));
  if (wanted.length === 0) return new Map();
  const found = await session.rows(sql.readVersions, sql.VersionSchema, [
    scope,
    wanted.map((row) => row.collection),
    wanted.map((row) => row.id),
    wanted.map((row) => row.base),
  ]);
  return new Map(found.map((one) => [versionKey(one.collection, one.id, one.rev), one.body]));
}
