import {
  type IdBase,
  IdBases,
  type IdWords,
  isVersion7,
  KnownIds,
  knownIdBits,
  RecentTimes,
  uuidOfDigits,
  uuidOfWords,
  wordsOfUuid,
} from './identifiers.ts';
import { PackingFailure } from './packing-failure.ts';
import type { Slot, SlotBudget } from './slot.ts';
import type { StringModel } from './string-model.ts';
import { mix, mixers, type SymbolCoder } from './symbol-coder.ts';

const noId: IdWords = [0, 0, 0, 0];
const minuteMs = 60_000;
const dayMs = 86_400_000;
/** Days are foretold from instants by the clock of Tashkent; a day that differs only costs more. */
const zoneMs = 5 * 3_600_000;
/** How long texts of nothing but digits are: parts of hashes, digests, tickets; 36 for a UUID. */
const digitLengths: readonly number[] = [8, 32, 64, 36];

/** What a text is, as this model says it. */
export type IdentifierKind = 'known-id' | 'new-id' | 'revision' | 'clock' | 'day' | 'digits';

/** What a model remembers of identifiers. */
interface Memory {
  readonly times: RecentTimes;
  readonly ids: KnownIds;
  readonly bases: IdBases;
}

/** Says identifiers, revisions, clock values, instants and days: what is random as it is, the rest as a difference. */
export class IdentifierModel {
  readonly #symbols: SymbolCoder;
  readonly #strings: StringModel;
  readonly #budget: SlotBudget;
  readonly #times: RecentTimes;
  readonly #ids: KnownIds;
  readonly #bases: IdBases;
  #lastBase = 0;
  /** Words of the identifier that `kindOf` was asked about last. */
  #id = noId;

  constructor(
    symbols: SymbolCoder,
    strings: StringModel,
    budget: SlotBudget,
    memory: Memory = { times: new RecentTimes(), ids: new KnownIds(), bases: new IdBases() },
  ) {
    this.#symbols = symbols;
    this.#strings = strings;
    this.#budget = budget;
    this.#times = memory.times;
    this.#ids = memory.ids;
    this.#bases = memory.bases;
  }

  fork(symbols: SymbolCoder, strings: StringModel, budget: SlotBudget): IdentifierModel {
    const memory = { times: this.#times.fork(), ids: this.#ids.fork(), bases: this.#bases.fork() };
    return new IdentifierModel(symbols, strings, budget, memory);
  }

  /** What the text is; undefined for any other string. The text that is said next has to be the one asked about last. */
  kindOf(text: string): IdentifierKind | undefined {
    switch (text.length) {
      case 36:
        return this.#kindOfUuid(text) ?? (isRevision(text) ? 'revision' : undefined);
      case 26:
        return /^[0-9a-f]{12}-[0-9a-f]{4}-[0-9a-f]{8}$/.test(text) ? 'clock' : undefined;
      case 10:
        return isDay(text) ? 'day' : undefined;
      case 8:
      case 32:
      case 64:
        return /^[0-9a-f]+$/.test(text) ? 'digits' : undefined;
      default:
        return isRevision(text) ? 'revision' : undefined;
    }
  }

  #kindOfUuid(text: string): IdentifierKind | undefined {
    const id = wordsOfUuid(text);
    if (id === undefined) return undefined;
    this.#id = id;
    if (this.#ids.placeOf(id) >= 0) return 'known-id';
    return isVersion7(id) ? 'new-id' : 'digits';
  }

  code(slot: Slot, kind: IdentifierKind, value: string, shape: number): string {
    switch (kind) {
      case 'known-id':
        return this.#codeKnownId(slot);
      case 'new-id':
        return this.#codeNewId(slot, value, shape);
      case 'revision':
        return this.#codeRevision(slot, value, shape);
      case 'clock':
        return this.#codeClock(slot, value, shape);
      case 'day':
        return this.#codeDay(slot, value, shape);
      case 'digits':
        return this.#codeDigits(slot, value);
    }
  }

  /** Milliseconds since 1970, by the difference to a time named lately: none, whole minutes, or anything else. */
  codeTime(slot: Slot, value: number, shape: number): number {
    const times = this.#times;
    const place = this.#codeTimePlace(slot, this.#symbols.isReading ? 0 : times.nearest(value), shape);
    const difference = value - times.at(place);
    const { number } = slot;
    const minutes = difference / minuteMs;
    this.#symbols.setContexts(mixers.time, mix(number, place + 3), mix(mix(number, shape), place + 3));
    const unit = this.#symbols.codeSymbol(difference === 0 ? 0 : Number.isInteger(minutes) ? 1 : 2, 2, 6);
    const time =
      times.at(place) +
      (unit === 0 ? 0 : this.#codeDifference(slot, shape, unit, unit === 1 ? minutes : difference));
    if (!(time >= 0 && time < 2 ** 53)) throw new PackingFailure('a time out of range');
    times.remember(time, place);
    return time;
  }

  #codeTimePlace(slot: Slot, place: number, shape: number): number {
    const { number } = slot;
    this.#symbols.setContexts(mixers.time, mix(number, 31), mix(mix(number, shape), 32));
    return this.#symbols.codeGuessed(place, 2, 7);
  }

  #codeDifference(slot: Slot, shape: number, unit: number, difference: number): number {
    const number = mix(slot.number, 40 + unit);
    return (
      this.#symbols.codeSigned(mixers.time, difference, mix(unit, 41), mix(number, shape)) *
      (unit === 1 ? minuteMs : 1)
    );
  }

