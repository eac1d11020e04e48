/** What keys send and get: CBOR in the CTAP2 canonical form (CTAP 2.1, section 8). Integers past 2^53 are bigints. */
export type CborValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]
  | CborMap;
export type CborKey = number | string;
export type CborMap = ReadonlyMap<CborKey, CborValue>;

/** Maps and arrays inside one another: the limit of CTAP 2.1, section 8. */
export const deepestNesting = 4;

/** Major types, as the upper three bits of an item's first byte. */
export const major = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, simple: 7 } as const;
/** First bytes of the simple values that CTAP2 uses. */
export const simpleByte = { false: 0xf4, true: 0xf5, null: 0xf6 } as const;

const encoder = new TextEncoder();

/**
 * The one canonical encoding: shortest lengths, keys sorted. Throws RangeError on what CTAP2 cannot carry (fractions, too
 * deep): a defect of the caller, who makes every value here himself.
 */
export function encodeCbor(value: CborValue): Uint8Array {
  const pieces: Uint8Array[] = [];
  encodeInto(pieces, value, 0);
  return Uint8Array.from(Buffer.concat(pieces));
}

/** A map that leaves out what is undefined. */
export function cborMap(entries: readonly (readonly [CborKey, CborValue | undefined])[]): CborMap {
  const map = new Map<CborKey, CborValue>();
  for (const [key, value] of entries) if (value !== undefined) map.set(key, value);
  return map;
}

function encodeInto(pieces: Uint8Array[], value: CborValue, depth: number): void {
  if (typeof value === 'number' || typeof value === 'bigint') pieces.push(encodeInteger(value));
  else if (typeof value === 'string') {
    const text = encoder.encode(value);
    pieces.push(encodeHead(major.text, text.length), text);
  } else if (value instanceof Uint8Array) pieces.push(encodeHead(major.bytes, value.length), value);
  else if (typeof value === 'boolean') pieces.push(Uint8Array.of(value ? simpleByte.true : simpleByte.false));
  else if (value === null) pieces.push(Uint8Array.of(simpleByte.null));
  else {
    if (depth >= deepestNesting) throw new RangeError('CBOR nested too deep');
    if (isMap(value)) encodeMap(pieces, value, depth);
    else encodeArray(pieces, value, depth);
  }
}

function encodeArray(pieces: Uint8Array[], items: readonly CborValue[], depth: number): void {
  pieces.push(encodeHead(major.array, items.length));
  for (const item of items) encodeInto(pieces, item, depth + 1);
}

function encodeMap(pieces: Uint8Array[], map: CborMap, depth: number): void {
  const entries = [...map].map(([key, value]) => ({ key: encodeCbor(key), value }));
  entries.sort((left, right) => Buffer.compare(left.key, right.key));
  pieces.push(encodeHead(major.map, map.size));
  for (const { key, value } of entries) {
    pieces.push(key);
    encodeInto(pieces, value, depth + 1);
  }
}

function encodeInteger(value: number | bigint): Uint8Array {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new RangeError('CTAP2 has no fractions');
  const whole = BigInt(value);
  return whole < 0n ? encodeHead(major.negative, -1n - whole) : encodeHead(major.unsigned, whole);
}

function encodeHead(type: number, argument: number | bigint): Uint8Array {
  const first = type << 5;
  const whole = BigInt(argument);
  if (whole < 24n) return Uint8Array.of(first | Number(whole));
  const length = whole < 0x100n ? 1 : whole < 0x1_0000n ? 2 : whole < 0x1_0000_0000n ? 4 : 8;
  if (whole > 0xffff_ffff_ffff_ffffn) throw new RangeError('integer beyond 64 bits');
  const head = new Uint8Array(1 + length);
  head[0] = first | (24 + Math.log2(length));
  for (let place = length, rest = whole; place > 0; place -= 1, rest >>= 8n)
    head[place] = Number(rest & 0xffn);
  return head;
}

const isMap = (value: readonly CborValue[] | CborMap): value is CborMap => value instanceof Map;
