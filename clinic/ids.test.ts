import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { RecordIdSchema } from '#contracts/ids.ts';
import { createIdSource, newRecordId } from './ids.ts';

const zeros = { bytes: (length: number) => new Uint8Array(length) };
const ones = { bytes: (length: number) => new Uint8Array(length).fill(0xff) };

describe('UUIDv7', () => {
  it('carries the time, the version and the variant', () => {
    const id = createIdSource({ now: () => 0x0190_1234_5678 }, ones)();
    expect(v.is(RecordIdSchema, id)).toBe(true);
    expect(id.slice(0, 15)).toBe('01901234-5678-7');
    expect(id.charAt(19)).toMatch(/[89ab]/);
  });

  it('ascends within one millisecond, past the end of the counter, and when the clock jumps back', () => {
    let now = 1_000_000;
    for (const random of [zeros, ones]) {
      const next = createIdSource({ now: () => now }, random);
      const ids = Array.from({ length: 10_000 }, (_none, index) => {
        if (index === 9_000) now = 10;
        return next();
      });
      expect(ids).toEqual([...ids].sort());
      expect(new Set(ids).size).toBe(ids.length);
      now = 1_000_000;
    }
  });

  it('survives a clock beyond 48 bits and before 1970', () => {
    for (const now of [2 ** 50, -5]) {
      expect(v.is(RecordIdSchema, createIdSource({ now: () => now }, ones)())).toBe(true);
    }
  });

  it('refuses a source that makes no UUIDs', () => {
    expect(() => newRecordId(() => 'x')).toThrow();
  });
});
