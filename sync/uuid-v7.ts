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

/** Bytes of a UUIDv7 that are not its time. */
const tailBytes = 10;

/**
 * Randomness whose draws of ten bytes are one random number that grows by 1 to 8 each time, for `uuidV7`: the ids made with it
 * share all but their last digits (RFC 9562 section 6.2 method 2; docs/specs/packing.md PCK-6). Make one per process or
 * session. Two of them meet only in the same millisecond and within some million of 2^73 values. Draws of other lengths
 * are those of `random`; never for keys.
 */
export function ascendingRandom(random: Random): Random {
  const tail = Uint8Array.from(random.bytes(tailBytes));
  // Room for the carry below the variant's bits, for longer than any process lives.
  tail[2] = (tail[2] ?? 0) & 0x1f;
  return {
    bytes: (length) => {
      if (length !== tailBytes) return random.bytes(length);
      let carry = 1 + ((random.bytes(1)[0] ?? 0) & 7);
      for (let place = tailBytes - 1; place >= 0 && carry > 0; place -= 1) {
        const sum = (tail[place] ?? 0) + carry;
        tail[place] = sum & 0xff;
        carry = sum >>> 8;
      }
      return Uint8Array.from(tail);
    },
  };
}
