import { maxMessageBytes } from '#contracts/wire/protocol.ts';
import type { BitCoder } from './bit-coder.ts';
import { BitPredictor } from './bit-predictor.ts';
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
import { type Shape, Slot, SlotBudget } from './slot.ts';

/** What a value is said as. */
const kinds = {
  object: 0,
  list: 1,
  knownString: 2,
  newString: 3,
  number: 4,
  instant: 5,
  knownId: 6,
  newId: 7,
  revision: 8,
  clock: 9,
  day: 10,
  digits: 11,
  true: 12,
  false: 13,
  null: 14,
  /** Anything else, as JSON text. */
  quoted: 15,
} as const;

/** Which weights of the mixer are used. */
const mixers = { kind: 0, shape: 1, list: 2, string: 3, size: 4, bits: 5, time: 6, id: 7, flag: 8 } as const;

const ownField = { configurable: true, enumerable: true, writable: true };
const noId: IdWords = [0, 0, 0, 0];
const deepest = 32;
const largestScale = 6;
const largestNumber = 2 ** 50;
const minuteMs = 60_000;
const dayMs = 86_400_000;
/** Days are foretold from instants by the clock of Tashkent; a day that differs only costs more. */
const zoneMs = 5 * 3_600_000;
/** Strings up to this length are remembered when first met, longer ones when met again. */
const plainlyRemembered = 40;
const longestRemembered = 120;
const digitLengths: readonly number[] = [8, 32, 64, 36];

/**
 * The model of one direction of a connection: says JSON values bit by bit and remembers what it said. The same code writes
 * and reads: with a reading coder the value passed is ignored and the value read is returned (docs/specs/packing.md PCK-4).
 */
export class MessageModel {
  readonly #root: Slot;
  readonly #budget: SlotBudget;
  readonly #times: RecentTimes;
  readonly #ids: KnownIds;
  readonly #bases: IdBases;
  readonly #values: BitPredictor;
  readonly #text: BitPredictor;
  /** Fingerprints of long strings met once. */
  readonly #met: Uint16Array;
  /** The last string of a place that holds many: foretells what goes with it. */
  #topic = 0;
  #lastBase = 0;
  #room = 0;
  /** What the kind of a string was told by: its place, its words. */
  #place = 0;
  #id: IdWords = noId;
  #coder: BitCoder;

  constructor(coder: BitCoder, memory: Memory = emptyMemory()) {
    this.#coder = coder;
    this.#root = memory.root;
    this.#budget = memory.budget;
    this.#times = memory.times;
    this.#ids = memory.ids;
    this.#bases = memory.bases;
    this.#values = memory.values;
    this.#text = memory.text;
    this.#met = memory.met;
  }

  /** A model that has learned the same. */
  fork(coder: BitCoder): MessageModel {
    return new MessageModel(coder, {
      root: this.#root.fork(),
      budget: this.#budget.fork(),
      times: this.#times.fork(),
      ids: this.#ids.fork(),
      bases: this.#bases.fork(),
      values: this.#values.fork(),
      text: this.#text.fork(),
      met: Uint16Array.from(this.#met),
    });
  }

  /** One whole message. Throws `PackingFailure` if what is read cannot have been written. */
  codeMessage(coder: BitCoder, value: unknown): unknown {
    this.#coder = coder;
    this.#room = maxMessageBytes;
    this.#topic = 0;
    return this.#codeValue(this.#root, value, 0, 0);
  }

  #codeValue(slot: Slot, value: unknown, shape: number, depth: number): unknown {
    this.#spend(1);
    const kind = this.#codeKind(slot, this.#coder.isReading ? 0 : this.#kindOf(slot, value, depth), shape);
    switch (kind) {
      case kinds.object:
        return this.#codeObject(slot, isFields(value) ? value : {}, depth);
      case kinds.list:
        return this.#codeList(slot, Array.isArray(value) ? value : [], depth);
      case kinds.number:
        return this.#codeNumber(slot, typeof value === 'number' ? value : 0, shape);
      case kinds.instant:
        return this.#codeTime(slot, typeof value === 'number' ? value : 0, shape);
      case kinds.true:
        return true;
      case kinds.false:
        return false;
      case kinds.null:
        return null;
      case kinds.quoted:
        return this.#codeQuoted(value);
      default:
        return this.#codeString(slot, kind, typeof value === 'string' ? value : '', shape);
    }
  }

