import * as v from 'valibot';
import { maxRecordLength } from '#contracts/records/record.ts';
import { recordChecks } from '#contracts/records/record-check.ts';
import { type CollectionName, type RecordOf, recordSchemas } from '#contracts/records/registry.ts';

const schemas: { readonly [C in CollectionName]: v.GenericSchema<unknown, RecordOf<C>> } = recordSchemas;

export type ReceivedRecord<C extends CollectionName> =
  | { readonly isUsable: true; readonly record: RecordOf<C> }
  /** Field paths, never values. */
  | { readonly isUsable: false; readonly paths: readonly string[] };

/**
 * Checks one record of the center by itself, so that a bad one blocks no other (PULL-4). A usable one is what came, with the
 * fields that only a newer program knows (VER-5).
 */
export function parseReceivedRecord<C extends CollectionName>(
  collection: C,
  value: unknown,
): ReceivedRecord<C> {
  const isRecord: (value: unknown) => value is RecordOf<C> = recordChecks[collection];
  if (isRecord(value)) {
    return isSound(value) ? { isUsable: true, record: value } : { isUsable: false, paths: [''] };
  }
  const { issues = [] } = v.safeParse(schemas[collection], value);
  return { isUsable: false, paths: issues.slice(0, 20).map((issue) => v.getDotPath(issue) ?? '') };
}

/** JSON text of one UTF-16 unit takes at most so many, and that of one number. */
const longestUnit = 6;
const longestNumber = 25;

/**
 * Whether what fits the schema may be stored as it came. JSON text may hold 1e999, which no later revision or comparison could
 * write down again (REV-2).
 */
function isSound(value: unknown): boolean {
  try {
    const atMost = longestText(value);
    return (
      atMost <= maxRecordLength ||
      (atMost < Number.POSITIVE_INFINITY && JSON.stringify(value).length <= maxRecordLength)
    );
  } catch {
    return false;
  }
}

/**
 * At least the length of the JSON text of a value that JSON text gave; infinite if it holds a number that is not finite. Throws
 * where it is nested too deeply.
 */
function longestText(value: unknown): number {
  if (typeof value === 'string') return longestUnit * value.length + 2;
  if (typeof value === 'number') return Number.isFinite(value) ? longestNumber : Number.POSITIVE_INFINITY;
  if (typeof value !== 'object' || value === null) return longestNumber;
  let length = 2;
  if (Array.isArray(value)) {
    for (const item of value) length += longestText(item) + 1;
    return length;
  }
  // An object of JSON text has no members but its own; a list of them would take longer than the walk.
  const members: { readonly [name: string]: unknown } = value as { readonly [name: string]: unknown };
  for (const name in members) {
    length += longestUnit * name.length + 4 + longestText(members[name]);
  }
  return length;
}
