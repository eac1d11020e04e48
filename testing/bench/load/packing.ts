import type { PackingChoice, PackingDictionary } from '#sync/client/message-packing.ts';
import { createPacker } from '#sync/packing/packer.ts';

const dictionaries: readonly PackingDictionary[] = [];

/** The packing a workstation offers. */
export const packing: PackingChoice = { packings: ['zstd', 'deflate'], dictionaries, createPacker };

/** The dictionary both sides hold, newest first; null for none. */
export const newestDictionary = (): PackingDictionary | null => dictionaries[0] ?? null;
