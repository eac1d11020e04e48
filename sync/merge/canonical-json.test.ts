import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

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

  it('leaves undefined members out and refuses what JSON cannot hold', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, undefined, () => 1, [undefined]]) {
      expect(() => canonicalJson(value)).toThrow(TypeError);
    }
  });
});
