import {
  type CanonicalSpan,
  compareWithRevision,
  endOfNumber,
  failed,
  isKeptEscape,
  maxDepth,
} from './canonical-walk.ts';
import {
  backslash,
  closeList,
  closeObject,
  colon,
  comma,
  firstPrintable,
  isDigit,
  isLetter,
  lastAscii,
  minus,
  openList,
  openObject,
  quote,
} from './json-signs.ts';

/**
 * Copies the object that begins at `from` in the JSON text `source` into `target` from `at` on, its members in canonical order: what
 * `writeCanonical` makes of the value that `JSON.parse` reads there. `source` has to be text in UTF-8
 * that was parsed. Undefined where it cannot be told that it is the same without parsing (white space, escapes that JSON
 * does not need, names beyond ASCII or that come twice, numbers written in another way than JavaScript does), where the object has a
 * member `rev`, or is too long for `target`; what `target` holds from `at` on is of no use then.
 */
export function copyCanonical(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  from: number,
): CanonicalSpan | undefined {
  revisionPlace = failed;
  count = 0;
  copied = at;
  if (source[from] !== openObject || copyObject(source, from, target, 0) === failed) return undefined;
  return revisionPlace === failed || copied > target.length
    ? undefined
    : { place: revisionPlace, end: copied };
}

/** Beyond this, the value is written the slow way: nobody makes this one slow. */
const maxMembers = 64;
/** From here on copying in one go is quicker than byte by byte. */
const longSpan = 48;

// The state of one copy: nothing of it is looked at between two calls of `copyCanonical`.
let revisionPlace = failed;
/** How far `target` is filled. */
let copied = 0;
/** Where the members of the objects under way begin in `target`; how many they are. */
const begins = new Int32Array(maxDepth * maxMembers);
let count = 0;
const order = new Int32Array(maxMembers);

/** Each of these copies what begins at `from` and returns where it ends in `source`, or `failed`. */
function copyValue(source: Uint8Array, from: number, target: Uint8Array, depth: number): number {
  const first = source[from] ?? 0;
  if (first === quote) return copyString(source, from, target);
  if (first === openObject) return copyObject(source, from, target, depth);
  if (first === openList) return copyList(source, from, target, depth);
  if (first === minus || isDigit(first)) return copyNumber(source, from, target);
  return copyWord(source, from, target);
}

function copyObject(source: Uint8Array, from: number, target: Uint8Array, depth: number): number {
  const firstMember = count;
  target[copied++] = openObject;
  const begin = copied;
  let at = from + 1;
  let isSorted = true;
  let previous = begin;
  if (depth === maxDepth) return failed;
  while (source[at] !== closeObject) {
    if (copied > begin) {
      if (source[at] !== comma) return failed;
      target[copied++] = comma;
      at += 1;
    }
    const member = copied;
    at = copyName(source, at, target);
    if (at === failed || count - firstMember === maxMembers) return failed;
    if (isSorted && member > begin && !isBefore(target, previous, member)) isSorted = false;
    previous = member;
    begins[count++] = member;
    at = copyValue(source, at, target, depth + 1);
    if (at === failed) return failed;
  }
  if (!isSorted && !sortMembers(target, firstMember, begin)) return failed;
  if (depth === 0) revisionPlace = placeOfRevision(target, begin);
  count = firstMember;
  target[copied++] = closeObject;
  return at + 1;
}

/** A name and the colon. Nothing in it comes before the quote that ends it, so that names compare as far as they go. */
function copyName(source: Uint8Array, from: number, target: Uint8Array): number {
  if (source[from] !== quote) return failed;
  let at = from + 1;
  let to = copied;
  target[to++] = quote;
  for (let byte = source[at] ?? 0; byte !== quote; byte = source[at] ?? 0) {
    if (byte <= quote || byte > lastAscii || byte === backslash) return failed;
    target[to++] = byte;
    at += 1;
  }
  target[to++] = quote;
  if (source[at + 1] !== colon) return failed;
  target[to++] = colon;
  copied = to;
  return at + 2;
}

