import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import { inCanonicalOrder } from './canonical-order.ts';

describe('inCanonicalOrder', () => {
  it.each([
    [
      'a record',
      { scope: 'S', id: 'x', body: { note: 'ў "\n', entries: [{ z: 1, a: { d: null, c: [] } }] } },
    ],
    ['names in no order', { b: 1, B: 2, ab: 3, a: 4, _: 5 }],
    [
      'the name of a prototype',
      JSON.parse('{"b":{"z":1,"__proto__":{"y":1,"x":2}},"__proto__":[{"d":1,"c":2}]}'),
    ],
    ['what is not there', { b: undefined, a: 1 }],
    ['a word', 'text'],
    ['nothing', null],
    [
      'many members',
      Object.fromEntries(Array.from({ length: 60 }, (_none, index) => [`n${59 - index}`, index])),
    ],
  ])('has %s written as canonical text at once', (_name, value) => {
    const copy = inCanonicalOrder(value);
    expect(copy).toStrictEqual(value);
    expect(JSON.stringify(copy)).toBe(canonicalJson(value));
  });

  it('leaves names that are whole numbers where JavaScript puts them', () => {
    const value = { b: 1, 10: 2, 9: { z: 1, a: 2 } };
    expect(JSON.stringify(inCanonicalOrder(value))).toBe('{"9":{"a":2,"z":1},"10":2,"b":1}');
  });
});
