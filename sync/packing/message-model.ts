import type { BitCoder } from './bit-coder.ts';
import { type IdentifierKind, IdentifierModel } from './identifier-model.ts';
import { isSayableNumber, NumberModel } from './number-model.ts';
import { PackingFailure } from './packing-failure.ts';
import { type Shape, Slot, SlotBudget } from './slot.ts';
import { StringModel } from './string-model.ts';
import { mix, mixers, SymbolCoder } from './symbol-coder.ts';

/** What a value is said as; the number is its place here. */
const kinds = [
  'object',
  'list',
  'known-string',
  'new-string',
  'number',
  'instant',
  'known-id',
  'new-id',
  'revision',
  'clock',
  'day',
  'digits',
  'true',
  'false',
  'null',
  // Anything else, as JSON text.
  'quoted',
] as const;
type Kind = (typeof kinds)[number];
const kindBits = 4;

const ownField = { configurable: true, enumerable: true, writable: true };
const deepest = 32;
const shapeBits = 6;
const keyBits = 8;
/** In front of a key: quotes and colon. */
const keyBytes = 3;

/** What a model has learned of one direction. */
interface Memory {
  readonly root: Slot;
  readonly budget: SlotBudget;
  readonly symbols: SymbolCoder;
  readonly strings: StringModel;
  readonly identifiers: IdentifierModel;
}

/**
 * The model of one direction of a connection: says JSON values bit by bit and remembers what it said. The same code writes
 * and reads: with a reading coder the value passed is ignored and the value read is returned (docs/specs/packing.md PCK-4).
 */
export class MessageModel {
  readonly #memory: Memory;
  readonly #symbols: SymbolCoder;
  readonly #strings: StringModel;
  readonly #identifiers: IdentifierModel;
  readonly #numbers: NumberModel;
  /** Where the slot holds the string whose kind was asked last. */
  #place = 0;

  constructor(memory: Memory = emptyMemory()) {
    this.#memory = memory;
    this.#symbols = memory.symbols;
    this.#strings = memory.strings;
    this.#identifiers = memory.identifiers;
    this.#numbers = new NumberModel(memory.symbols);
  }

  /** A model that has learned the same. This one must learn nothing more: they share what did not change since. */
  fork(): MessageModel {
    const { root, budget, symbols, strings, identifiers } = this.#memory;
    const room = budget.fork();
    const ownSymbols = symbols.fork();
    const ownStrings = strings.fork(ownSymbols, room);
    return new MessageModel({
      root: root.fork(),
      budget: room,
      symbols: ownSymbols,
      strings: ownStrings,
      identifiers: identifiers.fork(ownSymbols, ownStrings, room),
    });
  }

  /** One whole message. Throws `PackingFailure` if what is read cannot have been written. */
  codeMessage(coder: BitCoder, value: unknown): unknown {
    this.#symbols.begin(coder);
    this.#strings.begin();
    try {
      return this.#codeValue(this.#memory.root, value, 0, 0);
    } finally {
      this.#symbols.end();
    }
  }

