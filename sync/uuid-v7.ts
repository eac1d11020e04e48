import type { Random } from '#clinic/ports/clock.ts';
import type { Instant } from '#contracts/ids.ts';

const largestTimestamp = 2 ** 48 - 1;

/**
 * A lower-case UUIDv7 (RFC 9562 section 5.7): 48 bits of milliseconds, then 74 random bits.
 * A clock outside 1970 to 10889 is clamped: ids only have to be unique, their order is a convenience.
 */
export function uuidV7(now: Instant, random: Random): string {
  const timestamp = Math.min(Math.max(Math.trunc(now), 0), largestTimestamp)
    .toString(16)
    .padStart(12, '0');
  const [first = 0, second = 0, third = 0, ...rest] = random.bytes(10);
  const version = (0x7000 | ((first & 0x0f) << 8) | second).toString(16);
  const variant = (0x80 | (third & 0x3f)).toString(16).padStart(2, '0');
  const tail = rest.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${timestamp.slice(0, 8)}-${timestamp.slice(8)}-${version}-${variant}${tail.slice(0, 2)}-${tail.slice(2)}`;
}
