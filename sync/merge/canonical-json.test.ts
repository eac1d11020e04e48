import { describe, expect, it } from 'vitest';
import { writeCanonical } from './canonical-bytes.ts';
import { canonicalJson } from './canonical-json.ts';

/** Repeatable numbers from 0 up to, not including, `limit` (mulberry32). */
function repeatable(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** The definition, without anything remembered. */
function slowly(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(slowly).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${slowly(member)}`).join(',')}}`;
}

describe('canonical JSON', () => {
  it('does not depend on the order of keys, at any depth', () => {
    const left = { b: 1, a: { d: [1, { y: null, x: 'oʻ' }], c: true } };
    const right = { a: { c: true, d: [1, { x: 'oʻ', y: null }] }, b: 1 };
    expect(canonicalJson(left)).toBe(canonicalJson(right));
    expect(canonicalJson(left)).toBe('{"a":{"c":true,"d":[1,{"x":"oʻ","y":null}]},"b":1}');
  });

  it('keeps the order of arrays and tells values apart', () => {
    expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
    expect(canonicalJson(['1'])).not.toBe(canonicalJson([1]));
    expect(canonicalJson({})).not.toBe(canonicalJson([]));
  });

  it('reads back as the same value', () => {
    const value = { 'a"b\n': ['\u0001', 1e-7, -0.5, '\ud83d\ude00', ''], z: {}, e: [] };
    expect(JSON.parse(canonicalJson(value))).toEqual(value);
  });

  it('is what JSON.stringify writes of sorted copies, however many shapes there are', () => {
    const letters = [
      'a',
      'b',
      'Z',
      '1',
      '10',
      '2',
      'ʻ',
      'a"b',
      '\n',
      '__proto__',
      'constructor',
      'toJSON',
      'k'.repeat(50),
    ];
    const below = repeatable(41);
    const made = (depth: number): unknown => {
      const kind = below(depth > 3 ? 4 : 6);
      if (kind === 0) return below(1_000) / 8 - 40;
      if (kind === 1) return [null, true, false, -0, 1e21, 1e-7][below(6)];
      if (kind < 4) return ['oʻ', '', '"\\', '\ud800', '\u0007\u007f', 'plain'][below(6)];
      if (kind === 4) return Array.from({ length: below(4) }, () => made(depth + 1));
      const value: Record<string, unknown> = Object.create(null);
      for (let count = below(depth === 0 ? 60 : 6); count > 0; count -= 1) {
        value[`${letters[below(letters.length)]}${below(3)}`] = made(depth + 1);
      }
      return value;
    };
    const bytes = Buffer.alloc(256 * 1024);
    for (let round = 0; round < 3_000; round += 1) {
      const value = made(0);
      expect(canonicalJson(value)).toBe(slowly(value));
      expect(bytes.toString('utf8', 0, writeCanonical(bytes, 0, value))).toBe(slowly(value));
      expect(canonicalJson(JSON.parse(JSON.stringify(value)))).toBe(slowly(value));
    }
  });

  it('leaves undefined members out and refuses what JSON cannot hold', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, undefined, () => 1, [undefined]]) {
      expect(() => canonicalJson(value)).toThrow(TypeError);
    }
  });
});
