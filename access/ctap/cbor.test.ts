import { describe, expect, test } from 'vitest';
import { type CborValue, cborMap, encodeCbor } from './cbor.ts';
import { decodeCbor, decodeFirstCbor } from './cbor-decode.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (value: CborValue): string => Buffer.from(encodeCbor(value)).toString('hex');
const faultOf = (encoded: string): string | undefined => {
  const decoded = decodeCbor(bytes(encoded));
  return decoded.ok ? undefined : decoded.error;
};

/** RFC 8949, appendix A, as far as CTAP2 uses it. */
const examples: readonly (readonly [string, CborValue])[] = [
  ['00', 0],
  ['17', 23],
  ['1818', 24],
  ['18ff', 255],
  ['190100', 256],
  ['1903e8', 1000],
  ['1a000f4240', 1_000_000],
  ['1b000000e8d4a51000', 1_000_000_000_000],
  ['1b001fffffffffffff', Number.MAX_SAFE_INTEGER],
  ['1b0020000000000000', 2n ** 53n],
  ['1bffffffffffffffff', 18_446_744_073_709_551_615n],
  ['20', -1],
  ['29', -10],
  ['3863', -100],
  ['3903e7', -1000],
  ['3b001ffffffffffffe', -Number.MAX_SAFE_INTEGER],
  ['3bffffffffffffffff', -18_446_744_073_709_551_616n],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['40', new Uint8Array()],
  ['4401020304', Uint8Array.of(1, 2, 3, 4)],
  ['60', ''],
  ['62c3bc', '\u00fc'],
  ['64f0908591', '\u{10151}'],
  ['80', []],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  ['a0', cborMap([])],
  [
    'a201020304',
    cborMap([
      [1, 2],
      [3, 4],
    ]),
  ],
  [
    'a26161016162820203',
    cborMap([
      ['a', 1],
      ['b', [2, 3]],
    ]),
  ],
];

describe('canonical CBOR', () => {
  test.each(examples)('%s is written and read', (encoded, value) => {
    expect(hex(value)).toBe(encoded);
    expect(decodeCbor(bytes(encoded))).toEqual({ ok: true, value });
  });

  test('sorts keys by type, then length, then bytes (CTAP 2.1, section 8)', () => {
    const map = cborMap([
      ['aa', 0],
      ['b', 0],
      [-1, 0],
      [100, 0],
      [10, 0],
      [-100, 0],
    ]);
    expect(hex(map)).toBe('a60a00186400200038630061620062616100');
    expect(faultOf(hex(map))).toBeUndefined();
  });

  test('refuses what has another encoding than the canonical one', () => {
    expect({
      'long form of 1': faultOf('1801'),
      'long form of 255': faultOf('1900ff'),
      'long form of 65535': faultOf('1a0000ffff'),
      'long form of 2^32-1': faultOf('1b00000000ffffffff'),
      'long length': faultOf('5801ff'),
      'indefinite bytes': faultOf('5f4101ff'),
      'indefinite map': faultOf('bf0102ff'),
      'keys out of order': faultOf('a203040102'),
      'longer text key first': faultOf('a262616100616200'),
      'negative before positive': faultOf('a220000100'),
      'the same key twice': faultOf('a201000100'),
    }).toEqual({
      'long form of 1': 'not-shortest',
      'long form of 255': 'not-shortest',
      'long form of 65535': 'not-shortest',
      'long form of 2^32-1': 'not-shortest',
      'long length': 'not-shortest',
      'indefinite bytes': 'indefinite',
      'indefinite map': 'indefinite',
      'keys out of order': 'unsorted',
      'longer text key first': 'unsorted',
      'negative before positive': 'unsorted',
      'the same key twice': 'duplicate-key',
    });
  });

  test('refuses what CTAP2 does not have', () => {
    expect({
      tag: faultOf('c100'),
      'half float': faultOf('f93c00'),
      undefined: faultOf('f7'),
      'reserved length': faultOf('1c'),
      break: faultOf('ff'),
      'bytes as key': faultOf('a1410100'),
      'map as key': faultOf('a1a000'),
      'key past 2^53': faultOf('a11bffffffffffffffff00'),
      'broken UTF-8': faultOf('62c328'),
      'surrogate in UTF-8': faultOf('63eda080'),
      'left over': faultOf('0000'),
      nothing: faultOf(''),
      'truncated text': faultOf('6261'),
      'a list of billions': faultOf('9affffffff'),
      'a text of 2^64': faultOf('7bffffffffffffffff'),
      'a map of billions': faultOf('baffffffff'),
    }).toEqual({
      tag: 'type',
      'half float': 'type',
      undefined: 'type',
      'reserved length': 'type',
      break: 'type',
      'bytes as key': 'key-type',
      'map as key': 'key-type',
      'key past 2^53': 'key-type',
      'broken UTF-8': 'not-utf8',
      'surrogate in UTF-8': 'not-utf8',
      'left over': 'left-over',
      nothing: 'truncated',
      'truncated text': 'truncated',
      'a list of billions': 'truncated',
      'a text of 2^64': 'truncated',
      'a map of billions': 'truncated',
    });
  });

  test('goes four levels deep, no deeper, both ways', () => {
    expect(faultOf('8181818100')).toBeUndefined();
    expect(faultOf('818181818100')).toBe('too-deep');
    expect(hex([[[[0]]]])).toBe('8181818100');
    expect(() => encodeCbor([[[[[0]]]]])).toThrow(RangeError);
    expect(() => encodeCbor(0.5)).toThrow(RangeError);
  });

  test('reads the first of several items and says how long it was', () => {
    expect(decodeFirstCbor(bytes('a10102ff'))).toEqual({
      ok: true,
      value: { item: new Map([[1, 2]]), length: 3 },
    });
  });

  test('keeps no hold on the bytes it was read from', () => {
    const encoded = bytes('4401020304');
    const decoded = decodeCbor(encoded);
    encoded.fill(0);
    expect(decoded).toEqual({ ok: true, value: Uint8Array.of(1, 2, 3, 4) });
  });
});
