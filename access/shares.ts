import type { Random } from '#clinic/ports/clock.ts';
import { Secret } from './secret.ts';

/** Most shares of one secret: places are the non-zero elements of GF(256). */
const mostShares = 255;

/** One of several shares of a secret: the value at `place` (1 to 255) of one line per byte. */
export interface Share {
  readonly place: number;
  readonly value: Secret;
}

/**
 * Splits a secret so that any two shares give it and one alone says nothing about it (Shamir 1979, threshold 2): per byte a
 * line over GF(256) through the secret at 0 with a random slope.
 */
export function splitInShares(secret: Secret, count: number, random: Random): readonly Share[] {
  if (count < 2 || count > mostShares) throw new RangeError('a secret is split in 2 to 255 shares');
  using slopes = Secret.draw(random, secret.reveal().length);
  const slope = slopes.reveal();
  return Array.from({ length: count }, (_, index) => {
    const place = index + 1;
    return { place, value: mapped(secret, (byte, at) => byte ^ multiply(slope[at] ?? 0, place)) };
  });
}

/** The secret behind two shares of different places. Throws when the places are equal or the lengths differ. */
export function joinShares(first: Share, second: Share): Secret {
  const [left, right] = [first.value.reveal(), second.value.reveal()];
  if (first.place === second.place || left.length !== right.length) {
    throw new RangeError('two different shares of one secret are needed');
  }
  // Lagrange at 0: weights x2 / (x1 + x2) and x1 / (x1 + x2); in GF(256) minus is plus.
  const scale = inverse(first.place ^ second.place);
  const leftWeight = multiply(second.place, scale);
  const rightWeight = multiply(first.place, scale);
  return mapped(
    first.value,
    (byte, at) => multiply(byte, leftWeight) ^ multiply(right[at] ?? 0, rightWeight),
  );
}

/** Byte by byte; a `map` of the array itself would leave its result in the heap (ACC-56). */
function mapped(secret: Secret, change: (byte: number, at: number) => number): Secret {
  const changed = Secret.copyOf(secret.reveal());
  const bytes = changed.reveal();
  for (const [at, byte] of bytes.entries()) bytes[at] = change(byte, at);
  return changed;
}

/** Product in GF(256) modulo x^8 + x^4 + x^3 + x + 1, as in AES. No tables and no branches on secret bits. */
export function multiply(left: number, right: number): number {
  let product = 0;
  let shifted = left;
  for (let bit = 0; bit < 8; bit += 1) {
    product ^= shifted & -((right >> bit) & 1);
    shifted = ((shifted << 1) ^ (0x11b & -(shifted >> 7))) & 0xff;
  }
  return product;
}

/** 1 / value, as value^254. */
function inverse(value: number): number {
  let result = 1;
  for (let step = 0; step < 254; step += 1) result = multiply(result, value);
  return result;
}
