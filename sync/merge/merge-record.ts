import * as v from 'valibot';
import { maxRecordLength, type RecordType } from '#contracts/records/record.ts';
import { type BodyByCollection, type CollectionName, recordTypes } from '#contracts/records/registry.ts';
import type { ConflictingField } from '#contracts/records/reviews.ts';
import { keepAllergiesVisible } from './allergy-status.ts';
import { boundConflicts, type Conflict } from './conflict-values.ts';
import { isSame } from './json-equality.ts';
import { mergeItems } from './merge-items.ts';
import { settleVoid } from './void-against-edit.ts';

/** Three versions of one record's body. `base` is the last version both sides have seen, if there is one. */
export interface MergeSides<C extends CollectionName> {
  readonly base: BodyByCollection[C] | undefined;
  /** Written on this workstation. */
  readonly mine: BodyByCollection[C];
  /** The center's. */
  readonly theirs: BodyByCollection[C];
}

export interface MergedBody<C extends CollectionName> {
  readonly body: BodyByCollection[C];
  /** What a person must settle. JSON texts within the bounds of `ConflictingFieldSchema`; at most some hundred. */
  readonly conflicts: readonly ConflictingField[];
  /**
   * False when something of `mine` is neither in `body` nor in `conflicts`: a value too long for a review, or a merge that
   * does not fit the record's schema (then `body` is `theirs`). The caller has to keep `mine` elsewhere (MRG-7).
   */
  readonly keepsMine: boolean;
}

/** Fields of a body by name, as the merge sees them. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Merges two edits of one record field by field, as the record type's policy says (docs/specs/sync.md MRG-1 to MRG-9).
 * Pure; never throws for bodies that fit their schema.
 */
export function mergeRecord<C extends CollectionName>(collection: C, sides: MergeSides<C>): MergedBody<C> {
  const merged = mergeFields(collection, {
    base: sides.base === undefined ? {} : { ...sides.base },
    mine: { ...sides.mine },
    theirs: { ...sides.theirs },
  });
  const { conflicts, isComplete } = boundConflicts(merged.conflicts);
  const { fields } = merged;
  if (!isBody(collection, fields) || JSON.stringify(fields).length > maxBodyLength) {
    return { body: sides.theirs, conflicts: [], keepsMine: false };
  }
  return { body: fields, conflicts, keepsMine: isComplete };
}

/** Checked and kept as it is: the schema would drop what only a newer program knows (VER-5). */
const isBody = <C extends CollectionName>(collection: C, fields: unknown): fields is BodyByCollection[C] =>
  v.safeParse(typeOf(collection).body, fields).success;

/** Room for the envelope around a body. */
const maxBodyLength = maxRecordLength - 2048;

const types: { readonly [C in CollectionName]: RecordType<C, BodyByCollection[C]> } = recordTypes;
const typeOf = <C extends CollectionName>(collection: C): RecordType<C, BodyByCollection[C]> =>
  types[collection];

/** {@link MergeSides} without types; a missing base is empty. */
export interface FieldSides {
  readonly base: Fields;
  readonly mine: Fields;
  readonly theirs: Fields;
}

export interface MergedFields {
  readonly fields: Fields;
  readonly conflicts: readonly Conflict[];
}

function mergeFields(collection: CollectionName, sides: FieldSides): MergedFields {
  const { merge } = recordTypes[collection];
  if (merge.kind === 'center-decides') return keepTheirs(sides);
  const fields: Record<string, unknown> = {};
  const conflicts: Conflict[] = [];
  for (const [field, policy] of [...Object.entries(merge.fields), ...unknownFields(merge.fields, sides)]) {
    const merged = policy === 'atom' ? mergeAtom(field, sides) : mergeItems(field, policy, sides);
    if (merged.value !== undefined) fields[field] = merged.value;
    conflicts.push(...merged.conflicts);
  }
  const settled = settleVoid(sides, { fields, conflicts });
  return collection === 'patients' ? keepAllergiesVisible(sides, settled) : settled;
}

/** Fields that only a newer program knows are atoms (VER-5). */
function unknownFields(known: object, { mine, theirs }: FieldSides): readonly (readonly [string, 'atom'])[] {
  return Object.keys({ ...theirs, ...mine })
    .filter((field) => !Object.hasOwn(known, field) && field !== '__proto__')
    .map((field) => [field, 'atom']);
}

function mergeAtom(
  field: string,
  { base, mine, theirs }: FieldSides,
): { readonly value: unknown; readonly conflicts: readonly Conflict[] } {
  const [was, here, there] = [base[field], mine[field], theirs[field]];
  if (isSame(here, there) || isSame(here, was)) return { value: there, conflicts: [] };
  if (isSame(there, was)) return { value: here, conflicts: [] };
  return { value: there, conflicts: [{ field, base: was, mine: here, theirs: there }] };
}

function keepTheirs({ base, mine, theirs }: FieldSides): MergedFields {
  const conflicts = Object.keys({ ...base, ...mine })
    .filter((field) => !isSame(mine[field], base[field]) && !isSame(mine[field], theirs[field]))
    .map((field) => ({ field, base: base[field], mine: mine[field], theirs: theirs[field] }));
  return { fields: theirs, conflicts };
}
