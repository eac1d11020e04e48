import type { ReplicaReader } from '#clinic/ports/replica.ts';
import type { PackingDictionary } from './dictionaries.ts';
import { dictionariesOf } from './dictionary-pack.ts';

/** Most reference records looked at: a district's facilities and some packs are a few hundred. */
const maxRecords = 2000;

/** The dictionaries a workstation holds: those that ship, and those its center has published and signed (PCK-7). */
export class HeldDictionaries {
  readonly #builtIn: readonly PackingDictionary[];
  readonly #replica: ReplicaReader;
  readonly #centerKey: string;
  /** By version: what a packer learns of a dictionary is kept by its bytes, so they must stay the same object. */
  readonly #known = new Map<number, PackingDictionary>();

  /** `centerKey`: the center's raw Ed25519 public key, base64. */
  constructor(builtIn: readonly PackingDictionary[], replica: ReplicaReader, centerKey: string) {
    this.#builtIn = builtIn;
    this.#replica = replica;
    this.#centerKey = centerKey;
  }

  /** Newest first, as the replica knows them now. */
  read(): readonly PackingDictionary[] {
    const packs = this.#replica.find('reference', { limit: maxRecords }).map(({ body }) => body);
    return dictionariesOf(this.#builtIn, packs, this.#centerKey).map((dictionary) => {
      const known = this.#known.get(dictionary.version) ?? dictionary;
      this.#known.set(dictionary.version, known);
      return known;
    });
  }
}
