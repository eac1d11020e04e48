import * as v from 'valibot';
import { type CollectionName, type RecordOf, recordSchemas } from '#contracts/records/registry.ts';
import { canonicalJson } from '../merge/canonical-json.ts';

const schemas: { readonly [C in CollectionName]: v.GenericSchema<unknown, RecordOf<C>> } = recordSchemas;

export type ReceivedRecord<C extends CollectionName> =
  | { readonly isUsable: true; readonly record: RecordOf<C> }
  /** Field paths, never values. */
  | { readonly isUsable: false; readonly paths: readonly string[] };

/** Parses one record of the center by itself, so that a bad one blocks no other (PULL-4). */
export function parseReceivedRecord<C extends CollectionName>(
  collection: C,
  value: unknown,
): ReceivedRecord<C> {
  const parsed = v.safeParse(schemas[collection], value);
  if (!parsed.success) {
    return { isUsable: false, paths: parsed.issues.slice(0, 20).map((issue) => v.getDotPath(issue) ?? '') };
  }
  return isJson(parsed.output) ? { isUsable: true, record: parsed.output } : { isUsable: false, paths: [''] };
}

/** JSON text may hold 1e999, which no later revision or comparison could write down again (REV-2). */
function isJson(value: unknown): boolean {
  try {
    canonicalJson(value);
    return true;
  } catch {
    return false;
  }
}
