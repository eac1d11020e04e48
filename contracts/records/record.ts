import * as v from 'valibot';
import {
  DeviceIdSchema,
  HlcSchema,
  InstantSchema,
  PersonIdSchema,
  RecordIdSchema,
  RevisionSchema,
  ScopeSchema,
} from '../ids.ts';

/**
 * Which traffic overtakes which on a bad link: 0 ambulance, alerts, prescriptions; 1 today's visits and patients;
 * 2 history; 3 reference packs and attachments.
 */
export const lanes = [0, 1, 2, 3] as const;
export type Lane = (typeof lanes)[number];
export const LaneSchema = v.picklist(lanes);

/** Longest JSON text of one record, in UTF-16 units. Larger content belongs into attachments. */
export const maxRecordLength = 256 * 1024;

/** Free text bounded to `max` characters, without control characters except tab and line feed. */
export const text = (max: number) =>
  v.pipe(
    v.string(),
    v.maxLength(max),
    // biome-ignore lint/suspicious/noControlCharactersInRegex: keeping them out is the point
    v.check((value) => !/[\u0000-\u0008\u000b-\u001f\u007f]/.test(value), 'control characters'),
  );

/** Free text that is not blank. */
export const filledText = (max: number) =>
  v.pipe(
    text(max),
    v.check((value) => value.trim() !== '', 'blank'),
  );

const provenance = {
  /** The member of staff who entered this version. */
  author: PersonIdSchema,
  /** The workstation it was entered on. */
  device: DeviceIdSchema,
  /** When the workstation believed it was entered, in milliseconds since 1970. */
  capturedAt: InstantSchema,
  /** Orders versions for display; never decides about safety. */
  hlc: HlcSchema,
  /** Why it was entered later than it happened (national rule on entry in real time). */
  enteredLate: v.optional(filledText(200)),
} as const;

/** What every record carries around its body. */
export const envelope = {
  id: RecordIdSchema,
  scope: ScopeSchema,
  rev: RevisionSchema,
  ...provenance,
} as const;

/**
 * How two edits of one field of a body meet (base, mine, theirs):
 * - `atom`: the field is one value. Both changed it differently: the center's stays, the other goes to reviews.
 * - `union`: an array of items with an `id`. Items of both sides stay; one item changed on both sides goes to reviews.
 * - `entries`: like `union`, but entries are never changed once written; a differing entry goes to reviews.
 */
export type FieldMerge = 'atom' | 'union' | 'entries';

/** How two edits of one record meet: field by field, or the center's version always stays. */
export type MergePolicy<Body> =
  | { readonly kind: 'fields'; readonly fields: Readonly<Record<keyof Body & string, FieldMerge>> }
  | { readonly kind: 'center-decides' };

/** A column that RxDB and SQL may filter and sort by: a path inside the record, and how it is typed. */
export interface IndexedField {
  readonly path: string;
  readonly type: 'string' | 'number';
  /** Longest string, for RxDB's index layout. */
  readonly maxLength?: number;
}

/** Everything the rooms need to know of one kind of record. One file per record type makes one of these. */
export interface RecordType<Name extends string, Body> {
  readonly collection: Name;
  /** Version of the body's shape. `upgrades[n]` turns a body of version n into one of version n + 1. */
  readonly version: number;
  readonly upgrades: Readonly<Record<number, (body: unknown) => unknown>>;
  readonly body: v.GenericSchema<unknown, Body>;
  readonly lane: Lane;
  readonly merge: MergePolicy<Body>;
  /** Fields that appear in `indexes`. `id`, `scope` and `capturedAt` may be used without being listed. */
  readonly indexed: readonly IndexedField[];
  /** Each index is a list of paths, most significant first. */
  readonly indexes: readonly (readonly string[])[];
}

/** Keeps the literal collection name and checks the merge policy against the body's fields. */
export const recordType = <const Name extends string, Body>(
  type: RecordType<Name, Body>,
): RecordType<Name, Body> => type;