  #codeString(slot: Slot, kind: number, value: string, shape: number): string {
    switch (kind) {
      case kinds.knownString:
        return this.#codeKnownString(slot, shape);
      case kinds.knownId:
        return this.#codeKnownId(slot);
      case kinds.newId:
        return this.#codeNewId(slot, value, shape);
      case kinds.revision:
        return this.#codeRevision(slot, value, shape);
      case kinds.clock:
        return this.#codeClock(slot, value, shape);
      case kinds.day:
        return this.#codeDay(slot, value, shape);
      case kinds.digits:
        return this.#codeDigits(slot, value);
      default:
        return this.#codeNewString(slot, value);
    }
  }

  #kindOf(slot: Slot, value: unknown, depth: number): number {
    if (typeof value === 'string') return this.#kindOfString(slot, value);
    if (typeof value === 'number') return kindOfNumber(value);
    if (value === null) return kinds.null;
    if (typeof value === 'boolean') return value ? kinds.true : kinds.false;
    if (depth >= deepest) return kinds.quoted;
    return Array.isArray(value) ? kinds.list : kinds.object;
  }

  #kindOfString(slot: Slot, text: string): number {
    this.#place = slot.placeOfString(text);
    if (this.#place >= 0) return kinds.knownString;
    const { length } = text;
    if (length === 36) {
      const id = wordsOfUuid(text);
      this.#id = id ?? noId;
      if (id !== undefined) {
        if (this.#ids.placeOf(id) >= 0) return kinds.knownId;
        return isVersion7(id) ? kinds.newId : kinds.digits;
      }
    }
    if (length === 26 && /^[0-9a-f]{12}-[0-9a-f]{4}-[0-9a-f]{8}$/.test(text)) return kinds.clock;
    if (length === 10 && isDay(text)) return kinds.day;
    if (length >= 34 && length <= 42 && /^[1-9]\d{0,8}-[0-9a-f]{32}$/.test(text)) return kinds.revision;
    if ((length === 8 || length === 32 || length === 64) && /^[0-9a-f]+$/.test(text)) return kinds.digits;
    return kinds.newString;
  }

  #codeKind(slot: Slot, kind: number, shape: number): number {
    const { number, lastKind } = slot;
    this.#values.setContexts(mixers.kind, mix(number, shape), mix(number, lastKind + 50));
    const isUsual = this.#values.codeBit(this.#coder, kind === lastKind ? 1 : 0, 700);
    if (isUsual === 1) return lastKind;
    const coded = this.#values.codeSymbol(this.#coder, kind, 4, 1);
    slot.lastKind = coded;
    return coded;
  }

  #codeObject(slot: Slot, value: Readonly<Record<string, unknown>>, depth: number): unknown {
    if (depth > deepest) throw new PackingFailure('too deep');
    const shape = this.#codeShape(slot, Object.keys(value));
    slot.lastShape = shape.number;
    const isReading = this.#coder.isReading;
    const read: Record<string, unknown> = {};
    for (let index = 0; index < shape.keys.length; index += 1) {
      const key = shape.keys[index] ?? '';
      const member = this.#codeValue(
        slot.member(shape.places[index] ?? -1),
        value[key],
        shape.number,
        depth + 1,
      );
      if (!isReading) continue;
      // Assigning to this one key would set the prototype.
      if (key === '__proto__') Object.defineProperty(read, key, { ...ownField, value: member });
      else read[key] = member;
    }
    return isReading ? read : value;
  }

  #codeShape(slot: Slot, keys: readonly string[]): Shape {
    const place = this.#coder.isReading ? 0 : slot.placeOfShape(keys);
    const { number } = slot;
    this.#values.setContexts(
      mixers.shape,
      mix(number, slot.lastShape),
      mix(mix(number, slot.lastShape), this.#topic),
    );
    const coded = this.#values.codeGuessed(this.#coder, place + 1, 6, 2) - 1;
    const known = slot.shape(coded);
    if (known !== undefined) return known;
    if (coded >= 0) throw new PackingFailure('names an unknown shape');
    const length = this.#codeMagnitude(slot.number, 0, keys.length, mixers.size);
    const read: string[] = [];
    for (let index = 0; index < length; index += 1) read.push(this.#codeKey(slot, keys[index] ?? ''));
    return slot.addShape(read, this.#budget);
  }

  #codeKey(slot: Slot, key: string): string {
    const place = this.#coder.isReading ? 0 : slot.placeOfKey(key);
    this.#values.setContexts(mixers.shape, 78, mix(slot.number, 77));
    const coded = this.#values.codeSymbol(this.#coder, place + 1, 8, 3) - 1;
    if (coded < 0) return this.#codeText(key);
    const known = slot.key(coded);
    if (known === undefined) throw new PackingFailure('names an unknown key');
    this.#spend(known.length);
    return known;
  }

  #codeList(slot: Slot, value: readonly unknown[], depth: number): unknown {
    if (depth > deepest) throw new PackingFailure('too deep');
    const items = slot.items(this.#budget);
    items.lastShape = 0;
    const list: unknown[] = [];
    for (let index = 0; this.#codeFlag(items, index < value.length, Math.min(index, 7)); index += 1) {
      list.push(this.#codeValue(items, value[index], 0, depth + 1));
    }
    return list;
  }

  #codeFlag(slot: Slot, flag: boolean, more: number): boolean {
    const { number, lastShape } = slot;
    this.#values.setContexts(mixers.flag, mix(number, more), mix(number, lastShape));
    return this.#values.codeBit(this.#coder, flag ? 1 : 0, 701) === 1;
  }

  #codeKnownString(slot: Slot, shape: number): string {
    const { number } = slot;
    this.#values.setContexts(mixers.string, mix(number, shape), mix(mix(number, shape), slot.lastString));
    const place = this.#values.codeGuessed(this.#coder, this.#coder.isReading ? 0 : this.#place, 8, 4);
    const text = slot.string(place);
    if (text === undefined) throw new PackingFailure('names an unknown string');
    slot.lastString = place + 1;
    if (place > 12) this.#topic = mix(number, place);
    this.#spend(text.length);
    return text;
  }

  #codeNewString(slot: Slot, value: string): string {
    const text = this.#codeText(value);
    if (text.length <= plainlyRemembered || this.#wasMet(text)) this.#rememberString(slot, text);
    else slot.lastString = 0;
    return text;
  }

  #rememberString(slot: Slot, text: string): void {
    if (text.length > longestRemembered) return;
    slot.addString(text, this.#budget);
    slot.lastString = slot.placeOfString(text) + 1;
  }

  /** Whether a string with this fingerprint was met before; remembers it. */
  #wasMet(text: string): boolean {
    let hash = text.length;
    for (let index = 0; index < text.length; index += 1)
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193);
    const place = hash & (this.#met.length - 1);
    const print = (hash >>> 16) | 1;
    const isMet = this.#met[place] === print;
    this.#met[place] = print;
    return isMet;
  }

  /** UTF-8 bytes, ended by a zero byte. */
  #codeText(value: string): string {
    const isReading = this.#coder.isReading;
    const bytes = isReading ? new Uint8Array(0) : Buffer.from(value, 'utf8');
    const read: number[] = [];
    let [one, two, three] = [0, 0, 0];
    for (let index = 0; ; index += 1) {
      this.#text.setContexts(0, (two << 8) | one, mix((three << 16) | (two << 8) | one, 9));
      const byte = this.#text.codeSymbol(this.#coder, bytes[index] ?? 0, 8, 0);
      if (byte === 0) break;
      this.#spend(1);
      if (isReading) read.push(byte);
      [one, two, three] = [byte, one, two];
    }
    return isReading ? utf8(read) : value;
  }

  #codeQuoted(value: unknown): unknown {
    const text = this.#codeText(this.#coder.isReading ? '' : JSON.stringify(value));
    if (!this.#coder.isReading) return value;
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new PackingFailure('not JSON', { cause });
    }
  }

  #codeNumber(slot: Slot, value: number, shape: number): number {
    const scale = this.#codeScale(slot, value);
    const whole = this.#coder.isReading ? 0 : Math.round(value * 10 ** scale);
    const isCounter = slot.step * 256 < slot.size;
    const base = isCounter ? slot.lastNumber : 0;
    const { number } = slot;
    const near = isCounter ? 0 : bucketOf(slot.lastNumber);
    const coded =
      this.#codeSigned(mixers.bits, whole - base, mix(mix(number, shape), 6), mix(number, 7 + near)) + base;
    slot.step += (Math.abs(coded - slot.lastNumber) - slot.step) / 4;
    slot.size += (Math.abs(coded) - slot.size) / 4;
    slot.lastNumber = coded;
    return coded / 10 ** scale;
  }

  /** Decimals the number is said with: as many as the numbers here had before, if that says it exactly. */
  #codeScale(slot: Slot, value: number): number {
    const own = this.#coder.isReading ? 0 : scaleOf(value);
    const isUsual = isExactAt(value, slot.scale);
    this.#values.setContexts(mixers.flag, 11, mix(slot.number, 3));
    if (this.#values.codeBit(this.#coder, isUsual ? 0 : 1, 702) === 0) return slot.scale;
    const scale = this.#values.codeSymbol(this.#coder, own, 3, 5);
    slot.scale = scale;
    return scale;
  }

  #codeTime(slot: Slot, value: number, shape: number): number {
    const times = this.#times;
    const place = this.#codeTimePlace(slot, this.#coder.isReading ? 0 : times.nearest(value), shape);
    const difference = value - times.at(place);
    const { number } = slot;
    const minutes = difference / minuteMs;
    this.#values.setContexts(mixers.time, mix(number, place + 3), mix(mix(number, shape), place + 3));
    // Zero, whole minutes, anything else.
    const unit = this.#values.codeSymbol(
      this.#coder,
      difference === 0 ? 0 : Number.isInteger(minutes) ? 1 : 2,
      2,
      6,
    );
    const time =
      times.at(place) +
      (unit === 0 ? 0 : this.#codeDifference(slot, shape, unit, unit === 1 ? minutes : difference));
    if (!(time >= 0 && time < 2 ** 53)) throw new PackingFailure('a time out of range');
    times.remember(time, place);
    return time;
  }

  #codeTimePlace(slot: Slot, place: number, shape: number): number {
    const { number } = slot;
    this.#values.setContexts(mixers.time, mix(number, 31), mix(mix(number, shape), 32));
    return this.#values.codeGuessed(this.#coder, place, 2, 7);
  }

  #codeDifference(slot: Slot, shape: number, unit: number, difference: number): number {
    const number = mix(slot.number, 40 + unit);
    return (
      this.#codeSigned(mixers.time, difference, mix(unit, 41), mix(number, shape)) *
      (unit === 1 ? minuteMs : 1)
    );
  }

  #codeKnownId(slot: Slot): string {
    const { number } = slot;
    this.#values.setContexts(mixers.id, 53, mix(number, 51));
    const place = this.#values.codeSymbol(
      this.#coder,
      this.#coder.isReading ? 0 : this.#ids.placeOf(this.#id),
      knownIdBits,
      8,
    );
    const text = uuidOfWords(this.#ids.at(place));
    this.#spend(36);
    this.#rememberString(slot, text);
    return text;
  }

  #codeNewId(slot: Slot, value: string, shape: number): string {
    const words = this.#id;
    const time = this.#codeTime(slot, words[0] * 0x1_0000 + (words[1] >>> 16), shape);
    if (time >= 2 ** 48) throw new PackingFailure('a time out of range');
    const base = this.#codeBase(slot, upperOf(words), middleOf(words), shape);
    const low = this.#codeLow(slot, base, words[3] & 0xff_ffff, shape);
    base.low = low;
    const id = idWords(time, base);
    this.#ids.remember(id);
    this.#spend(36);
    return this.#coder.isReading ? uuidOfWords(id) : value;
  }

  #codeBase(slot: Slot, upper: number, middle: number, shape: number): IdBase {
    const place = this.#coder.isReading ? 0 : this.#bases.placeOf(upper, middle);
    const { number } = slot;
    this.#values.setContexts(mixers.id, mix(mix(number, shape), 62), mix(this.#lastBase, 63));
    const coded = this.#values.codeGuessed(this.#coder, place + 1, 7, 9);
    const known = this.#bases.at(coded - 1);
    if (coded > 0 && known === undefined) throw new PackingFailure('names an unknown source');
    const fresh = known === undefined ? this.#codeFreshBase(upper, middle) : undefined;
    this.#lastBase = fresh?.place ?? coded;
    slot.lastBase = this.#lastBase;
    return known ?? fresh?.base ?? { upper, middle, low: 0 };
  }

  #codeFreshBase(upper: number, middle: number): { readonly base: IdBase; readonly place: number } {
    const base = {
      upper: this.#coder.codeRandom(upper, 26),
      middle: this.#coder.codeRandom(middle, 24),
      low: -1,
    };
    return { base, place: this.#bases.remember(base) + 1 };
  }

  #codeLow(slot: Slot, base: IdBase, low: number, shape: number): number {
    if (base.low < 0) return this.#coder.codeRandom(low, 24);
    const { number } = slot;
    const coded = base.low + this.#codeSigned(mixers.id, low - base.low, 73, mix(mix(number, shape), 72));
    if (coded < 0 || coded > 0xff_ffff) throw new PackingFailure('an identifier out of range');
    return coded;
  }

  #codeRevision(slot: Slot, value: string, shape: number): string {
    const dash = value.indexOf('-');
    const version = this.#coder.isReading ? 0 : Number(value.slice(0, dash));
    const coded = this.#codeMagnitude(mix(slot.number, 81), shape, version, mixers.size);
    this.#spend(43);
    const digits = this.#coder.codeDigits(value.slice(dash + 1), 32);
    return this.#coder.isReading ? `${coded}-${digits}` : value;
  }

  #codeClock(slot: Slot, value: string, shape: number): string {
    const isReading = this.#coder.isReading;
    const time = this.#codeTime(slot, isReading ? 0 : Number.parseInt(value.slice(0, 12), 16), shape);
    const counter = this.#codeMagnitude(
      mix(slot.number, 91),
      shape,
      isReading ? 0 : Number.parseInt(value.slice(13, 17), 16),
      mixers.size,
    );
    const tail = slot.member(slot.addKey('tail', this.#budget));
    this.#place = isReading ? 0 : tail.placeOfString(value.slice(18));
    const isKnown = this.#codeFlag(tail, this.#place >= 0, 0);
    this.#spend(26);
    const device = isKnown ? this.#codeKnownString(tail, shape) : this.#coder.codeDigits(value.slice(18), 8);
    if (!isKnown) this.#rememberString(tail, device);
    if (!isReading) return value;
    return `${time.toString(16).padStart(12, '0')}-${counter.toString(16).padStart(4, '0')}-${device}`;
  }

  #codeDay(slot: Slot, value: string, shape: number): string {
    const { number } = slot;
    const day = this.#coder.isReading ? 0 : Date.parse(value) / dayMs;
    const place = this.#codeTimePlace(
      slot,
      this.#coder.isReading ? 0 : this.#times.nearest(day * dayMs + dayMs / 2 - zoneMs),
      shape,
    );
    const usual = Math.floor((this.#times.at(place) + zoneMs) / dayMs);
    const coded = usual + this.#codeSigned(mixers.time, day - usual, 97, mix(mix(number, shape), 96));
    this.#spend(10);
    const date = new Date(coded * dayMs);
    if (Number.isNaN(date.getTime())) throw new PackingFailure('a day out of range');
    return date.toISOString().slice(0, 10);
  }

  /** Hexadecimal digits that mean nothing to this model: hashes, random numbers, identifiers of other versions. */
  #codeDigits(slot: Slot, value: string): string {
    const { number } = slot;
    const place = Math.max(0, digitLengths.indexOf(value.length));
    this.#values.setContexts(mixers.size, 102, mix(number, 101));
    const length = digitLengths[this.#values.codeSymbol(this.#coder, place, 2, 10)] ?? 8;
    this.#spend(length);
    if (length !== 36) return this.#coder.codeDigits(value, length);
    const digits = this.#coder.codeDigits(value.replaceAll('-', ''), 32);
    const text = uuidOfDigits(digits);
    const id = wordsOfUuid(text);
    if (id !== undefined) this.#ids.remember(id);
    return text;
  }

  #codeMagnitude(first: number, second: number, value: number, mixer: number): number {
    this.#values.setContexts(mixer, first, mix(first, second + 1));
    return this.#codeWhole(value);
  }

  /** A whole number of either sign, below 2^53. */
  #codeSigned(mixer: number, value: number, broad: number, narrow: number): number {
    this.#values.setContexts(mixer, broad, narrow);
    const size = this.#codeWhole(Math.abs(value));
    if (size === 0) return 0;
    return this.#values.codeBit(this.#coder, value < 0 ? 1 : 0, 703) === 1 ? -size : size;
  }

  /** How many bits it has, then the upper seven of them by what was seen before, the rest as they come. */
  #codeWhole(value: number): number {
    const upperHalf = Math.floor(value / 2 ** 31);
    const bits = upperHalf === 0 ? 32 - Math.clz32(value) : 63 - Math.clz32(upperHalf);
    const length = this.#values.codeGuessed(this.#coder, bits, 6, 11);
    if (length > 53) throw new PackingFailure('a number out of range');
    if (length <= 1) return length;
    const modelled = Math.min(length - 1, 8);
    const rest = length - 1 - modelled;
    const upper =
      this.#values.codeSymbol(
        this.#coder,
        Math.floor(value / 2 ** rest) - 2 ** modelled,
        modelled,
        12 + length,
      ) +
      2 ** modelled;
    let coded = upper;
    for (let left = rest; left > 0; left -= 24) {
      const bits = Math.min(left, 24);
      const part = Math.floor(value / 2 ** (left - bits)) % 2 ** bits;
      coded = coded * 2 ** bits + this.#coder.codeRandom(part, bits);
    }
    return coded;
  }

  #spend(characters: number): void {
    this.#room -= characters;
    if (this.#room < 0) throw new PackingFailure('longer than the longest message');
  }
}

