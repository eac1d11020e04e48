import { webcrypto } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Secret } from './secret.ts';
import { joinShares, multiply, splitInShares } from './shares.ts';

const random = { bytes: (length: number) => webcrypto.getRandomValues(new Uint8Array(length)) };
const secretOf = (...bytes: number[]) => new Secret(Uint8Array.from(bytes));

describe('GF(256)', () => {
  test('products of FIPS 197, 4.2', () => {
    expect(multiply(0x57, 0x83)).toBe(0xc1);
    expect(multiply(0x57, 0x13)).toBe(0xfe);
    expect(multiply(0x53, 0xca)).toBe(0x01);
  });

  test('it is a field: commutative, distributive, every element but 0 has an inverse', () => {
    for (let left = 0; left < 256; left += 1) {
      const products = new Set<number>();
      for (let right = 0; right < 256; right += 1) {
        products.add(multiply(left, right));
        expect(multiply(left, right)).toBe(multiply(right, left));
        expect(multiply(left, right ^ 0x1d)).toBe(multiply(left, right) ^ multiply(left, 0x1d));
      }
      expect(products.size).toBe(left === 0 ? 1 : 256);
    }
  });
});

describe('shares', () => {
  test('worked by hand: secret 42 00 ff, slopes 01 53 80', () => {
    const slopes = { bytes: () => Uint8Array.of(0x01, 0x53, 0x80) };
    const shares = splitInShares(secretOf(0x42, 0x00, 0xff), 3, slopes);
    // value = secret + slope * place: 80 * 2 = 1b, 80 * 3 = 9b, 53 * 2 = a6, 53 * 3 = f5.
    expect(shares.map(({ place, value }) => [place, ...value.reveal()])).toEqual([
      [1, 0x43, 0x53, 0x7f],
      [2, 0x40, 0xa6, 0xe4],
      [3, 0x41, 0xf5, 0x64],
    ]);
  });

  test('any two of any number give the secret, in either order', () => {
    for (let round = 0; round < 40; round += 1) {
      const bytes = random.bytes(32);
      const count = 2 + (round % 7);
      const shares = splitInShares(new Secret(Uint8Array.from(bytes)), count, random);
      for (const first of shares) {
        for (const second of shares) {
          if (first.place === second.place) continue;
          expect(Buffer.from(joinShares(first, second).reveal())).toEqual(Buffer.from(bytes));
        }
      }
    }
  });

  test('255 shares: the first and the last give the secret', () => {
    const shares = splitInShares(secretOf(1, 2, 3), 255, random);
    const [first, last] = [shares[0], shares[254]];
    if (first === undefined || last === undefined) throw new Error('shares are missing');
    expect([...joinShares(first, last).reveal()]).toEqual([1, 2, 3]);
  });

  test('one share says nothing: at every place every secret has exactly one slope that gives the share', () => {
    for (const place of [1, 2, 0x53, 255]) {
      const seen = 0xa7;
      for (let secret = 0; secret < 256; secret += 1) {
        const slopes = Array.from({ length: 256 }, (_, slope) => slope);
        expect(slopes.filter((slope) => (secret ^ multiply(slope, place)) === seen)).toHaveLength(1);
      }
    }
  });

  test('the same share twice, one share, too many shares are refused', () => {
    const [first] = splitInShares(secretOf(1), 2, random);
    if (first === undefined) throw new Error('no share');
    expect(() => joinShares(first, first)).toThrow(RangeError);
    expect(() => splitInShares(secretOf(1), 1, random)).toThrow(RangeError);
    expect(() => splitInShares(secretOf(1), 256, random)).toThrow(RangeError);
  });
});
