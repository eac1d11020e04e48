import { readFileSync } from 'node:fs';

/** Largest dictionary, in bytes: what does not fit a window helps nobody. */
export const maxDictionaryBytes = 64 * 1024;

/** A dictionary packing begins with (docs/specs/packing.md PCK-5). */
export interface PackingDictionary {
  readonly version: number;
  /** UTF-8, one JSON text per line. */
  readonly bytes: Uint8Array;
}

/**
 * Reads the dictionaries that ship with the program, newest first. Made by `npm run train-dictionary` from synthetic people.
 * Read once and share the result: what a packer learns of a dictionary is kept by its bytes.
 */
export function readBuiltInDictionaries(): readonly PackingDictionary[] {
  return [{ version: 1, bytes: readFileSync(new URL('./dictionary-1.jsonl', import.meta.url)) }];
}
