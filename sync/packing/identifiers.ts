/** Recent times, the most recent first; a time near one of them is said as the difference. */
const keptTimes = 4;
const sameTimeMs = 12 * 3_600_000;

/** The last instants that the messages of a direction named, in milliseconds since 1970. */
export class RecentTimes {
  readonly #times = new Float64Array(keptTimes);

  at(place: number): number {
    return this.#times[place] ?? 0;
  }

  /** Place of the time nearest to `time`. */
  nearest(time: number): number {
    let best = 0;
    for (let place = 1; place < keptTimes; place += 1) {
      if (Math.abs(time - this.at(place)) < Math.abs(time - this.at(best))) best = place;
    }
    return best;
  }

  /** `time` was said by its difference to the one at `place`; it goes to the front, in place of that one if it is near. */
  remember(time: number, place: number): void {
    const isNear = Math.abs(time - this.at(place)) < sameTimeMs;
    for (let index = isNear ? place : keptTimes - 1; index > 0; index -= 1)
      this.#times[index] = this.at(index - 1);
    this.#times[0] = time;
  }

  fork(): RecentTimes {
    const copy = new RecentTimes();
    copy.#times.set(this.#times);
    return copy;
  }
}

/** Two to this power is the number of identifiers remembered. */
export const knownIdBits = 10;

/** Identifiers that were named lately, each at the place its own bits say: 16 bytes each and nothing to look after. */
export class KnownIds {
  readonly #words = new Uint32Array(4 << knownIdBits);

  /** Place of an identifier of 32 hex digits in four words; -1 if it is not there. */
  placeOf(id: IdWords): number {
    const place = placeFor(id);
    return this.#isAt(place, id) ? place : -1;
  }

  remember(id: IdWords): void {
    this.#words.set(id, placeFor(id) * 4);
  }

  at(place: number): IdWords {
    const words = this.#words;
    const from = place * 4;
    return [words[from] ?? 0, words[from + 1] ?? 0, words[from + 2] ?? 0, words[from + 3] ?? 0];
  }

  #isAt(place: number, id: IdWords): boolean {
    const words = this.#words;
    const from = place * 4;
    return (
      words[from] === id[0] &&
      words[from + 1] === id[1] &&
      words[from + 2] === id[2] &&
      words[from + 3] === id[3]
    );
  }

  fork(): KnownIds {
    const copy = new KnownIds();
    copy.#words.set(this.#words);
    return copy;
  }
}

/** A UUID as four words of 32 bits. */
export type IdWords = readonly [number, number, number, number];

const placeFor = (id: IdWords): number =>
  Math.imul(id[0] ^ Math.imul(id[1], 31) ^ id[2] ^ Math.imul(id[3], 0x85eb_ca6b), 0x9e37_79b1) >>>
  (32 - knownIdBits);

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The words of a lower-case UUID; undefined for any other text. */
export function wordsOfUuid(text: string): IdWords | undefined {
  if (text.length !== 36 || !uuidForm.test(text)) return undefined;
  return [
    Number.parseInt(text.slice(0, 8), 16),
    Number.parseInt(text.slice(9, 13) + text.slice(14, 18), 16),
    Number.parseInt(text.slice(19, 23) + text.slice(24, 28), 16),
    Number.parseInt(text.slice(28), 16),
  ];
}

export function uuidOfWords(id: IdWords): string {
  const bytes = Buffer.allocUnsafe(16);
  for (const [place, word] of id.entries()) bytes.writeUInt32BE(word, place * 4);
  return uuidOfDigits(bytes.toString('hex'));
}

/** A UUID of its 32 digits. */
export const uuidOfDigits = (digits: string): string =>
  `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`;

/** Whether it is a UUIDv7 of RFC 9562: version 7, variant 10. */
export const isVersion7 = (id: IdWords): boolean => ((id[1] >>> 12) & 0xf) === 7 && id[2] >>> 30 === 2;

/** How many sources of identifiers are remembered. */
export const keptBases = 127;

/** One source of monotonic identifiers: the upper 50 of its 74 random bits, and the last value of the lower 24. */
export interface IdBase {
  /** Bits 12 + 14: random bits of the second word, then those of the upper half of the third. */
  readonly upper: number;
  /** 24 bits. */
  readonly middle: number;
  low: number;
}

/** The sources of UUIDv7 met lately; the ids of one differ little (sync/uuid-v7.ts). */
export class IdBases {
  readonly #bases: IdBase[] = [];
  readonly #places = new Map<number, number>();
  #next = 0;

  at(place: number): IdBase | undefined {
    return this.#bases[place];
  }

  /** Place of the source with these bits, or -1. */
  placeOf(upper: number, middle: number): number {
    return this.#places.get(upper * 0x100_0000 + middle) ?? -1;
  }

  /** Returns the place of the new source, which takes that of the oldest. */
  remember(base: IdBase): number {
    const place = this.#next;
    const replaced = this.#bases[place];
    if (replaced !== undefined) this.#places.delete(replaced.upper * 0x100_0000 + replaced.middle);
    this.#bases[place] = base;
    this.#places.set(base.upper * 0x100_0000 + base.middle, place);
    this.#next = (place + 1) % keptBases;
    return place;
  }

  fork(): IdBases {
    const copy = new IdBases();
    for (const base of this.#bases) copy.remember({ ...base });
    copy.#next = this.#next;
    return copy;
  }
}
