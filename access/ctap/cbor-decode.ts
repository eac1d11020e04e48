import { fail, ok, type Result } from '#contracts/result.ts';
import { type CborKey, type CborMap, type CborValue, deepestNesting, major, simpleByte } from './cbor.ts';

/** Why bytes are not canonical CTAP2 CBOR. */
export type CborFault =
  | 'truncated'
  | 'left-over'
  | 'too-deep'
  | 'not-shortest'
  | 'indefinite'
  | 'unsorted'
  | 'duplicate-key'
  | 'key-type'
  | 'not-utf8'
  | 'type';

/** Reads exactly one item. Never throws, whatever the bytes: memory and time are bounded by their number. */
export function decodeCbor(bytes: Uint8Array): Result<CborValue, CborFault> {
  const first = decodeFirstCbor(bytes);
  if (!first.ok) return first;
  return first.value.length === bytes.length ? ok(first.value.item) : fail('left-over');
}

/** Reads one item and tells how many bytes it took: authenticator data holds items one after another. */
export function decodeFirstCbor(
  bytes: Uint8Array,
): Result<{ readonly item: CborValue; readonly length: number }, CborFault> {
  const cursor = new Cursor(bytes);
  const item = readItem(cursor, 0);
  return item === undefined ? fail(cursor.fault ?? 'type') : ok({ item, length: cursor.at });
}

/** A place in the bytes, and the first fault met. Readers answer undefined once there is one. */
class Cursor {
  readonly bytes: Uint8Array;
  at = 0;
  fault: CborFault | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  refuse(fault: CborFault): undefined {
    this.fault ??= fault;
    return undefined;
  }

  take(length: number): Uint8Array | undefined {
    if (length > this.left) return this.refuse('truncated');
    const taken = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return taken;
  }
}

function readItem(cursor: Cursor, depth: number): CborValue | undefined {
  const first = cursor.take(1)?.[0];
  if (first === undefined) return undefined;
  const type = first >> 5;
  if (type === major.simple) return readSimple(cursor, first);
  const argument = readArgument(cursor, first & 0x1f);
  if (argument === undefined) return undefined;
  switch (type) {
    case major.unsigned:
      return argument;
    case major.negative:
      return typeof argument === 'number' && argument < Number.MAX_SAFE_INTEGER
        ? -1 - argument
        : -1n - BigInt(argument);
    case major.bytes:
      // A copy: the report buffers behind must not live as long as one id from them.
      return copyOf(cursor.take(Number(argument)));
    case major.text:
      return readText(cursor, Number(argument));
    case major.array:
      return readArray(cursor, Number(argument), depth + 1);
    case major.map:
      return readMap(cursor, Number(argument), depth + 1);
    default:
      // Tags are forbidden.
      return cursor.refuse('type');
  }
}

/** The number behind an item's first byte; refused unless in its shortest form. */
function readArgument(cursor: Cursor, additional: number): number | bigint | undefined {
  if (additional < 24) return additional;
  if (additional === 31) return cursor.refuse('indefinite');
  if (additional > 27) return cursor.refuse('type');
  const length = 2 ** (additional - 24);
  const bytes = cursor.take(length);
  if (bytes === undefined) return undefined;
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  const least = length === 1 ? 24n : 1n << BigInt(length * 4);
  if (value < least) return cursor.refuse('not-shortest');
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function readSimple(cursor: Cursor, first: number): boolean | null | undefined {
  if (first === simpleByte.true) return true;
  if (first === simpleByte.false) return false;
  if (first === simpleByte.null) return null;
  // Floats and undefined: nothing in CTAP2 uses them.
  return cursor.refuse('type');
}

function readText(cursor: Cursor, length: number): string | undefined {
  const bytes = cursor.take(length);
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return cursor.refuse('not-utf8');
  }
}

function readArray(cursor: Cursor, length: number, depth: number): readonly CborValue[] | undefined {
  if (depth > deepestNesting) return cursor.refuse('too-deep');
  if (length > cursor.left) return cursor.refuse('truncated');
  const items: CborValue[] = [];
  for (let index = 0; index < length; index += 1) {
    const item = readItem(cursor, depth);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

function readMap(cursor: Cursor, length: number, depth: number): CborMap | undefined {
  if (depth > deepestNesting) return cursor.refuse('too-deep');
  if (length * 2 > cursor.left) return cursor.refuse('truncated');
  const map = new Map<CborKey, CborValue>();
  let before: Uint8Array | undefined;
  for (let index = 0; index < length; index += 1) {
    const from = cursor.at;
    const key = readKey(cursor);
    if (key === undefined) return undefined;
    const encoded = cursor.bytes.subarray(from, cursor.at);
    const order = before === undefined ? -1 : Buffer.compare(before, encoded);
    if (order >= 0) return cursor.refuse(order === 0 ? 'duplicate-key' : 'unsorted');
    before = encoded;
    const value = readItem(cursor, depth);
    if (value === undefined) return undefined;
    map.set(key, value);
  }
  return map;
}

function readKey(cursor: Cursor): CborKey | undefined {
  const type = (cursor.bytes[cursor.at] ?? 0) >> 5;
  if (cursor.left > 0 && type !== major.unsigned && type !== major.negative && type !== major.text) {
    return cursor.refuse('key-type');
  }
  const key = readItem(cursor, deepestNesting);
  if (key === undefined || typeof key === 'number' || typeof key === 'string') return key;
  return cursor.refuse('key-type');
}

const copyOf = (bytes: Uint8Array | undefined): Uint8Array | undefined =>
  bytes === undefined ? undefined : Uint8Array.from(bytes);