function copyList(source: Uint8Array, from: number, target: Uint8Array, depth: number): number {
  target[copied++] = openList;
  let at = from + 1;
  if (depth === maxDepth) return failed;
  while (source[at] !== closeList) {
    if (at > from + 1) {
      if (source[at] !== comma) return failed;
      target[copied++] = comma;
      at += 1;
    }
    at = copyValue(source, at, target, depth + 1);
    if (at === failed) return failed;
  }
  target[copied++] = closeList;
  return at + 1;
}

function copyString(source: Uint8Array, from: number, target: Uint8Array): number {
  let at = from + 1;
  let to = copied;
  target[to++] = quote;
  for (let byte = source[at] ?? 0; byte !== quote; byte = source[at] ?? 0) {
    if (byte < firstPrintable) return failed;
    target[to++] = byte;
    at += 1;
    if (byte !== backslash) continue;
    const escaped = source[at] ?? 0;
    if (!isKeptEscape(escaped)) return failed;
    target[to++] = escaped;
    at += 1;
  }
  target[to++] = quote;
  copied = to;
  return at + 1;
}

function copyNumber(source: Uint8Array, from: number, target: Uint8Array): number {
  const end = endOfNumber(source, from);
  for (let at = from; at < end; at += 1) target[copied++] = source[at] ?? 0;
  return end;
}

/** `true`, `false` or `null`: the text was parsed, so it is one of them, or white space in front of something. */
function copyWord(source: Uint8Array, from: number, target: Uint8Array): number {
  let at = from;
  for (let byte = source[at] ?? 0; isLetter(byte); byte = source[at] ?? 0) {
    target[copied++] = byte;
    at += 1;
  }
  return at > from ? at : failed;
}

/** Whether the name of the member at `one` comes before that of the member at `other`. */
function isBefore(target: Uint8Array, one: number, other: number): boolean {
  return compareNames(target, one, other) < 0;
}

/** Zero for names that are the same. */
function compareNames(target: Uint8Array, one: number, other: number): number {
  for (let index = 1; ; index += 1) {
    const left = target[one + index] ?? 0;
    const right = target[other + index] ?? 0;
    if (left !== right) return left - right;
    if (left === quote || left === 0) return 0;
  }
}

/** Puts the members from `begin` on in order of their names, by way of the room behind them. False if a name comes twice, or there is no room. */
function sortMembers(target: Uint8Array, firstMember: number, begin: number): boolean {
  const members = count - firstMember;
  if (2 * copied - begin > target.length) return false;
  for (let index = 0; index < members; index += 1) {
    const member = begins[firstMember + index] ?? 0;
    let place = index;
    for (; place > 0; place -= 1) {
      const other = order[place - 1] ?? 0;
      const comparison = compareNames(target, begins[firstMember + other] ?? 0, member);
      if (comparison === 0) return false;
      if (comparison < 0) break;
      order[place] = other;
    }
    order[place] = index;
  }
  let to = copied;
  for (let place = 0; place < members; place += 1) {
    const index = order[place] ?? 0;
    const isLast = index === members - 1;
    const end = isLast ? copied : (begins[firstMember + index + 1] ?? 0) - 1;
    if (place > 0) target[to++] = comma;
    const from = begins[firstMember + index] ?? 0;
    order[place] = begin + to - copied;
    to = copySpan(target, to, from, end);
  }
  target.copyWithin(begin, copied, to);
  for (let place = 0; place < members; place += 1) begins[firstMember + place] = order[place] ?? 0;
  return true;
}

function copySpan(target: Uint8Array, at: number, from: number, end: number): number {
  if (end - from >= longSpan) {
    target.copyWithin(at, from, end);
    return at + end - from;
  }
  let to = at;
  for (let index = from; index < end; index += 1) target[to++] = target[index] ?? 0;
  return to;
}

/** Of the members of the outermost object, which are in order from `begin` to where `target` is filled. */
function placeOfRevision(target: Uint8Array, begin: number): number {
  for (let member = 0; member < count; member += 1) {
    const from = begins[member] ?? 0;
    const comparison = compareWithRevision(target, from);
    if (comparison === 0) return failed;
    if (comparison > 0) return from === begin ? begin : from - 1;
  }
  return copied;
}
