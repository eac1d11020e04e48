import * as v from 'valibot';
import { type EntryId, EntryIdSchema, type RecordId, RecordIdSchema } from '#contracts/ids.ts';
import type { Clock, Random } from './ports/clock.ts';

const largestCounter = 0xfff;
const largestTimestamp = 2 ** 48 - 1;

/**
 * Makes UUIDv7 text (RFC 9562, method 1): 48 bits of milliseconds, 12 bits of counter, 62 random bits. Ids of one source
 * ascend as text even within one millisecond and when the clock jumps back.
 */
export function createIdSource(clock: Clock, random: Random): () => string {
  let timestamp = -1;
  let counter = 0;
  return () => {
    const bytes = random.bytes(10);
    const now = Math.min(Math.max(Math.floor(clock.now()), 0), largestTimestamp);
    if (now > timestamp) {
      timestamp = now;
      // Half of the range stays free, so that a busy millisecond rarely has to borrow from the next one.
      counter = (((bytes[8] ?? 0) << 8) | (bytes[9] ?? 0)) & 0x7ff;
    } else if (counter < largestCounter) {
      counter += 1;
    } else {
      timestamp += 1;
      counter = 0;
    }
    return uuidText(timestamp, counter, bytes);
  };
}

function uuidText(timestamp: number, counter: number, bytes: Uint8Array): string {
  const time = timestamp.toString(16).padStart(12, '0');
  const variant = (0x80 | ((bytes[0] ?? 0) & 0x3f)).toString(16);
  const tail = [...bytes.subarray(1, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const count = counter.toString(16).padStart(3, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${variant}${tail.slice(0, 2)}-${tail.slice(2)}`;
}

/** Takes a fresh id from `newId` for a record. Throws if the source makes anything but UUIDs. */
export const newRecordId = (newId: () => string): RecordId => v.parse(RecordIdSchema, newId());

/** Takes a fresh id from `newId` for an entry inside a record. */
export const newEntryId = (newId: () => string): EntryId => v.parse(EntryIdSchema, newId());
