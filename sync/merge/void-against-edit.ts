import { isSame } from './json-equality.ts';
import type { FieldSides, Fields, MergedFields } from './merge-record.ts';

const field = 'voided';

/**
 * One side voided the whole record while the other went on writing in it: the center's `voided` stays and a person
 * decides (MRG-5). A field merge alone would void what somebody had just corrected, without anybody knowing.
 */
export function settleVoid(sides: FieldSides, merged: MergedFields): MergedFields {
  const { base, mine, theirs } = sides;
  if (isSame(mine[field], theirs[field]) || merged.conflicts.some((conflict) => conflict.field === field)) {
    return merged;
  }
  const isVoidedHere = isNewlyVoid(base, mine) && isEdited(base, theirs);
  const isVoidedThere = isNewlyVoid(base, theirs) && isEdited(base, mine);
  if (!isVoidedHere && !isVoidedThere) return merged;
  const { [field]: _merged, ...others } = merged.fields;
  return {
    fields: theirs[field] === undefined ? others : { ...others, [field]: theirs[field] },
    conflicts: [...merged.conflicts, { field, base: base[field], mine: mine[field], theirs: theirs[field] }],
  };
}

const isNewlyVoid = (base: Fields, side: Fields): boolean =>
  side[field] !== undefined && base[field] === undefined;

const isEdited = (base: Fields, side: Fields): boolean =>
  Object.keys({ ...base, ...side }).some((name) => name !== field && !isSame(base[name], side[name]));
