import { orderOf } from './key-order.ts';

/**
 * A copy of a plain value whose objects have their members in canonical order, as far as JavaScript lets them: names that are whole
 * numbers come first whatever is done. So its JSON text is its canonical text already, and the center, which hashes and keeps that
 * (docs/specs/center.md ING-12), need not put it in order. Nothing is left out.
 */
export function inCanonicalOrder<Value>(value: Value): Value {
  // The same members with the same values: the copy is whatever the value was.
  return ordered(value) as Value;
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const members: readonly unknown[] = Object.values(value);
  // `fromEntries` makes a member of the name `__proto__` too.
  return Object.fromEntries(
    orderOf(Object.keys(value)).map(({ key, place }) => [key, ordered(members[place])]),
  );
}
