import type { Packing } from '#contracts/wire/client-messages.ts';
import { createPacker, type Packer } from '#sync/packing/packer.ts';

/** A dictionary that packing may begin with. */
export interface Dictionary {
  readonly version: number;
  readonly bytes: Uint8Array;
}

/** How the messages of a connection are packed after its welcome (docs/specs/packing.md PCK-1). */
export interface ChosenPacking {
  readonly packing: Packing;
  /** Version of the dictionary; null for none. */
  readonly dictionary: number | null;
  /** Undefined if messages stay text. */
  readonly packer: Packer | undefined;
}

/** What a workstation said it can do. */
export interface OfferedPackings {
  readonly packings: readonly Packing[];
  readonly dictionaries: readonly number[];
}

/** The workstation's best packing, with the newest dictionary that both sides hold. */
export function choosePacking(offered: OfferedPackings, dictionaries: readonly Dictionary[]): ChosenPacking {
  const packing = offered.packings[0] ?? 'none';
  if (packing === 'none') return { packing, dictionary: null, packer: undefined };
  const common = dictionaries
    .filter(({ version }) => offered.dictionaries.includes(version))
    .toSorted((one, other) => other.version - one.version)[0];
  return {
    packing,
    dictionary: common?.version ?? null,
    packer: createPacker(packing, common?.bytes ?? null),
  };
}
