import { expect, it } from 'vitest';
import { aroundMs, backOffMs } from './back-off.ts';

const bounds = { fromMs: 1000, toMs: 300_000 };
const constant = (byte: number) => ({ bytes: (length: number) => new Uint8Array(length).fill(byte) });

it('doubles the bound with each failure up to the limit, and draws below it (LNK-1)', () => {
  const highest = [1, 2, 3, 9, 10, 1000].map((failures) => backOffMs(failures, bounds, constant(0xff)));
  expect(highest).toEqual([999, 1999, 3999, 255_999, 299_999, 299_999]);
  expect(backOffMs(5, bounds, constant(0))).toBe(0);
});

it('spreads rare retries around their wait', () => {
  expect(aroundMs(3_600_000, constant(0))).toBe(1_800_000);
  expect(aroundMs(3_600_000, constant(0xff))).toBeLessThan(5_400_000);
});
