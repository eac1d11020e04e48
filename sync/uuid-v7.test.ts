import * as v from 'valibot';
import { expect, it } from 'vitest';
import { OperationIdSchema } from '#contracts/ids.ts';
import { ascendingRandom, uuidV7 } from './uuid-v7.ts';

it('follows RFC 9562 for any time and any bytes', () => {
  for (const fill of [0x00, 0x5a, 0xff]) {
    const random = { bytes: (length: number) => new Uint8Array(length).fill(fill) };
    for (const now of [-5, 0, 1_800_000_000_000, 8.64e15]) {
      const id = uuidV7(now, random);
      expect(v.is(OperationIdSchema, id), id).toBe(true);
      expect(id[14]).toBe('7');
      expect('89ab').toContain(id[19]);
    }
  }
  const id = uuidV7(0x0123456789ab, { bytes: () => Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) });
  expect(id).toBe('01234567-89ab-7102-8304-05060708090a');
});

/** Enough randomness to look at steps and carries. */
class SeededBytes {
  #drawn = 0;

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => {
      this.#drawn = (this.#drawn * 75 + 74) % 65_537;
      return this.#drawn & 0xff;
    });
  }
}

it('makes ids of one process that differ little and never repeat (PCK-6)', () => {
  const ascending = ascendingRandom(new SeededBytes());
  const ids = Array.from({ length: 20_000 }, () => uuidV7(1_800_000_000_000, ascending));
  expect(ids).toEqual([...new Set(ids)].sort());
  expect(new Set(ids.map((id) => id.slice(0, 30))).size).toBeLessThanOrEqual(2);
  expect(new Set(ids.map((id) => id.slice(0, 36 - 3))).size).toBeGreaterThan(10);
  expect(ascending.bytes(32)).toHaveLength(32);
});

it('carries through every byte below the variant', () => {
  const ascending = ascendingRandom({ bytes: (length) => new Uint8Array(length).fill(0xff) });
  const [first, second] = [uuidV7(0, ascending), uuidV7(0, ascending)];
  expect(first).toBe('00000000-0000-7fff-a000-000000000007');
  expect(second > first).toBe(true);
});
