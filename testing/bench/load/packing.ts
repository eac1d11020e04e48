import type { PackingChoice, PackingDictionary } from '#sync/client/message-packing.ts';
import { readBuiltInDictionaries } from '#sync/packing/dictionaries.ts';
import { createPacker } from '#sync/packing/packer.ts';

const dictionaries = readBuiltInDictionaries();

/** The packing a workstation offers: that of workstation/main-composition.ts. */
export const packing: PackingChoice = { packings: ['zstd', 'deflate'], dictionaries, createPacker };

/** The newest dictionary that comes with the program; null if none does. */
export const newestDictionary = (): PackingDictionary | null =>
  [...dictionaries].sort((left, right) => right.version - left.version)[0] ?? null;
