import type { ParsedApart } from './parse-apart.ts';

const listBegin = Buffer.from('"documents":[');
const itemBegin = Buffer.from('{"seq":');
const collectionBegin = Buffer.from(',"collection":"');
const recordBegin = Buffer.from('","record":');
/** What stands between two records, with the bracket that ends the first. */
const betweenRecords = Buffer.from('}},{"seq":');
const listEnd = Buffer.from('}}]}');
/** More digits might not be one number exactly. */
const mostDigits = 15;

/**
 * `parseApart` of a portion as a center writes it: documents last, each `{"seq":1,"collection":"visits","record":{...}}`, no space
 * between. Where a record ends is guessed from what stands behind it, and proved by parsing it alone: a text that is one object has
 * only one end. Undefined for everything else, which is walked through byte by byte. `bytes` have to be well-formed UTF-8.
 */
export function parsePlain(bytes: Buffer): ParsedApart | undefined {
  const list = bytes.indexOf(listBegin);
  if (list < 0 || !isAt(bytes, bytes.length - listEnd.length, listEnd)) return undefined;
  const from = list + listBegin.length;
  try {
    const value: unknown = JSON.parse(`${bytes.toString('utf8', 0, from)}]}`);
    const texts: Uint8Array[] = [];
    return isOpen(value) && takeItems(bytes, from, value.documents, texts) ? { value, texts } : undefined;
  } catch {
    return undefined;
  }
}

const isOpen = (value: unknown): value is { readonly documents: unknown[] } =>
  typeof value === 'object' && value !== null && 'documents' in value && Array.isArray(value.documents);

/** Adds the documents from `from` to the end to `items`, and the text of each record to `texts`. False if one is not plain; throws too. */
function takeItems(bytes: Buffer, from: number, items: unknown[], texts: Uint8Array[]): boolean {
  const lastEnd = bytes.length - listEnd.length + 1;
  let at = from;
  while (at < lastEnd) {
    if (!isAt(bytes, at, itemBegin)) return false;
    const digits = at + itemBegin.length;
    const digitsEnd = endOfDigits(bytes, digits);
    if (digitsEnd === undefined || !isAt(bytes, digitsEnd, collectionBegin)) return false;
    const name = digitsEnd + collectionBegin.length;
    const nameEnd = endOfLetters(bytes, name);
    if (!isAt(bytes, nameEnd, recordBegin)) return false;
    const begin = nameEnd + recordBegin.length;
    if (bytes[begin] !== openObject) return false;
    const between = bytes.indexOf(betweenRecords, begin);
    const end = between < 0 ? lastEnd : between + 1;
    items.push({
      seq: Number(bytes.toString('latin1', digits, digitsEnd)),
      collection: bytes.toString('latin1', name, nameEnd),
      record: JSON.parse(bytes.toString('utf8', begin, end)),
    });
    texts.push(bytes.subarray(begin, end));
    // Behind the brackets of both objects and the comma.
    at = end + 2;
  }
  return true;
}

const openObject = 0x7b;
const zero = 0x30;
const nine = 0x39;

/** The place behind a whole number as JSON writes it; undefined if there is none. */
function endOfDigits(bytes: Uint8Array, from: number): number | undefined {
  let at = from;
  while (isBetween(bytes[at], zero, nine)) at += 1;
  const count = at - from;
  return count === 0 || count > mostDigits || (count > 1 && bytes[from] === zero) ? undefined : at;
}

function endOfLetters(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isBetween(bytes[at], 0x61, 0x7a)) at += 1;
  return at;
}

const isBetween = (byte: number | undefined, least: number, most: number): boolean =>
  byte !== undefined && byte >= least && byte <= most;

function isAt(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  if (at < 0) return false;
  for (let place = 0; place < expected.length; place += 1) {
    if (bytes[at + place] !== expected[place]) return false;
  }
  return true;
}
