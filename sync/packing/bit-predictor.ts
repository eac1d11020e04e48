import type { BitCoder } from './bit-coder.ts';

/** How fast a chance follows what it sees, of 65,536, by how often it was tried. */
const steps = Int32Array.from([
  40_960, 25_206, 18_204, 14_247, 11_702, 9_929, 8_623, 7_620, 6_826, 5_650, 4_819, 4_201, 3_724, 3_344,
  2_900, 2_400,
]);

/** Chances as `ln(p / (1 - p))`, 8 fractional bits, from -2047 to 2047 (after lpaq; whole numbers only, so that all machines agree). */
const squashPoints = [
  1, 2, 3, 6, 10, 16, 27, 45, 73, 120, 194, 310, 488, 747, 1101, 1546, 2047, 2549, 2994, 3348, 3607, 3785,
  3901, 3975, 4022, 4050, 4068, 4079, 4085, 4089, 4092, 4093, 4094,
];

const squashTable = Int16Array.from({ length: 4096 }, (_none, index) => squashed(index - 2048));
const stretchTable = stretches();

const inputs = 2;
const startWeight = Math.floor(16_384 * 0.5);
/** A chance of one half that was never tried; the lower four bits count how often it was. */
const untried = 0x8000;
const triesMask = 0xf;
/** Two to this power is how many guesses are kept. */
const guessBits = 11;

/**
 * Foretells bits from one contexts at once, a broad and a narrow one: each has its own chance, and a mixer learns which of them to trust (logistic
 * mixing). All arithmetic is on whole numbers, so both ends, whatever their machines, learn the same.
 */
export class BitPredictor {
  readonly #shift: number;
  /** Upper 12 bits: chance of a one; lower four: how often it was tried. */
  readonly #chances: Uint16Array;
  readonly #weights: Int32Array;
  #guesses: Uint16Array | undefined;
  #broad = 0;
  #narrow = 0;
  #set = 0;

  /** `sizeBits`: one to this power is the number of chances. `mixers`: how many kinds of things are told apart. */
  constructor(sizeBits: number, mixers: number) {
    this.#shift = 32 - sizeBits;
    this.#chances = new Uint16Array(2 ** sizeBits).fill(untried);
    this.#weights = new Int32Array(mixers * inputs).fill(startWeight);
  }

  /** The same, learned as far as this one. */
  fork(): BitPredictor {
    const copy = new BitPredictor(32 - this.#shift, this.#weights.length / inputs);
    copy.#chances.set(this.#chances);
    copy.#weights.set(this.#weights);
    copy.#guesses = this.#guesses?.slice();
    return copy;
  }

  /** What the next symbols depend on; any whole numbers. `mixer` below the number of mixers. */
  setContexts(mixer: number, broad: number, narrow: number): void {
    this.#set = mixer * inputs;
    this.#broad = hashed(broad + 0x3456_7893);
    this.#narrow = hashed(narrow + 0x5678_9ab5);
  }

  /** A number of `bits` bits in the contexts set, highest bit first. `node`: tells several numbers in one context apart. */
  codeSymbol(coder: BitCoder, value: number, bits: number, node: number): number {
    let prefix = 1;
    for (let place = bits - 1; place >= 0; place -= 1) {
      prefix = (prefix << 1) | this.codeBit(coder, (value >>> place) & 1, (node << 10) + prefix);
    }
    return prefix - (1 << bits);
  }

  /** A number that is likely the one that stood in the narrow context before: then it takes a single bit. */
  codeGuessed(coder: BitCoder, value: number, bits: number, node: number): number {
    const place = (this.#narrow ^ Math.imul(node + 1, 0x85eb_ca6b)) >>> (32 - guessBits);
    this.#guesses ??= new Uint16Array(1 << guessBits);
    const guess = this.#guesses[place] ?? 0;
    if (this.codeBit(coder, value === guess ? 1 : 0, node << 10) === 1) return guess;
    const coded = this.codeSymbol(coder, value, bits, node);
    this.#guesses[place] = coded;
    return coded;
  }

  /** One bit in the contexts set. */
  codeBit(coder: BitCoder, bit: number, node: number): number {
    const chances = this.#chances;
    const weights = this.#weights;
    const shift = this.#shift;
    const mixed = Math.imul(node + 1, 0x9e37_79b1);
    const one = (this.#broad ^ mixed) >>> shift;
    const two = (this.#narrow ^ mixed) >>> shift;
    const c1 = chances[one] ?? 0;
    const c2 = chances[two] ?? 0;
    const s1 = stretchTable[c1 >>> 4] ?? 0;
    const s2 = stretchTable[c2 >>> 4] ?? 0;
    const set = this.#set;
    const w1 = weights[set] ?? 0;
    const w2 = weights[set + 1] ?? 0;
    const chance = squash((s1 * w1 + s2 * w2) >> 14);
    const coded = coder.code(bit, chance);
    const error = ((coded << 12) - chance) * 6;
    weights[set] = w1 + ((s1 * error + 0x8000) >> 16);
    weights[set + 1] = w2 + ((s2 * error + 0x8000) >> 16);
    chances[one] = learned(c1, coded);
    chances[two] = learned(c2, coded);
    return coded;
  }
}

function hashed(value: number): number {
  const half = Math.imul(value, 0x2c1b_3c6d);
  return Math.imul(half ^ (half >>> 15), 0x85eb_ca6b);
}

/** A chance that saw one more bit. */
function learned(chance: number, bit: number): number {
  const tries = chance & triesMask;
  const now = chance >>> 4;
  const rate = steps[tries] ?? 0;
  const next = bit === 1 ? now + (((4095 - now) * rate + 0xc000) >> 16) : now - ((now * rate + 0xc000) >> 16);
  return (next << 4) | (tries < triesMask ? tries + 1 : tries);
}

/** Chance (1 to 4,095 of 4,096) from its stretched form. */
function squash(stretched: number): number {
  if (stretched > 2047) return 4095;
  if (stretched < -2047) return 1;
  return squashTable[stretched + 2048] ?? 0;
}

function squashed(stretched: number): number {
  if (stretched >= 2047) return 4095;
  if (stretched <= -2047) return 1;
  const weight = stretched & 127;
  const index = (stretched >> 7) + 16;
  const [below = 1, above = 1] = [squashPoints[index], squashPoints[index + 1]];
  return Math.max(1, (below * (128 - weight) + above * weight + 64) >> 7);
}

/** The inverse of `squashed`. */
function stretches(): Int16Array {
  const table = new Int16Array(4096);
  let from = 0;
  for (let stretched = -2047; stretched <= 2047; stretched += 1) {
    const chance = squashed(stretched);
    for (let index = from; index <= chance; index += 1) table[index] = stretched;
    from = Math.max(from, chance + 1);
  }
  for (let index = from; index < 4096; index += 1) table[index] = 2047;
  return table;
}
