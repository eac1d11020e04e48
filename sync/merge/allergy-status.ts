import type { FieldSides, MergedFields } from './merge-record.ts';

const field = 'allergyStatus';

/**
 * A list with a standing allergy is never shown under "none known" (MRG-9): two sides may each be right alone, one
 * adding an allergy, the other clearing the status. The banner takes the safe reading and a person settles the rest.
 */
export function keepAllergiesVisible(sides: FieldSides, merged: MergedFields): MergedFields {
  const hasStanding =
    Array.isArray(merged.fields.allergies) && merged.fields.allergies.some(isStandingAllergy);
  if (!hasStanding || merged.fields[field] === 'known') return merged;
  const isAsked = merged.conflicts.some((conflict) => conflict.field === field);
  const { base, mine, theirs } = sides;
  const question = { field, base: base[field], mine: mine[field], theirs: theirs[field] };
  return {
    fields: { ...merged.fields, [field]: 'known' },
    conflicts: isAsked ? merged.conflicts : [...merged.conflicts, question],
  };
}

const isStandingAllergy = (item: unknown): boolean =>
  typeof item === 'object' && item !== null && !('enteredInError' in item && item.enteredInError === true);
