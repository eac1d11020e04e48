import type { SeededRandom } from '../doubles/seeded-random.ts';
import { type Survival, sectorBytes } from './survival.ts';

/** A change of a file that no sync has covered yet. */
export type DataChange = { readonly order: number } & (
  | { readonly offset: number; readonly data: Buffer }
  | { readonly length: number }
  | { readonly atLeast: number }
);

/** The content of one file: what is on the disk for certain, and what came after. */
export class FileContent {
  #durable: GrowingBytes;
  #pending: DataChange[] = [];
  /** A copy of what is on the disk for certain, as long as it is true. */
  #settled: Buffer | undefined;

  constructor(content: Buffer = Buffer.alloc(0)) {
    this.#durable = new GrowingBytes(content);
  }

  change(change: DataChange): void {
    this.#pending.push(change);
  }

  /** Everything before `begun` is on the disk now. */
  sync(begun: number): void {
    if (this.#pending.some(({ order }) => order < begun)) this.#settled = undefined;
    for (const change of this.#pending) if (change.order < begun) applyWhole(this.#durable, change);
    this.#pending = this.#pending.filter(({ order }) => order >= begun);
  }

  whole(): Buffer {
    const content = this.#durable.copy();
    for (const change of this.#pending) applyWhole(content, change);
    return content.bytes();
  }

  /** The content after a cut: the very same buffer as before if nothing came to the file since and nothing is pending. */
  cut(survival: Survival, now: number, random: SeededRandom): Buffer {
    if (this.#pending.length === 0) return this.#copyOfDurable();
    const content = this.#durable.copy();
    const first = this.#pending[0]?.order ?? now;
    const moment = first + (now - first + 1) * survival.moment;
    for (const change of this.#pending) {
      if ('data' in change) this.#applyPart(content, change, survival, moment, random);
      else if (this.#isThere(change, survival, moment, random)) applyWhole(content, change);
    }
    return content.bytes();
  }

  #copyOfDurable(): Buffer {
    this.#settled ??= this.#durable.copy().bytes();
    return this.#settled;
  }

  #isThere(change: DataChange, survival: Survival, moment: number, random: SeededRandom): boolean {
    return survival.unit === 'moment' ? change.order < moment : random.chance(survival.writes);
  }

  #applyPart(
    content: GrowingBytes,
    change: DataChange & { readonly offset: number; readonly data: Buffer },
    survival: Survival,
    moment: number,
    random: SeededRandom,
  ): void {
    const { offset, data } = change;
    const isThere = this.#isThere(change, survival, moment, random);
    for (let at = offset; at < offset + data.length; ) {
      const end = Math.min(offset + data.length, at - (at % sectorBytes) + sectorBytes);
      if (survival.unit === 'sector' ? random.chance(survival.writes) : isThere) {
        content.write(at, data.subarray(at - offset, end - offset));
      }
      if (random.chance(survival.torn)) tear(content, at, end, survival.tearing === 'whole', random);
      at = end;
    }
    if (random.chance(survival.longer)) content.extend(offset + data.length);
  }
}

function applyWhole(content: GrowingBytes, change: DataChange): void {
  if ('data' in change) content.write(change.offset, change.data);
  else if ('length' in change) content.resize(change.length);
  else content.extend(change.atLeast);
}

function tear(content: GrowingBytes, from: number, to: number, isWhole: boolean, random: SeededRandom): void {
  const begin = isWhole ? from - (from % sectorBytes) : from;
  // The file does not become longer by it.
  const end = isWhole ? Math.min(begin + sectorBytes, Math.max(to, content.length)) : to;
  const noise = random.chance(0.5);
  const garbage = Buffer.alloc(end - begin);
  if (noise) for (let at = 0; at < garbage.length; at += 1) garbage[at] = random.below(256);
  content.write(begin, garbage);
}

/** Bytes that may be written behind their end. */
class GrowingBytes {
  #buffer: Buffer;
  #length: number;

  constructor(content: Buffer) {
    this.#buffer = content;
    this.#length = content.length;
  }

  get length(): number {
    return this.#length;
  }

  copy(): GrowingBytes {
    return new GrowingBytes(Buffer.from(this.bytes()));
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  write(offset: number, data: Buffer): void {
    this.extend(offset + data.length);
    data.copy(this.#buffer, offset);
  }

  extend(length: number): void {
    if (length > this.#length) this.resize(length);
  }

  resize(length: number): void {
    if (length > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(length, this.#buffer.length * 2));
      this.bytes().copy(larger);
      this.#buffer = larger;
    }
    if (length > this.#length) this.#buffer.fill(0, this.#length, length);
    this.#length = length;
  }
}
