import {
  backslash,
  closeList,
  closeObject,
  colon,
  comma,
  dot,
  firstPrintable,
  isDigit,
  isLetter,
  lastAscii,
  minus,
  openList,
  openObject,
  quote,
  zero,
} from './json-signs.ts';

/** Where a record ends, and where a member `rev` of it belongs. */
export interface CanonicalSpan {
  /** Behind the members that come before `rev` in canonical order. */
  readonly place: number;
  readonly end: number;
}

/**
 * Whether the object that begins at `from` in the JSON text `source` stands there as its canonical JSON already, byte for byte: what
 * `writeCanonical` makes of the value that `JSON.parse` reads there. `source` has to be text in UTF-8; what is said of it is true if
 * what stands from `from` to the `end` is JSON, which only parsing tells. Undefined
 * also where that cannot be told without parsing, or where the object has a member `rev`; `copyCanonical` may know more.
 */
export function canonicalSpan(source: Uint8Array, from: number): CanonicalSpan | undefined {
  if (source[from] !== openObject) return undefined;
  let at = from + 1;
  let previous = failed;
  let place = failed;
  while (source[at] !== closeObject) {
    if (previous !== failed) {
      if (source[at] !== comma) return undefined;
      at += 1;
    }
    const comparison = compareWithRevision(source, at);
    if (comparison === 0) return undefined;
    if (comparison > 0 && place === failed) place = previous === failed ? at : at - 1;
    const value = behindName(source, at, previous);
    if (value === failed) return undefined;
    previous = at;
    at = endOfValue(source, value, 1);
    if (at === failed) return undefined;
  }
  return { place: place === failed ? at : place, end: at + 1 };
}

/** Returned instead of a place. */
export const failed = -1;
/** Beyond this, the value is written the slow way: nobody makes this one slow. */
export const maxDepth = 24;

/** `Number` tells numbers of so many digits apart, and writes them as they are read; fractions as small as this without an exponent. */
const maxDigits = 15;
const maxFractionDigits = 6;

/** Escapes that `JSON.stringify` writes as well: of quote, backslash, backspace, form feed, line feed, return, tab. By byte. */
const keptEscapes: Readonly<Uint8Array> = new Uint8Array(256).map((_none, byte) =>
  '"\\bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0,
);

/** What stands in a text for itself. By byte. */
const plainSigns: Readonly<Uint8Array> = new Uint8Array(256).map((_none, byte) =>
  byte >= firstPrintable && byte !== quote && byte !== backslash ? 1 : 0,
);

export const isKeptEscape = (byte: number): boolean => keptEscapes[byte] === 1;

/** Each of these returns where in `source` what begins at `from` ends, or `failed`. */
function endOfValue(source: Uint8Array, from: number, depth: number): number {
  const first = source[from];
  if (first === quote) return endOfString(source, from);
  if (first === openObject) return endOfObject(source, from, depth);
  if (first === openList) return endOfList(source, from, depth);
  if (first === minus || isDigit(first)) return endOfNumber(source, from);
  return endOfWord(source, from);
}

function endOfObject(source: Uint8Array, from: number, depth: number): number {
  if (depth === maxDepth) return failed;
  let at = from + 1;
  let previous = failed;
  while (source[at] !== closeObject) {
    if (previous !== failed) {
      if (source[at] !== comma) return failed;
      at += 1;
    }
    const value = behindName(source, at, previous);
    if (value === failed) return failed;
    previous = at;
    at = endOfValue(source, value, depth + 1);
    if (at === failed) return failed;
  }
  return at + 1;
}

function endOfList(source: Uint8Array, from: number, depth: number): number {
  if (depth === maxDepth) return failed;
  let at = from + 1;
  while (source[at] !== closeList) {
    if (at > from + 1) {
      if (source[at] !== comma) return failed;
      at += 1;
    }
    at = endOfValue(source, at, depth + 1);
    if (at === failed) return failed;
  }
  return at + 1;
}

/**
 * Where the value begins, behind the name and the colon. `previous`: where the name before it begins, which has to come before it.
 * Nothing in a name comes before the quote that ends it, so that names compare as far as they go.
 */
function behindName(source: Uint8Array, from: number, previous: number): number {
  if (source[from] !== quote) return failed;
  if (previous !== failed && !isBefore(source, previous, from)) return failed;
  let at = from + 1;
  for (let byte = source[at]; byte !== quote; byte = source[at]) {
    if (byte === undefined || byte <= quote || byte > lastAscii || byte === backslash) return failed;
    at += 1;
  }
  return source[at + 1] === colon ? at + 2 : failed;
}

function isBefore(source: Uint8Array, one: number, other: number): boolean {
  for (let index = 1; ; index += 1) {
    const left = source[one + index];
    const right = source[other + index];
    if (left === undefined || right === undefined) return false;
    if (left !== right) return left < right;
    if (left === quote) return false;
  }
}

function endOfString(source: Uint8Array, from: number): number {
  let at = from + 1;
  for (;;) {
    while (plainSigns[source[at] ?? 0] === 1) at += 1;
    const byte = source[at];
    if (byte === quote) return at + 1;
    if (byte !== backslash || !isKeptEscape(source[at + 1] ?? 0)) return failed;
    at += 2;
  }
}

/** Whole numbers, and fractions of few digits without zeros at their end: those that JavaScript writes as they stand. */
export function endOfNumber(source: Uint8Array, from: number): number {
  const begin = source[from] === minus ? from + 1 : from;
  const whole = endOfDigits(source, begin);
  let end = whole;
  if (source[whole] === dot) {
    end = endOfDigits(source, whole + 1);
    const isPlain = end - whole - 1 <= maxFractionDigits && source[end - 1] !== zero;
    if (!isPlain) return failed;
  } else if (begin > from && source[begin] === zero) return failed;
  const next = source[end];
  const ends = next === comma || next === closeObject || next === closeList;
  return ends && end - begin <= maxDigits ? end : failed;
}

function endOfDigits(source: Uint8Array, from: number): number {
  let at = from;
  while (isDigit(source[at])) at += 1;
  return at;
}

/** `true`, `false` or `null`: the text is JSON, so it is one of them, or white space in front of something. */
function endOfWord(source: Uint8Array, from: number): number {
  let at = from;
  while (isLetter(source[at])) at += 1;
  return at > from ? at : failed;
}

const revision = Buffer.from('"rev"');

/** Below zero if the name at `member` comes before `rev`, zero if it is `rev`. */
export function compareWithRevision(source: Uint8Array, member: number): number {
  for (let index = 1; index < revision.length; index += 1) {
    const difference = (source[member + index] ?? 0) - (revision[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
