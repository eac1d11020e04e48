import type { Slot } from './slot.ts';
import { bitLength, mix, mixers, powers, type SymbolCoder } from './symbol-coder.ts';

const largestScale = 6;
const scaleBits = 3;
const largestNumber = 2 ** 50;
const powersOfTen = powers(10, 2 ** scaleBits);
/** A place holds a counter if its steps are so many times smaller than its numbers. */
const counterRatio = 256;
const exactBuckets = 32;

/** Says numbers: measurements by what stood there before, counters by their step. */
export class NumberModel {
  readonly #symbols: SymbolCoder;

  constructor(symbols: SymbolCoder) {
    this.#symbols = symbols;
  }

  code(slot: Slot, value: number, shape: number): number {
    const scale = this.#codeScale(slot, value);
    const whole = this.#symbols.isReading ? 0 : Math.round(value * powerOfTen(scale));
    const isCounter = slot.step * counterRatio < slot.size;
    const base = isCounter ? slot.lastNumber : 0;
    const { number } = slot;
    const near = isCounter ? 0 : bucketOf(slot.lastNumber);
    const coded =
      this.#symbols.codeSigned(
        mixers.number,
        whole - base,
        mix(mix(number, shape), 6),
        mix(number, 7 + near),
      ) + base;
    slot.step += (Math.abs(coded - slot.lastNumber) - slot.step) / 4;
    slot.size += (Math.abs(coded) - slot.size) / 4;
    slot.lastNumber = coded;
    return coded / powerOfTen(scale);
  }

  /** Decimals the number is said with: as many as the numbers here had before, if that says it exactly. */
  #codeScale(slot: Slot, value: number): number {
    const own = this.#symbols.isReading ? 0 : scaleOf(value);
    const isUsual = isExactAt(value, slot.scale);
    this.#symbols.setContexts(mixers.flag, 11, mix(slot.number, 3));
    if (this.#symbols.codeFlag(isUsual, 23)) return slot.scale;
    const scale = this.#symbols.codeSymbol(own, scaleBits, 5);
    slot.scale = scale;
    return scale;
  }
}

/** Whether the model says the number exactly. */
export const isSayableNumber = (value: number): boolean =>
  Math.abs(value) < largestNumber && scaleOf(value) <= largestScale;

/** Fewest decimals that say the number exactly; one more than the largest if none does. */
function scaleOf(value: number): number {
  for (let scale = 0; scale <= largestScale; scale += 1) {
    if (isExactAt(value, scale)) return scale;
  }
  return largestScale + 1;
}

function isExactAt(value: number, scale: number): boolean {
  const whole = Math.round(value * powerOfTen(scale));
  return whole / powerOfTen(scale) === value && Math.abs(whole) < largestNumber;
}

/** Coarser for larger numbers, so that few contexts are many. */
function bucketOf(value: number): number {
  const size = Math.abs(value);
  if (size < exactBuckets) return value;
  const bits = bitLength(size);
  return exactBuckets + bits * 8 + (Math.floor(size / (powersOfTwo[bits - 4] ?? 1)) & 7);
}

const powersOfTwo = powers(2, 53);
const powerOfTen = (exponent: number): number => powersOfTen[exponent] ?? 1;