  #codeKnownId(slot: Slot): string {
    const { number } = slot;
    this.#symbols.setContexts(mixers.id, 53, mix(number, 51));
    const place = this.#symbols.codeSymbol(
      this.#symbols.isReading ? 0 : this.#ids.placeOf(this.#id),
      knownIdBits,
      8,
    );
    const text = uuidOfWords(this.#ids.at(place));
    this.#symbols.spend(36);
    this.#strings.remember(slot, text);
    return text;
  }

  #codeNewId(slot: Slot, value: string, shape: number): string {
    const words = this.#id;
    const time = this.codeTime(slot, words[0] * 0x1_0000 + (words[1] >>> 16), shape);
    if (time >= 2 ** 48) throw new PackingFailure('a time out of range');
    const base = this.#codeBase(slot, upperOf(words), middleOf(words), shape);
    const low = this.#codeLow(slot, base, words[3] & 0xff_ffff, shape);
    base.low = low;
    const id = idWords(time, base);
    this.#ids.remember(id);
    this.#symbols.spend(36);
    return this.#symbols.isReading ? uuidOfWords(id) : value;
  }

  #codeBase(slot: Slot, upper: number, middle: number, shape: number): IdBase {
    const place = this.#symbols.isReading ? 0 : this.#bases.placeOf(upper, middle);
    const { number } = slot;
    this.#symbols.setContexts(mixers.id, mix(mix(number, shape), 62), mix(this.#lastBase, 63));
    const coded = this.#symbols.codeGuessed(place + 1, 7, 9);
    const known = this.#bases.at(coded - 1);
    if (coded > 0 && known === undefined) throw new PackingFailure('names an unknown source');
    const fresh = known === undefined ? this.#codeFreshBase(upper, middle) : undefined;
    this.#lastBase = fresh?.place ?? coded;
    slot.lastBase = this.#lastBase;
    return known ?? fresh?.base ?? { upper, middle, low: 0 };
  }

  #codeFreshBase(upper: number, middle: number): { readonly base: IdBase; readonly place: number } {
    const base = {
      upper: this.#symbols.bits.codeRandom(upper, 26),
      middle: this.#symbols.bits.codeRandom(middle, 24),
      low: -1,
    };
    return { base, place: this.#bases.remember(base) + 1 };
  }

  #codeLow(slot: Slot, base: IdBase, low: number, shape: number): number {
    if (base.low < 0) return this.#symbols.bits.codeRandom(low, 24);
    const { number } = slot;
    const coded =
      base.low + this.#symbols.codeSigned(mixers.id, low - base.low, 73, mix(mix(number, shape), 72));
    if (coded < 0 || coded > 0xff_ffff) throw new PackingFailure('an identifier out of range');
    return coded;
  }

  #codeRevision(slot: Slot, value: string, shape: number): string {
    const dash = value.indexOf('-');
    const version = this.#symbols.isReading ? 0 : Number(value.slice(0, dash));
    const coded = this.#codeCount(mix(slot.number, 81), shape, version);
    this.#symbols.spend(43);
    const digits = this.#symbols.bits.codeDigits(value.slice(dash + 1), 32);
    return this.#symbols.isReading ? `${coded}-${digits}` : value;
  }

  #codeClock(slot: Slot, value: string, shape: number): string {
    const isReading = this.#symbols.isReading;
    const time = this.codeTime(slot, isReading ? 0 : Number.parseInt(value.slice(0, 12), 16), shape);
    const counter = this.#codeCount(
      mix(slot.number, 91),
      shape,
      isReading ? 0 : Number.parseInt(value.slice(13, 17), 16),
    );
    const tail = slot.member(slot.addKey('tail', this.#budget));
    const place = isReading ? 0 : tail.placeOfString(value.slice(18));
    this.#symbols.setContexts(mixers.flag, 92, mix(tail.number, 93));
    const isKnown = this.#symbols.codeFlag(place >= 0, 20);
    this.#symbols.spend(26);
    const device = isKnown
      ? this.#strings.codeKnown(tail, place, shape)
      : this.#symbols.bits.codeDigits(value.slice(18), 8);
    if (!isKnown) this.#strings.remember(tail, device);
    if (!isReading) return value;
    return `${time.toString(16).padStart(12, '0')}-${counter.toString(16).padStart(4, '0')}-${device}`;
  }

  #codeDay(slot: Slot, value: string, shape: number): string {
    const { number } = slot;
    const day = this.#symbols.isReading ? 0 : Date.parse(value) / dayMs;
    const place = this.#codeTimePlace(
      slot,
      this.#symbols.isReading ? 0 : this.#times.nearest(day * dayMs + dayMs / 2 - zoneMs),
      shape,
    );
    const usual = Math.floor((this.#times.at(place) + zoneMs) / dayMs);
    const coded = usual + this.#symbols.codeSigned(mixers.time, day - usual, 97, mix(mix(number, shape), 96));
    this.#symbols.spend(10);
    const date = new Date(coded * dayMs);
    if (Number.isNaN(date.getTime())) throw new PackingFailure('a day out of range');
    return date.toISOString().slice(0, 10);
  }

  /** Hexadecimal digits that mean nothing to this model: hashes, random numbers, identifiers of other versions. */
  #codeDigits(slot: Slot, value: string): string {
    const { number } = slot;
    const place = Math.max(0, digitLengths.indexOf(value.length));
    this.#symbols.setContexts(mixers.size, 102, mix(number, 101));
    const length = digitLengths[this.#symbols.codeSymbol(place, 2, 10)] ?? 8;
    this.#symbols.spend(length);
    if (length !== 36) return this.#symbols.bits.codeDigits(value, length);
    const digits = this.#symbols.bits.codeDigits(value.replaceAll('-', ''), 32);
    const text = uuidOfDigits(digits);
    const id = wordsOfUuid(text);
    if (id !== undefined) this.#ids.remember(id);
    return text;
  }

  #codeCount(context: number, shape: number, value: number): number {
    return this.#symbols.codeMagnitude(mixers.size, value, context, mix(context, shape + 1));
  }
}

const isRevision = (text: string): boolean =>
  text.length >= 34 && text.length <= 42 && /^[1-9]\d{0,8}-[0-9a-f]{32}$/.test(text);

const isDay = (text: string): boolean => {
  if (!/^(19|20)\d\d-\d\d-\d\d$/.test(text)) return false;
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
};

const upperOf = (id: IdWords): number => ((id[1] & 0xfff) << 14) | ((id[2] >>> 16) & 0x3fff);
const middleOf = (id: IdWords): number => ((id[2] & 0xffff) << 8) | (id[3] >>> 24);
const idWords = (time: number, { upper, middle, low }: IdBase): IdWords => [
  Math.floor(time / 0x1_0000),
  (((time % 0x1_0000) << 16) | 0x7000 | (upper >>> 14)) >>> 0,
  (0x8000_0000 | ((upper & 0x3fff) << 16) | (middle >>> 8)) >>> 0,
  (((middle & 0xff) << 24) | low) >>> 0,
];
