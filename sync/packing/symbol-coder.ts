import { BitCoder } from './bit-coder.ts';
import { BitPredictor } from './bit-predictor.ts';
import { PackingFailure } from './packing-failure.ts';

/** Longest message a model says, in bytes of its text: longer ones hold one large record, or time counts more than bytes. */
export const longestModelledBytes = 640 * 1024;

/** Which weights of the mixer are used. */
export const mixers = { kind: 0, shape: 1, flag: 2, string: 3, size: 4, number: 5, time: 6, id: 7 } as const;

/** Two to this power is the number of chances a direction keeps. */
const chanceBits = 13;
/** Of a number, this many bits behind the first are foretold; the rest is taken as it comes. */
const foretoldBits = 8;
const longestNumberBits = 53;
/** Stands where no message is under way; nothing is ever written to it. */
const idle = new BitCoder(null);
/** 2^0 to 2^53: `**` need not be exact everywhere. */
const powersOfTwo = powers(2, longestNumberBits);

/** Says symbols and numbers of one direction, in contexts, and counts what a message may hold. */
export class SymbolCoder {
  readonly #values: BitPredictor;
  #coder = idle;
  #room = 0;

  constructor(values = new BitPredictor(chanceBits, Object.keys(mixers).length)) {
    this.#values = values;
  }

  fork(): SymbolCoder {
    return new SymbolCoder(this.#values.fork());
  }

  /** Begins a message. */
  begin(coder: BitCoder): void {
    this.#coder = coder;
    this.#room = longestModelledBytes + 2;
  }

  /** Ends a message, so that its bytes are not kept. */
  end(): void {
    this.#coder = idle;
  }

  get bits(): BitCoder {
    return this.#coder;
  }

  get isReading(): boolean {
    return this.#coder.isReading;
  }

  /** Counts text that a message holds, so that no message unpacks to more than was ever packed. */
  spend(bytes: number): void {
    this.#room -= bytes;
    if (this.#room < 0) throw new PackingFailure('longer than the longest message');
  }

  /** What the next symbols depend on: a broad context and a narrow one. */
  setContexts(mixer: number, broad: number, narrow: number): void {
    this.#values.setContexts(mixer, broad, narrow);
  }

  codeFlag(flag: boolean, node: number): boolean {
    return this.#values.codeBit(this.#coder, flag ? 1 : 0, node) === 1;
  }

  /** A number of `bits` bits; `node` tells kinds of numbers apart. */
  codeSymbol(value: number, bits: number, node: number): number {
    return this.#values.codeSymbol(this.#coder, value, bits, node);
  }

  /** The same where the last one in the narrow context is likely. */
  codeGuessed(value: number, bits: number, node: number): number {
    return this.#values.codeGuessed(this.#coder, value, bits, node);
  }

  /** A whole number from 0, below 2^53. */
  codeMagnitude(mixer: number, value: number, broad: number, narrow: number): number {
    this.#values.setContexts(mixer, broad, narrow);
    return this.#codeWhole(value);
  }

  /** A whole number of either sign, below 2^53. */
  codeSigned(mixer: number, value: number, broad: number, narrow: number): number {
    this.#values.setContexts(mixer, broad, narrow);
    const size = this.#codeWhole(Math.abs(value));
    if (size === 0) return 0;
    return this.#values.codeBit(this.#coder, value < 0 ? 1 : 0, nodes.sign) === 1 ? -size : size;
  }

  /** How many bits it has, then the upper ones by what was seen before, the rest as they come. */
  #codeWhole(value: number): number {
    const length = this.#values.codeGuessed(this.#coder, bitLength(value), 6, nodes.length);
    if (length > longestNumberBits) throw new PackingFailure('a number out of range');
    if (length <= 1) return length;
    const modelled = Math.min(length - 1, foretoldBits);
    const rest = length - 1 - modelled;
    const upper =
      this.#values.codeSymbol(
        this.#coder,
        Math.floor(value / powerOfTwo(rest)) - powerOfTwo(modelled),
        modelled,
        nodes.bits + length,
      ) + powerOfTwo(modelled);
    let coded = upper;
    for (let left = rest; left > 0; left -= 24) {
      const bits = Math.min(left, 24);
      const part = Math.floor(value / powerOfTwo(left - bits)) % powerOfTwo(bits);
      coded = coded * powerOfTwo(bits) + this.#coder.codeRandom(part, bits);
    }
    return coded;
  }
}

/** Numbers of symbols that are coded in contexts of others. Those of callers are below 100. */
const nodes = { sign: 700, length: 101, bits: 110 } as const;

/** How many binary digits a whole number below 2^53 has. */
export function bitLength(value: number): number {
  const upper = Math.floor(value / 0x8000_0000);
  return upper === 0 ? 32 - Math.clz32(value) : 63 - Math.clz32(upper);
}

const powerOfTwo = (exponent: number): number => powersOfTwo[exponent] ?? 1;

/** The powers of a whole number from 0 to `last`, exactly. */
export function powers(of: number, last: number): readonly number[] {
  const list = [1];
  for (let exponent = 1; exponent <= last; exponent += 1) list.push((list.at(-1) ?? 1) * of);
  return list;
}

/** One context made of two. */
export const mix = (left: number, right: number): number =>
  Math.imul(left ^ Math.imul(right + 1, 0x27d4_eb2f), 0x1656_67b1);
