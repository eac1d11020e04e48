import { type LabelledKey, orderOf } from './key-order.ts';

const quote = 0x22;
const comma = 0x2c;
const zero = 0x30;
const backslash = 0x5c;
const firstPrintable = 0x20;
const lastAscii = 0x7f;
const [objectBegins, objectEnds, listBegins, listEnds] = [0x7b, 0x7d, 0x5b, 0x5d];
/** UTF-8 takes one to three bytes for each UTF-16 unit. */
const mostBytesPerUnit = 3;

/**
 * Writes the canonical JSON of `value` (`canonicalJson`) in UTF-8 into `bytes` from `at` on, and returns where it ends. If that is
 * beyond the end of `bytes`, what they hold is of no use, and it has to be written again where there is as much room. Takes a
 * third of the time of making a text and its bytes. Throws as `canonicalJson` does.
 */
export function writeCanonical(bytes: Buffer, at: number, value: unknown): number {
  if (typeof value === 'string') return writeString(bytes, at, value);
  if (typeof value === 'number') return writeNumber(bytes, at, value);
  if (value === null || typeof value === 'boolean') return writeAscii(bytes, at, String(value));
  if (Array.isArray(value)) return writeList(bytes, at, value);
  if (isObject(value)) return writeObject(bytes, at, value);
  throw new TypeError(`JSON holds no ${typeof value}`);
}

/** One member of an object, behind a comma unless it is the first. */
export function writeMember(
  bytes: Buffer,
  at: number,
  { utf8 }: LabelledKey,
  value: unknown,
  isFirst: boolean,
): number {
  let end = at;
  if (!isFirst) bytes[end++] = comma;
  for (let index = 0; index < utf8.length; index++) bytes[end++] = utf8[index] ?? 0;
  return writeCanonical(bytes, end, value);
}

/** Writes text that holds nothing but ASCII. */
export function writeAscii(bytes: Buffer, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index);
  return at + text.length;
}

const isObject = (value: unknown): value is object => typeof value === 'object';

function writeObject(bytes: Buffer, at: number, value: object): number {
  let end = at;
  bytes[end++] = objectBegins;
  const members: readonly unknown[] = Object.values(value);
  const order = orderOf(Object.keys(value));
  for (let index = 0; index < order.length; index++) {
    const labelled = order[index];
    const member = labelled === undefined ? undefined : members[labelled.place];
    if (labelled !== undefined && member !== undefined)
      end = writeMember(bytes, end, labelled, member, end === at + 1);
  }
  bytes[end++] = objectEnds;
  return end;
}

function writeList(bytes: Buffer, at: number, items: readonly unknown[]): number {
  let end = at;
  bytes[end++] = listBegins;
  for (let index = 0; index < items.length; index++) {
    if (index > 0) bytes[end++] = comma;
    end = writeCanonical(bytes, end, items[index]);
  }
  bytes[end++] = listEnds;
  return end;
}

function writeString(bytes: Buffer, at: number, text: string): number {
  let end = at;
  bytes[end++] = quote;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < firstPrintable || unit > lastAscii || unit === quote || unit === backslash) {
      return writeText(bytes, at, JSON.stringify(text));
    }
    bytes[end++] = unit;
  }
  bytes[end++] = quote;
  return end;
}

/** `write` would cut off what does not fit, and count it as nothing. */
function writeText(bytes: Buffer, at: number, text: string): number {
  const most = text.length * mostBytesPerUnit;
  return at + most > bytes.length ? at + most : at + bytes.write(text, at, 'utf8');
}

const million = 1_000_000;
const mostInTwoParts = 1e15;

function writeNumber(bytes: Buffer, at: number, value: number): number {
  if (!Number.isFinite(value)) throw new TypeError('JSON holds no NaN or infinity');
  if (!Number.isInteger(value) || value < 0 || value >= mostInTwoParts) {
    return writeAscii(bytes, at, String(value));
  }
  if (value < million) return writeDigits(bytes, at, value, digitsOf(value));
  const high = Math.floor(value / million);
  const end = high < million ? writeDigits(bytes, at, high, digitsOf(high)) : writeNumber(bytes, at, high);
  return writeDigits(bytes, end, value - high * million, 6);
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let limit = 10; limit <= value; limit *= 10) digits += 1;
  return digits;
}

/** A whole number below a million. */
function writeDigits(bytes: Buffer, at: number, value: number, digits: number): number {
  let rest = value | 0;
  for (let place = at + digits - 1; place >= at; place--) {
    const next = (rest / 10) | 0;
    bytes[place] = zero + rest - next * 10;
    rest = next;
  }
  return at + digits;
}
