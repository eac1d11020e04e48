import { BitPredictor } from './bit-predictor.ts';
import { PackingFailure } from './packing-failure.ts';
import type { Slot, SlotBudget } from './slot.ts';
import { mix, mixers, type SymbolCoder } from './symbol-coder.ts';

/** Strings up to this length are remembered when first met, longer ones when met again. */
const plainlyRemembered = 12;
const longestRemembered = 120;
/** Strings that came early in a place are names of kinds; later ones are what is spoken of. */
const usualStrings = 12;
const textChanceBits = 13;
/** Enough for every place of a slot. */
const stringBits = 7;
const fingerprints = 1024;

/** Says strings: by the place where the same one stood before, or letter by letter. */
export class StringModel {
  readonly #symbols: SymbolCoder;
  readonly #budget: SlotBudget;
  readonly #letters: BitPredictor;
  /** Fingerprints of long strings met once. */
  readonly #met: Uint16Array;
  /** The last string of a place that holds many: foretells what goes with it. */
  #topic = 0;

  constructor(
    symbols: SymbolCoder,
    budget: SlotBudget,
    letters = new BitPredictor(textChanceBits, 1),
    met = new Uint16Array(fingerprints),
  ) {
    this.#symbols = symbols;
    this.#budget = budget;
    this.#letters = letters;
    this.#met = met;
  }

  fork(symbols: SymbolCoder, budget: SlotBudget): StringModel {
    return new StringModel(symbols, budget, this.#letters.fork(), Uint16Array.from(this.#met));
  }

  /** Begins a message. */
  begin(): void {
    this.#topic = 0;
  }

  get topic(): number {
    return this.#topic;
  }

  /** `place`: where the slot holds the string. */
  codeKnown(slot: Slot, place: number, shape: number): string {
    const { number } = slot;
    this.#symbols.setContexts(mixers.string, mix(number, shape), mix(mix(number, shape), slot.lastString));
    const coded = this.#symbols.codeGuessed(place, stringBits, 4);
    const text = slot.string(coded);
    if (text === undefined) throw new PackingFailure('names an unknown string');
    slot.lastString = coded + 1;
    if (coded > usualStrings) this.#topic = mix(number, coded);
    this.#symbols.spend(text.length);
    return text;
  }

  /** A string that the slot does not hold. */
  codeNew(slot: Slot, value: string): string {
    const text = this.codeText(value);
    if (text.length <= plainlyRemembered || this.#wasMet(text)) this.remember(slot, text);
    else slot.lastString = 0;
    return text;
  }

  /** Has the slot hold it from now on. */
  remember(slot: Slot, text: string): void {
    if (text.length > longestRemembered) return;
    slot.addString(text, this.#budget);
    slot.lastString = slot.placeOfString(text) + 1;
  }

  /** UTF-8 bytes, ended by a zero byte. */
  codeText(value: string): string {
    const isReading = this.#symbols.isReading;
    const bytes = isReading ? new Uint8Array(0) : Buffer.from(value, 'utf8');
    const read: number[] = [];
    let [one, two, three] = [0, 0, 0];
    for (let index = 0; ; index += 1) {
      this.#letters.setContexts(0, (two << 8) | one, mix((three << 16) | (two << 8) | one, 9));
      const byte = this.#letters.codeSymbol(this.#symbols.bits, bytes[index] ?? 0, 8, 0);
      if (byte === 0) break;
      this.#symbols.spend(1);
      if (isReading) read.push(byte);
      [one, two, three] = [byte, one, two];
    }
    return isReading ? utf8(read) : value;
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
}

function utf8(bytes: readonly number[]): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch (cause) {
    throw new PackingFailure('not UTF-8', { cause });
  }
}
