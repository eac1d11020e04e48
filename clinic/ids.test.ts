import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { RecordIdSchema } from '#contracts/ids.ts';
import { createIdSource, newRecordId } from './ids.ts';

const zeros = { bytes: (length: number) => new Uint8Array(length) };
const ones = { bytes: (length: number) => new Uint8Array(length).fill(0xff) };

/** Enough randomness to look at steps and carries. */
class SeededBytes {
  #drawn = 1;

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => {
      this.#drawn = (this.#drawn * 48_271) % 2_147_483_647;
      return this.#drawn & 0xff;
    });
  }
}

const tailOf = (id: string) => Number.parseInt(id.slice(-12), 16);

describe('UUIDv7', () => {
  it('carries the time, the version and the variant', () => {
    const id = createIdSource({ now: () => 0x0190_1234_5678 }, ones)();
    expect(v.is(RecordIdSchema, id)).toBe(true);
    expect(id.slice(0, 15)).toBe('01901234-5678-7');
    expect(id.charAt(19)).toMatch(/[89ab]/);
  });

  it('ascends within one millisecond, through every carry, and when the clock jumps back', () => {
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

  it('changes its last digits only, and differs from another source of the same moment', () => {
    const random = new SeededBytes();
    const sources = [createIdSource({ now: () => 5 }, random), createIdSource({ now: () => 5 }, random)];
    const ids = sources.map((next) => Array.from({ length: 5000 }, next));
    expect(new Set(ids.flat()).size).toBe(10_000);
    for (const own of ids) expect(new Set(own.map((id) => id.slice(0, 30))).size).toBeLessThanOrEqual(2);
    const steps = ids.flatMap((own) =>
      own.slice(1).map((id, index) => tailOf(id) - tailOf(own[index] ?? '')),
    );
    expect(Math.min(...steps)).toBe(1);
    expect(Math.max(...steps)).toBe(8);
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
