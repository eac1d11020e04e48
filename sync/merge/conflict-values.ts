import type { ConflictingField } from '#contracts/records/reviews.ts';

/** One thing both sides changed, before it is written as bounded text. */
export interface Conflict {
  readonly field: string;
  readonly itemId?: string;
  readonly base: unknown;
  readonly mine: unknown;
  readonly theirs: unknown;
}

/** Longest JSON text of one value in a review (`ConflictingFieldSchema`), in UTF-16 units. */
const maxValueLength = 65_536;
/** Longest JSON text of one conflict, so that every conflict fits into some review record. */
export const maxConflictLength = 160 * 1024;

/** The conflicts as reviews hold them. `isComplete` is false when a value of mine or theirs had to be left out. */
export function boundConflicts(conflicts: readonly Conflict[]): {
  readonly conflicts: readonly ConflictingField[];
  readonly isComplete: boolean;
} {
  const bounded = conflicts.map(boundConflict);
  return {
    conflicts: bounded.map(({ conflict }) => conflict),
    isComplete: bounded.every(({ isComplete }) => isComplete),
  };
}

function boundConflict(conflict: Conflict): { conflict: ConflictingField; isComplete: boolean } {
  const named = {
    field: conflict.field,
    ...(conflict.itemId === undefined ? {} : { itemId: conflict.itemId }),
  };
  const sides = { ...valueText('mine', conflict.mine), ...valueText('theirs', conflict.theirs) };
  const whole = { ...named, ...valueText('base', conflict.base), ...sides };
  if (fits(whole)) return { conflict: whole, isComplete: true };
  // The base helps a person to decide, but nothing is lost without it.
  const withoutBase = { ...named, ...sides };
  if (fits(withoutBase)) return { conflict: withoutBase, isComplete: true };
  return { conflict: { ...named, ...lengthOnly(sides) }, isComplete: false };
}

function valueText<Side extends 'base' | 'mine' | 'theirs'>(
  side: Side,
  value: unknown,
): { readonly [S in Side]?: string } {
  const texts: { [S in Side]?: string } = {};
  if (value !== undefined) texts[side] = JSON.stringify(value);
  return texts;
}

const fits = (conflict: ConflictingField): boolean =>
  [conflict.base, conflict.mine, conflict.theirs].every((text) => (text ?? '').length <= maxValueLength) &&
  JSON.stringify(conflict).length <= maxConflictLength;

/** Says that there was a value, and how long. The value itself is kept in quarantine (MRG-7). */
function lengthOnly(sides: { readonly mine?: string; readonly theirs?: string }) {
  const note = (text: string) => JSON.stringify({ tooLong: text.length });
  return {
    ...(sides.mine === undefined ? {} : { mine: note(sides.mine) }),
    ...(sides.theirs === undefined ? {} : { theirs: note(sides.theirs) }),
  };
}
