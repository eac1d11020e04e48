import { createHash } from 'node:crypto';
import * as v from 'valibot';
import {
  type OperationId,
  OperationIdSchema,
  type RecordId,
  type Revision,
  type Scope,
} from '#contracts/ids.ts';
import { type Lane, maxRecordLength } from '#contracts/records/record.ts';
import {
  type AnyRecord,
  type CollectionName,
  recordSchemas,
  recordTypes,
} from '#contracts/records/registry.ts';
import { type PushRow, PushRowSchema } from '#contracts/wire/client-messages.ts';
import { revisionOf } from '#sync/merge/revision.ts';

/** A row that fits its schema and is what it says. `text` is the record's JSON as sent. */
export interface SoundRow {
  readonly kind: 'sound';
  readonly index: number;
  readonly op: OperationId;
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly baseRev: Revision | null;
  readonly rev: Revision;
  readonly lane: Lane;
  readonly text: string;
}

/** A row the center cannot use; kept for a technician. */
export interface UnsoundRow {
  readonly kind: 'unsound';
  readonly index: number;
  /** Null if not even that could be read. */
  readonly op: OperationId | null;
  /** Field paths of what is wrong, never values. */
  readonly paths: readonly string[];
  /** The row's JSON as sent. */
  readonly text: string;
  /** Names the content, so that the same row sent twice is kept once. */
  readonly digest: string;
}

export type CheckedRow = SoundRow | UnsoundRow;

/** The center writes these by itself (docs/specs/center.md ING-5). */
const collectionsOfTheCenter: ReadonlySet<CollectionName> = new Set(['reference']);

const maxPaths = 20;

/**
 * Parses one row of a push alone, so that one bad row never blocks the others (ING-1), and checks that it is what it
 * claims: size, record schema, id, the device's scope, revision over the content.
 */
export function checkRow(raw: unknown, index: number, scope: Scope): CheckedRow {
  const row = v.safeParse(PushRowSchema, raw);
  if (!row.success) return unsound(raw, index, pathsOf(row.issues, ''));
  const text = JSON.stringify(row.output.record) ?? '';
  if (text.length > maxRecordLength) return unsound(raw, index, ['record']);
  const { record } = row.output;
  if (!isRecordOf(row.output.collection, record)) {
    return unsound(raw, index, recordIssues(row.output.collection, record));
  }
  const lies = falseClaims(row.output, record, scope);
  if (lies.length > 0) return unsound(raw, index, lies);
  return soundRow(row.output, index, text);
}

function soundRow(row: PushRow, index: number, text: string): SoundRow {
  const { op, collection, id, baseRev, rev } = row;
  return { kind: 'sound', index, op, collection, id, baseRev, rev, lane: recordTypes[collection].lane, text };
}

/** Keeps the record as it was sent: parsing would drop fields that a newer workstation added. */
function isRecordOf(collection: CollectionName, record: unknown): record is AnyRecord {
  return v.is(recordSchemas[collection], record);
}

function recordIssues(collection: CollectionName, record: unknown): readonly string[] {
  const { issues } = v.safeParse(recordSchemas[collection], record);
  return pathsOf(issues ?? [], 'record');
}

function falseClaims(row: PushRow, record: AnyRecord, scope: Scope): readonly string[] {
  const claims: readonly (readonly [string, boolean])[] = [
    ['collection', !collectionsOfTheCenter.has(row.collection)],
    ['record.id', record.id === row.id],
    ['record.scope', record.scope === scope],
    ['record.rev', record.rev === row.rev],
    ['rev', revisionOf(row.op, row.baseRev, row.collection, record) === row.rev],
  ];
  return claims.filter(([, isTrue]) => !isTrue).map(([path]) => path);
}

function pathsOf(issues: readonly v.BaseIssue<unknown>[], prefix: string): readonly string[] {
  const paths = issues.map((issue) =>
    [prefix, v.getDotPath(issue) ?? ''].filter((part) => part !== '').join('.'),
  );
  return [...new Set(paths)].slice(0, maxPaths).map((path) => path.slice(0, 200));
}

/** Turns a row into one for the quarantine. */
export function unsound(raw: unknown, index: number, paths: readonly string[]): UnsoundRow {
  const text = JSON.stringify(raw) ?? 'null';
  const op = v.safeParse(v.object({ op: OperationIdSchema }), raw);
  return {
    kind: 'unsound',
    index,
    op: op.success ? op.output.op : null,
    paths,
    text,
    digest: createHash('sha256').update(text).digest('hex'),
  };
}
