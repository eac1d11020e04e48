import type { Random } from '#clinic/ports/clock.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { bytesOutsideHeap, Secret } from './secret.ts';

/** Crockford's base 32: no I, L, O, U, so that nothing is read as something else. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** 160 random bits: nothing slow needs to be put in the way of guessing. */
export const paperKeyLength = 20;
const groupCount = 8;
const symbolsInGroup = 4;

/** What does not fit in a typed paper key. */
export interface PaperKeyMistake {
  /** Groups, counted from 1, that hold a typing error, are missing, or stand in another's place. */
  readonly groups: readonly number[];
}

/** Another one each time. Opens nothing before it is kept (`CredentialSlots.keepPaperKey`). */
export const newPaperKey = (random: Random): Secret => Secret.draw(random, paperKeyLength);

/**
 * A paper key as it is printed: eight groups of four symbols of Crockford's base 32 and a check symbol, with a hyphen in
 * between (ACC-26).
 */
export function printPaperKey(key: Secret): string {
  const bytes = key.reveal();
  if (bytes.length !== paperKeyLength) throw new RangeError('a paper key has 20 bytes');
  const symbols = symbolsOf(bytes);
  return Array.from({ length: groupCount }, (_, group) => {
    const values = symbols.slice(group * symbolsInGroup, (group + 1) * symbolsInGroup);
    return [...values, checkOf(values, group)].map((value) => alphabet[value]).join('');
  }).join('-');
}

/** The key somebody typed: case, spaces and hyphens do not matter, O is 0, I and L are 1. Tells which groups are wrong. */
export function readPaperKey(typed: string): Result<Secret, PaperKeyMistake> {
  const groups = groupsOf(typed);
  const wrong = Array.from({ length: Math.max(groupCount, groups.length) }, (_, group) => group)
    .filter((group) => group >= groupCount || !isWhole(groups[group], group))
    .map((group) => group + 1);
  if (wrong.length > 0) return fail({ groups: wrong });
  return ok(new Secret(bytesOf(groups.flatMap((values) => values.slice(0, symbolsInGroup)))));
}

/** Groups as they were typed when they were set apart, else cut by length. An unknown symbol is -1. */
function groupsOf(typed: string): number[][] {
  const text = typed.normalize('NFKC').toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1').trim();
  const apart = text.split(/[^\p{L}\p{N}]+/u).filter((part) => part !== '');
  const parts =
    apart.length > 1 ? apart : [...text.matchAll(new RegExp(`.{1,${symbolsInGroup + 1}}`, 'gu'))].map(String);
  return parts.slice(0, 2 * groupCount).map((part) => [...part].map((symbol) => alphabet.indexOf(symbol)));
}

function isWhole(values: readonly number[] | undefined, group: number): boolean {
  if (values === undefined || values.length !== symbolsInGroup + 1 || values.includes(-1)) return false;
  return checkOf(values.slice(0, symbolsInGroup), group) === values[symbolsInGroup];
}

/**
 * Over GF(32) with a weight of its own for every place, and the group's number: each single wrong symbol, each two
 * neighbours that changed places and each two groups that did are found.
 */
function checkOf(values: readonly number[], group: number): number {
  return values.reduce((sum, value, at) => sum ^ multiply(value, 1 << (at + 1)), group + 1);
}

/** Product in GF(32) modulo x^5 + x^2 + 1. `right` may be 2, 4, 8 or 16. */
function multiply(left: number, right: number): number {
  let product = left;
  for (let factor = right; factor > 1; factor >>= 1) {
    product <<= 1;
    if (product & 32) product ^= 0b100101;
  }
  return product;
}

function symbolsOf(bytes: Uint8Array): number[] {
  return Array.from({ length: (bytes.length * 8) / 5 }, (_, index) => {
    const [at, shift] = [Math.floor((index * 5) / 8), (index * 5) % 8];
    const pair = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    return (pair >> (11 - shift)) & 31;
  });
}

function bytesOf(symbols: readonly number[]): Uint8Array {
  const bytes = bytesOutsideHeap(paperKeyLength);
  for (const [index, symbol] of symbols.entries()) {
    const [at, shift] = [Math.floor((index * 5) / 8), (index * 5) % 8];
    const pair = symbol << (11 - shift);
    bytes[at] = (bytes[at] ?? 0) | (pair >> 8);
    if (at + 1 < bytes.length) bytes[at + 1] = (bytes[at + 1] ?? 0) | (pair & 0xff);
  }
  return bytes;
}