  #codeValue(slot: Slot, value: unknown, shape: number, depth: number): unknown {
    // The value, and what parts it from the next.
    this.#symbols.spend(2);
    const kind = this.#codeKind(
      slot,
      this.#symbols.isReading ? 'object' : this.#kindOf(slot, value, depth),
      shape,
    );
    switch (kind) {
      case 'object':
        return this.#codeObject(slot, isFields(value) ? value : {}, depth);
      case 'list':
        return this.#codeList(slot, Array.isArray(value) ? value : [], depth);
      case 'number':
        return this.#numbers.code(slot, typeof value === 'number' ? value : 0, shape);
      case 'instant':
        return this.#identifiers.codeTime(slot, typeof value === 'number' ? value : 0, shape);
      case 'true':
      case 'false':
        return kind === 'true';
      case 'null':
        return null;
      case 'quoted':
        return this.#codeQuoted(value);
      default:
        return this.#codeString(slot, kind, typeof value === 'string' ? value : '', shape);
    }
  }

  #codeString(
    slot: Slot,
    kind: IdentifierKind | 'known-string' | 'new-string',
    value: string,
    shape: number,
  ): string {
    if (kind === 'known-string') return this.#strings.codeKnown(slot, this.#place, shape);
    if (kind === 'new-string') return this.#strings.codeNew(slot, value);
    return this.#identifiers.code(slot, kind, value, shape);
  }

  #kindOf(slot: Slot, value: unknown, depth: number): Kind {
    if (typeof value === 'string') return this.#kindOfString(slot, value);
    if (typeof value === 'number') return kindOfNumber(value);
    if (value === null) return 'null';
    if (typeof value === 'boolean') return value ? 'true' : 'false';
    if (depth >= deepest) return 'quoted';
    return Array.isArray(value) ? 'list' : 'object';
  }

  #kindOfString(slot: Slot, text: string): Kind {
    this.#place = slot.placeOfString(text);
    return this.#place >= 0 ? 'known-string' : (this.#identifiers.kindOf(text) ?? 'new-string');
  }

  #codeKind(slot: Slot, kind: Kind, shape: number): Kind {
    const { number, lastKind } = slot;
    const place = kinds.indexOf(kind);
    this.#symbols.setContexts(mixers.kind, mix(number, shape), mix(number, lastKind + 50));
    const isUsual = this.#symbols.codeFlag(place === lastKind, 21);
    const coded = isUsual ? lastKind : this.#symbols.codeSymbol(place, kindBits, 1);
    slot.lastKind = coded;
    return kinds[coded] ?? 'quoted';
  }

  #codeObject(slot: Slot, value: Readonly<Record<string, unknown>>, depth: number): unknown {
    if (depth > deepest) throw new PackingFailure('too deep');
    const shape = this.#codeShape(slot, Object.keys(value));
    slot.lastShape = shape.number;
    const isReading = this.#symbols.isReading;
    const read: Record<string, unknown> = {};
    for (let index = 0; index < shape.keys.length; index += 1) {
      const key = shape.keys[index] ?? '';
      this.#symbols.spend(key.length + keyBytes);
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
    const place = this.#symbols.isReading ? 0 : slot.placeOfShape(keys);
    const { number } = slot;
    this.#symbols.setContexts(
      mixers.shape,
      mix(number, slot.lastShape),
      mix(mix(number, slot.lastShape), this.#strings.topic),
    );
    const coded = this.#symbols.codeGuessed(place + 1, shapeBits, 2) - 1;
    const known = slot.shape(coded);
    if (known !== undefined) return known;
    if (coded >= 0) throw new PackingFailure('names an unknown shape');
    const length = this.#symbols.codeMagnitude(mixers.size, keys.length, number, mix(number, 1));
    const read: string[] = [];
    for (let index = 0; index < length; index += 1) read.push(this.#codeKey(slot, keys[index] ?? ''));
    return slot.addShape(read, this.#memory.budget);
  }

  #codeKey(slot: Slot, key: string): string {
    const place = this.#symbols.isReading ? 0 : slot.placeOfKey(key);
    this.#symbols.setContexts(mixers.shape, 78, mix(slot.number, 77));
    const coded = this.#symbols.codeSymbol(place + 1, keyBits, 3) - 1;
    if (coded < 0) return this.#strings.codeText(key);
    const known = slot.key(coded);
    if (known === undefined) throw new PackingFailure('names an unknown key');
    this.#symbols.spend(known.length);
    return known;
  }

  #codeList(slot: Slot, value: readonly unknown[], depth: number): unknown {
    if (depth > deepest) throw new PackingFailure('too deep');
    const items = slot.items(this.#memory.budget);
    items.lastShape = 0;
    const list: unknown[] = [];
    for (let index = 0; this.#codeIsMore(items, index < value.length, Math.min(index, 7)); index += 1) {
      list.push(this.#codeValue(items, value[index], 0, depth + 1));
    }
    return list;
  }

  #codeIsMore(slot: Slot, isMore: boolean, index: number): boolean {
    const { number, lastShape } = slot;
    this.#symbols.setContexts(mixers.flag, mix(number, index), mix(number, lastShape));
    return this.#symbols.codeFlag(isMore, 22);
  }

  #codeQuoted(value: unknown): unknown {
    const text = this.#strings.codeText(this.#symbols.isReading ? '' : JSON.stringify(value));
    if (!this.#symbols.isReading) return value;
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new PackingFailure('not JSON', { cause });
    }
  }
}

const emptyMemory = (): Memory => {
  const budget = new SlotBudget();
  const symbols = new SymbolCoder();
  const strings = new StringModel(symbols, budget);
  return {
    root: new Slot(1),
    budget,
    symbols,
    strings,
    identifiers: new IdentifierModel(symbols, strings, budget),
  };
};

function kindOfNumber(value: number): Kind {
  if (Number.isInteger(value) && value >= 1e12 && value < 1e13) return 'instant';
  return isSayableNumber(value) ? 'number' : 'quoted';
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
