import { join } from 'node:path';
import * as v from 'valibot';
import { readIfThere, replaceDurably } from '#access/durable-file.ts';
import { AdmittedListSchema, type PassStore } from './screen-door.ts';

/** Passes of open pages in `screens.json` of the data folder: digests only. A file that cannot be read counts as empty. */
export function passFile(folder: string): PassStore {
  const path = join(folder, 'screens.json');
  return {
    load: async () => {
      try {
        const parsed = v.safeParse(AdmittedListSchema, JSON.parse((await readIfThere(path)) ?? '[]'));
        return parsed.success ? parsed.output : [];
      } catch {
        return [];
      }
    },
    // A full disk costs a new address after the next restart, nothing more.
    save: (passes) => replaceDurably(path, JSON.stringify(passes)).catch(() => undefined),
  };
}