/** What a model has learned of one direction. */
interface Memory {
  readonly root: Slot;
  readonly budget: SlotBudget;
  readonly times: RecentTimes;
  readonly ids: KnownIds;
  readonly bases: IdBases;
  readonly values: BitPredictor;
  readonly text: BitPredictor;
  readonly met: Uint16Array;
}

const emptyMemory = (): Memory => ({
  root: new Slot(1),
  budget: new SlotBudget(),
  times: new RecentTimes(),
  ids: new KnownIds(),
  bases: new IdBases(),
  values: new BitPredictor(13, 10),
  text: new BitPredictor(13, 1),
  met: new Uint16Array(1024),
});

function kindOfNumber(value: number): number {
  if (Number.isInteger(value) && value >= 1e12 && value < 1e13) return kinds.instant;
  return Math.abs(value) < largestNumber && scaleOf(value) <= largestScale ? kinds.number : kinds.quoted;
}

/** Fewest decimals that say the number exactly; one more than the largest if none does. */
function scaleOf(value: number): number {
  for (let scale = 0; scale <= largestScale; scale += 1) {
    if (isExactAt(value, scale)) return scale;
  }
  return largestScale + 1;
}

function isExactAt(value: number, scale: number): boolean {
  const whole = Math.round(value * 10 ** scale);
  return whole / 10 ** scale === value && Math.abs(whole) < largestNumber;
}

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

/** Coarser for larger numbers, so that few contexts are many. */
const bucketOf = (value: number): number => {
  const size = Math.abs(value);
  return size < 32
    ? value
    : 32 + Math.floor(Math.log2(size)) * 8 + (Math.floor(size / 2 ** (Math.floor(Math.log2(size)) - 3)) & 7);
};

const mix = (left: number, right: number): number =>
  Math.imul(left ^ Math.imul(right + 1, 0x27d4_eb2f), 0x1656_67b1);
const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function utf8(bytes: readonly number[]): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch (cause) {
    throw new PackingFailure('not UTF-8', { cause });
  }
}
