import { canonicalJson } from './canonical-json.ts';

/** Whether two JSON values are equal; the order of members does not matter, absent equals undefined. */
export function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (left === undefined || right === undefined) return false;
  return canonicalJson(left) === canonicalJson(right);
}
