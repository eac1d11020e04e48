import * as v from 'valibot';
import { type EntryId, EntryIdSchema, type RecordId, RecordIdSchema } from '#contracts/ids.ts';
import type { Clock, Random } from './ports/clock.ts';

const largestTimestamp = 2 ** 48 - 1;
/** Largest step from one identifier to the next: a power of two. */
const largestStep = 8;

/**
 * Makes UUIDv7 text (RFC 9562, section 6.2, method 2): 48 bits of milliseconds and 74 bits that begin at random and grow by a
 * small random step, so that the ids of one source ascend as text even within one millisecond and when the clock jumps
 * back, and messages that hold many of them pack well (docs/specs/packing.md PCK-6).
 *
 * Two sources make the same id only if they do so in one millisecond and began within the few million values that a
 * source uses up, out of 2^73: less likely than 2^-50 for any two sources, even if they work in step for ever.
 */
export function createIdSource(clock: Clock, random: Random): () => string {
  let timestamp = 0;
  const tail = Uint8Array.from(random.bytes(10));
  // The topmost of the bits that carry into each other stays free: no source lives long enough to reach it.
  tail[2] = (tail[2] ?? 0) & 0x1f;
  return () => {
    timestamp = Math.max(timestamp, Math.min(Math.floor(clock.now()), largestTimestamp));
    addTo(tail, 1 + ((random.bytes(1)[0] ?? 0) & (largestStep - 1)));
    return uuidText(timestamp, tail);
  };
}

/** Adds a small number to a big-endian one, in place. */
function addTo(bytes: Uint8Array, step: number): void {
  let carry = step;
  for (let place = bytes.length - 1; place >= 0 && carry > 0; place -= 1) {
    const sum = (bytes[place] ?? 0) + carry;
    bytes[place] = sum & 0xff;
    carry = sum >>> 8;
  }
}

/** `tail`: ten bytes, of which the version and the variant cover six bits. */
function uuidText(timestamp: number, tail: Uint8Array): string {
  const time = timestamp.toString(16).padStart(12, '0');
  const [first = 0, second = 0, third = 0, ...rest] = tail;
  const version = (0x7000 | ((first & 0x0f) << 8) | second).toString(16);
  const variant = (0x80 | (third & 0x3f)).toString(16);
  const node = rest.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}-${variant}${node.slice(0, 2)}-${node.slice(2)}`;
}

/** Takes a fresh id from `newId` for a record. Throws if the source makes anything but UUIDs. */
export const newRecordId = (newId: () => string): RecordId => v.parse(RecordIdSchema, newId());

/** Takes a fresh id from `newId` for an entry inside a record. */
export const newEntryId = (newId: () => string): EntryId => v.parse(EntryIdSchema, newId());
