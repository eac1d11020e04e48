import * as v from 'valibot';
import type { OperationId, RecordId, Revision, Scope } from '#contracts/ids.ts';
import { maxRecordLength } from '#contracts/records/record.ts';
import type { CollectionName } from '#contracts/records/registry.ts';
import { type OfferRow, OfferRowSchema, type RecordDelta } from '#contracts/wire/client-messages.ts';
import { applyDelta } from '#sync/merge/record-delta.ts';
import { revisionOf } from '#sync/merge/revision.ts';
import type { Session } from '../postgres/database.ts';
import {
  type CheckedRow,
  isRecordOf,
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

/** Rows whose bases are read at once, and most UTF-16 units of records that one batch may grow to. */
const rowsAtOnce = 100;
const maxBatchLength = 16 * 1024 * 1024;

type DeltaRow = Extract<OfferRow, { readonly delta: RecordDelta }>;

/**
 * Turns the rows of an offer into whole records (docs/specs/sync.md PUSH-14): differences are applied to the version they name,
 * which the center has as newest one, in its history, or from an earlier row. A version never changes once it exists,
 * so no lock is needed to read it. The revision is computed here and its last eight digits compared. `RangeError` as {@link checkRow}.
 */
export async function prepareOffered(
  session: Session,
  scope: Scope,
  raws: readonly unknown[],
  now: number,
): Promise<readonly PreparedRow[]> {
  const parsed = raws.map((raw) => v.safeParse(OfferRowSchema, raw));
  const made = new Map<string, unknown>();
  const prepared: PreparedRow[] = [];
  let length = 0;
  for (let first = 0; first < raws.length; first += rowsAtOnce) {
    const rows = parsed.slice(first, first + rowsAtOnce).flatMap((row) => (row.success ? [row.output] : []));
    const bases = await readBases(session, scope, rows.filter(isDelta), made);
    for (let index = first; index < Math.min(first + rowsAtOnce, raws.length); index += 1) {
      const row = parsed[index];
      if (row === undefined) continue;
      const next = row.success
        ? prepareRow(row.output, {
            raw: raws[index],
            index,
            now,
            baseOf: (key) => made.get(key) ?? bases.get(key),
          })
        : unsound(raws[index], index, pathsOf(row.issues, ''));
      length += 'text' in next ? next.text.length : 0;
      if (length > maxBatchLength)
        prepared.push({ kind: 'postponed', index, op: 'op' in next ? next.op : null });
      else {
        if (next.kind === 'sound') made.set(versionKey(next.collection, next.id, next.rev), next.record);
        prepared.push(next);
      }
    }
  }
  return prepared;
}

interface RowPlace {
  readonly raw: unknown;
  readonly index: number;
  readonly now: number;
  baseOf(key: string): unknown;
}

function prepareRow(row: OfferRow, place: RowPlace): CheckedRow | RowWithoutBase {
  const { raw, index, now } = place;
  if (!isDelta(row)) return checkContent(row, row.record, raw, index, now);
  const base = place.baseOf(versionKey(row.collection, row.id, row.base));
  if (base === undefined) return { kind: 'without-base', index, op: row.op };
  return checkContent(row, applyDelta(base, row.delta), raw, index, now);
}

function checkContent(row: OfferRow, content: unknown, raw: unknown, index: number, now: number): CheckedRow {
  const { op, collection, base: baseRev } = row;
  if (!isWritable(collection)) return unsound(raw, index, ['collection']);
  const draft = { ...fieldsOf(content), rev: anyRevision };
  if (!isRecordOf(collection, draft)) return unsound(raw, index, recordIssues(collection, draft));
  if (isDelta(row) && draft.id !== row.id) return unsound(raw, index, ['id']);
  const rev = revisionOf(op, baseRev, collection, draft);
  if (rev.slice(-8) !== row.check) return unsound(raw, index, ['check']);
  const record = { ...draft, rev };
  const text = JSON.stringify(record);
  if (text.length > maxRecordLength) return unsound(raw, index, ['record']);
  return soundRow({ op, collection, baseRev, isAside: row.aside === true, record }, index, text, now);
}

/** Stands in until the revision is computed. */
const anyRevision = `1-${'0'.repeat(32)}`;
const FieldsSchema = v.looseObject({});

function fieldsOf(content: unknown): Readonly<Record<string, unknown>> {
  const fields = v.safeParse(FieldsSchema, content);
  return fields.success ? fields.output : {};
}

const isDelta = (row: OfferRow): row is DeltaRow => 'delta' in row;
const versionKey = (collection: CollectionName, id: RecordId, rev: Revision) => `${collection}/${id}/${rev}`;

async function readBases(
  session: Session,
  scope: Scope,
  rows: readonly DeltaRow[],
  made: ReadonlyMap<string, unknown>,
): Promise<ReadonlyMap<string, unknown>> {
  const wanted = rows.filter((row) => !made.has(versionKey(row.collection, row.id, row.base)));
  if (wanted.length === 0) return new Map();
  const found = await session.rows(sql.readVersions, sql.VersionSchema, [
    scope,
    wanted.map((row) => row.collection),
    wanted.map((row) => row.id),
    wanted.map((row) => row.base),
  ]);
  return new Map(found.map((one) => [versionKey(one.collection, one.id, one.rev), JSON.parse(one.body)]));
}
