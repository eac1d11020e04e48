import * as v from 'valibot';
import { maxRecordLength } from '#contracts/records/record.ts';
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
  const parsed = v.safeParse(schemas[collection], value);
  if (!parsed.success) {
    return { isUsable: false, paths: parsed.issues.slice(0, 20).map((issue) => v.getDotPath(issue) ?? '') };
  }
  return isSound(parsed.output, value) ? { isUsable: true, record: value } : { isUsable: false, paths: [''] };
}

/**
 * Whether what the schema understood may be stored as it came. No record schema changes what it reads. JSON text may hold
 * 1e999, which no later revision or comparison could write down again (REV-2).
 */
function isSound<Understood>(_understood: Understood, value: unknown): value is Understood {
  try {
    return JSON.stringify(value).length <= maxRecordLength && hasOnlyFiniteNumbers(value);
  } catch {
    return false;
  }
}

/** Of a value that JSON text gave. Throws where it is nested too deeply. */
function hasOnlyFiniteNumbers(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every(hasOnlyFiniteNumbers);
}
