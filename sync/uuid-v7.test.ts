import * as v from 'valibot';
import { expect, it } from 'vitest';
import { OperationIdSchema } from '#contracts/ids.ts';
import { uuidV7 } from './uuid-v7.ts';

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
