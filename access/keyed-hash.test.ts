import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { expect, test } from 'vitest';
import { hkdfSha256, hmacSha256 } from './keyed-hash.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const bytes = (length: number, from: number): Uint8Array => Uint8Array.from({ length }, (_, at) => from + at);

test('a derived key begins as RFC 5869 says, case 3, and goes on as another implementation of it', () => {
  const from = new Uint8Array(22).fill(0x0b);
  const derived = hkdfSha256(from, '').reveal();
  expect(Buffer.from(derived).toString('hex')).toBe(
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d',
  );
  expect([...from]).toEqual(Array(22).fill(0x0b));
});

test('what another implementation derives is derived here, with and without a salt', () => {
  for (const salt of [undefined, bytes(16, 1), bytes(64, 3), bytes(100, 5)]) {
    for (const purpose of ['', 'hamshira slot door v2', 'x'.repeat(200), 'oʻ–Ж']) {
      const from = bytes(32, salt?.length ?? 0);
      const expected = hkdf(sha256, from, salt, new TextEncoder().encode(purpose), 32);
      expect(Buffer.from(hkdfSha256(from, purpose, salt).reveal())).toEqual(Buffer.from(expected));
    }
  }
});

test('an HMAC is that of RFC 4231, case 2, and of another implementation', () => {
  const key = new TextEncoder().encode('Jefe');
  const text = 'what do ya want for nothing?';
  const expected = hex('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
  expect(Buffer.from(hmacSha256(key, text))).toEqual(Buffer.from(expected));
  const long = bytes(131, 0);
  expect(Buffer.from(hmacSha256(long, long))).toEqual(Buffer.from(hmac(sha256, long, long)));
});
