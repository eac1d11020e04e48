import type { CborKey, CborMap, CborValue } from './cbor.ts';

/** Typed looks into a decoded map. Undefined where the field is missing or of another type: callers decide which matters. */
export function asMap(value: CborValue | undefined): CborMap | undefined {
  return value instanceof Map ? value : undefined;
}

export function bytesAt(map: CborMap, key: CborKey): Uint8Array | undefined {
  const value = map.get(key);
  return value instanceof Uint8Array ? value : undefined;
}

export function textAt(map: CborMap, key: CborKey): string | undefined {
  const value = map.get(key);
  return typeof value === 'string' ? value : undefined;
}

/** A safe integer that is not negative. */
export function countAt(map: CborMap, key: CborKey): number | undefined {
  const value = map.get(key);
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

export function integerAt(map: CborMap, key: CborKey): number | undefined {
  const value = map.get(key);
  return typeof value === 'number' ? value : undefined;
}

export function booleanAt(map: CborMap, key: CborKey): boolean | undefined {
  const value = map.get(key);
  return typeof value === 'boolean' ? value : undefined;
}

export function mapAt(map: CborMap, key: CborKey): CborMap | undefined {
  return asMap(map.get(key));
}

export function listAt(map: CborMap, key: CborKey): readonly CborValue[] | undefined {
  const value = map.get(key);
  return Array.isArray(value) ? value : undefined;
}
