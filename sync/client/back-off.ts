import type { Random } from '#clinic/ports/clock.ts';

/**
 * Full jitter: a random wait below the exponential bound of the `failures`-th failure in a row (1 for the first), in
 * milliseconds. A district that lost its center together must not come back together (LNK-1).
 */
export function backOffMs(
  failures: number,
  bounds: { readonly fromMs: number; readonly toMs: number },
  random: Random,
): number {
  const bound = Math.min(bounds.toMs, bounds.fromMs * 2 ** Math.min(Math.max(failures - 1, 0), 40));
  return Math.floor(fraction(random) * bound);
}

/** From half of `waitMs` to one and a half, for rare retries. */
export const aroundMs = (waitMs: number, random: Random): number =>
  Math.floor(waitMs * (0.5 + fraction(random)));

/** From 0 up to, not including, 1. */
function fraction(random: Random): number {
  const [a = 0, b = 0, c = 0, d = 0] = random.bytes(4);
  return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) / 2 ** 32;
}
