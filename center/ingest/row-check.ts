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
import { contentChecks, recordChecks } from '#contracts/records/record-check.ts';
import {
  type AnyContent,
  type AnyRecord,
  type CollectionName,
  recordSchemas,
} from '#contracts/records/registry.ts';
import { type PushRow, PushRowSchema } from '#contracts/wire/client-messages.ts';
import { type SealedVersion, sealVersion } from '#sync/merge/revision.ts';
import { type Matters, mattersOf } from '../record-matters.ts';
import { laneOf } from './lane-of.ts';

/** A row that fits its schema and is what it says. Its record is kept as text alone: objects of thousands of rows would take long to keep. */
export interface SoundRow extends Matters {
  readonly kind: 'sound';
  readonly index: number;
  readonly op: OperationId;
  readonly collection: CollectionName;
  readonly id: RecordId;
  /** Names the record within its scope: `keyOf`, told once because every step of a batch asks for it. */
  readonly key: string;
  /** Home of the record, where its revisions are compared and set (SHR-1). */
  readonly scope: Scope;
  readonly baseRev: Revision | null;
  readonly rev: Revision;
  readonly lane: Lane;
  /** Goes into the record's history, never becomes its newest version (PUSH-13). */
  readonly isAside: boolean;
  /** Canonical JSON of the record, with every field that was sent, in UTF-8. */
  readonly utf8: Buffer;
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

/** What a row claims about itself, with the record it brings or makes. */
export interface Claim {
  readonly op: OperationId;
  readonly collection: CollectionName;
  readonly baseRev: Revision | null;
  readonly isAside: boolean;
  readonly record: AnyContent;
}

/** The center writes these by itself (docs/specs/center.md ING-5). */
const collectionsOfTheCenter: ReadonlySet<CollectionName> = new Set(['reference']);

const maxPaths = 20;

/**
 * Parses one row of a version 1 push alone, so that one bad row never blocks the others (ING-1), and checks that it is what
 * it claims: size, record schema, id, revision over the content. `now` by the center's clock. Throws `RangeError` if the
 * row is nested too deeply to be written again.
 */
export function checkRow(raw: unknown, index: number, now: number): CheckedRow {
  const row = v.safeParse(PushRowSchema, raw);
  if (!row.success) return unsound(raw, index, pathsOf(row.issues, ''));
  const { op, collection, baseRev, record } = row.output;
  if (!isRecordOf(collection, record)) return unsound(raw, index, recordIssues(collection, record));
  const sealed = sealVersion(op, baseRev, collection, record);
  if (isTooLong(sealed.utf8)) return unsound(raw, index, ['record']);
  const lies = falseClaims(row.output, record, sealed.rev);
  if (lies.length > 0) return unsound(raw, index, lies);
  return soundRow({ op, collection, baseRev, isAside: false, record }, sealed, index, now);
}

/** Names a record within its scope. */
export const keyOf = (collection: CollectionName, id: RecordId) => `${collection}/${id}`;

/** The sound row of a claim that was checked. */
export function soundRow(claim: Claim, { rev, utf8 }: SealedVersion, index: number, now: number): SoundRow {
  const { op, collection, baseRev, isAside, record } = claim;
  const { id, scope } = record;
  const lane = laneOf(collection, record.capturedAt, now);
  const key = keyOf(collection, id);
  const { subject, pinfl } = mattersOf(collection, record);
  return {
    kind: 'sound',
    index,
    op,
    collection,
    id,
    key,
    scope,
    baseRev,
    rev,
    lane,
    isAside,
    subject,
    pinfl,
    utf8,
  };
}

/** Whether a record is longer than one may be, which is counted in UTF-16 units of its JSON: at most as many as bytes. */
export const isTooLong = (utf8: Buffer) =>
  utf8.length > maxRecordLength && utf8.toString().length > maxRecordLength;

/** Keeps the record as it was sent: parsing would drop fields that a newer workstation added. */
export function isRecordOf(collection: CollectionName, record: unknown): record is AnyRecord {
  return recordChecks[collection](record);
}

/** The same of a record whose revision is computed here. */
export function isContentOf(collection: CollectionName, content: unknown): content is AnyContent {
  return contentChecks[collection](content);
}

/** Paths of what keeps `record` from being one of `collection`. */
export function recordIssues(collection: CollectionName, record: unknown): readonly string[] {
  const { issues } = v.safeParse(recordSchemas[collection], record);
  return pathsOf(issues ?? [], 'record');
}

/** Whether workstations may write records of the collection. */
export const isWritable = (collection: CollectionName) => !collectionsOfTheCenter.has(collection);

function falseClaims(row: PushRow, record: AnyRecord, rev: Revision): readonly string[] {
  const claims: readonly (readonly [string, boolean])[] = [
    ['collection', isWritable(row.collection)],
    ['record.id', record.id === row.id],
    ['record.rev', record.rev === row.rev],
    ['rev', rev === row.rev],
  ];
  return claims.filter(([, isTrue]) => !isTrue).map(([path]) => path);
}

/** Where the issues are, without values. */
export function pathsOf(issues: readonly v.BaseIssue<unknown>[], prefix: string): readonly string[] {
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
