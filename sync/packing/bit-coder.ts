import { PackingFailure } from './packing-failure.ts';

/** A probability of one half, in the unit of `BitCoder.code`. */
const evenChance = 0x800;
/** Bounds have 24 bits: whole bytes, and small integers to the engine. */
const mask = 0xff_ffff;
const topByte = 0xff_0000;
const windowBytes = 3;
const none = Buffer.alloc(0);
const firstBytes = 256;

/**
 * A binary arithmetic coder without carry (after M. Mahoney's lpaq) beside a section of raw bytes. One class writes and reads, so
 * that both sides run the same model: what is passed is written and returned, or ignored and what was read returned.
 */
export class BitCoder {
  readonly isReading: boolean;
  #bytes: Buffer;
  #position = 0;
  #raw: Buffer;
  #rawPosition = 0;
  #code = 0;
  #low = 0;
  #high = mask;

  /** `source`: what another coder wrote, to read it; null to write. Throws `PackingFailure`. */
  constructor(source: Uint8Array | null) {
    this.isReading = source !== null;
    if (source === null) {
      this.#bytes = none;
      this.#raw = none;
      return;
    }
    const { coded, raw } = sectionsOf(source);
    this.#bytes = coded;
    this.#raw = raw;
    for (let byte = 0; byte < windowBytes; byte += 1)
      this.#code = ((this.#code << 8) | this.#nextByte()) & mask;
  }

  /** One bit. `chance`: how likely it is a one, of 4,096, from 1 to 4,095. */
  code(bit: number, chance: number): number {
    const range = this.#high - this.#low;
    const middle = this.#low + (range >>> 12) * chance + (((range & 0xfff) * chance) >>> 12);
    const coded = this.isReading ? (this.#code <= middle ? 1 : 0) : bit;
    if (coded === 1) this.#high = middle;
    else this.#low = middle + 1;
    while (((this.#low ^ this.#high) & topByte) === 0) this.#shift();
    return coded;
  }

  /** `bits` (at most 31) bits that no model can foretell. */
  codeRandom(value: number, bits: number): number {
    let coded = 0;
    for (let place = bits - 1; place >= 0; place -= 1) {
      coded = (coded << 1) | this.code((value >>> place) & 1, evenChance);
    }
    return coded;
  }

  /** An even number of lower-case hexadecimal digits that no model can foretell. */
  codeDigits(text: string, digits: number): string {
    const from = this.#rawPosition;
    this.#rawPosition += digits / 2;
    if (!this.isReading) {
      if (this.#rawPosition > this.#raw.length) this.#raw = doubled(this.#raw);
      this.#raw.write(text, from, digits / 2, 'hex');
      return text;
    }
    if (this.#rawPosition > this.#raw.length) throw new PackingFailure('ends too early');
    return this.#raw.toString('hex', from, this.#rawPosition);
  }

  /** Ends writing: the length of the coded section, that section, the raw section. */
  finish(): Uint8Array {
    // The top bytes of the bounds differ, so one byte names a number between them; what follows the end reads as zeros.
    if (this.#low > 0) this.#push(Math.ceil(this.#low / 2 ** 16));
    return Buffer.concat([
      lengthPrefix(this.#position),
      this.#bytes.subarray(0, this.#position),
      this.#raw.subarray(0, this.#rawPosition),
    ]);
  }

  #shift(): void {
    if (this.isReading) this.#code = ((this.#code << 8) | this.#nextByte()) & mask;
    else this.#push(this.#high >>> 16);
    this.#low = (this.#low << 8) & mask;
    this.#high = ((this.#high << 8) & mask) | 0xff;
  }

  #push(byte: number): void {
    if (this.#position === this.#bytes.length) this.#bytes = doubled(this.#bytes);
    this.#bytes[this.#position] = byte;
    this.#position += 1;
  }

  #nextByte(): number {
    const byte = this.#bytes[this.#position] ?? 0;
    this.#position += 1;
    if (this.#position > this.#bytes.length + windowBytes) throw new PackingFailure('ends too early');
    return byte;
  }
}

function doubled(buffer: Buffer): Buffer {
  const larger = Buffer.allocUnsafe(Math.max(firstBytes, buffer.length * 2));
  larger.set(buffer);
  return larger;
}

/** Seven bits a byte, lowest first; the top bit says that more follow. */
function lengthPrefix(length: number): Buffer {
  const bytes: number[] = [];
  let rest = length;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

function sectionsOf(source: Uint8Array): { readonly coded: Buffer; readonly raw: Buffer } {
  const buffer = Buffer.from(source.buffer, source.byteOffset, source.length);
  let [length, position, byte] = [0, 0, 0x80];
  for (; byte >= 0x80 && position < 4; position += 1) {
    byte = buffer[position] ?? 0;
    length += (byte & 0x7f) * 128 ** position;
  }
  if (byte >= 0x80 || position + length > buffer.length) throw new PackingFailure('ends too early');
  return { coded: buffer.subarray(position, position + length), raw: buffer.subarray(position + length) };
}
