import type { Session } from '../postgres/database.ts';
import { type FeedItem, type FeedRange, type FeedStretch, readFeed, withdrawnBytes } from './read-feed.ts';

/** Reads a stretch of a feed as it is not before the call. */
export type FeedReader = (range: FeedRange) => Promise<FeedStretch>;

/** A read that several readers asked for and that has not been sent to PostgreSQL yet. */
interface Awaited {
  readers: number;
  limit: number;
  bytes: number;
  readonly stretch: Promise<FeedStretch>;
}

/**
 * Reads each stretch once for all who ask for it in the same moment: news of a scope wake all its workstations, and most of them
 * stand at the same position (docs/specs/center.md FEE-8). Whoever asks after the statement was sent gets one of their own: what
 * they know of may have been committed after it began.
 */
export function shareReads(session: Session): FeedReader {
  const awaitedByPlace = new Map<string, Awaited>();
  const begin = (place: string, range: FeedRange): Awaited => {
    const send = async () => {
      // Everybody who was woken together asks before this goes on.
      await undefined;
      awaitedByPlace.delete(place);
      return await readFeed(session, { ...range, limit: awaited.limit, bytes: awaited.bytes });
    };
    const awaited: Awaited = { readers: 0, limit: range.limit, bytes: range.bytes, stretch: send() };
    awaitedByPlace.set(place, awaited);
    return awaited;
  };
  return async (range) => {
    const place = placeOf(range);
    const awaited = awaitedByPlace.get(place) ?? begin(place, range);
    awaited.limit = Math.max(awaited.limit, range.limit);
    awaited.bytes = Math.max(awaited.bytes, range.bytes);
    awaited.readers += 1;
    const stretch = await awaited.stretch.catch((error: unknown) => {
      if (awaited.readers === 1) throw error;
      // One statement that failed does not end the connections of a whole clinic.
      return readFeed(session, range);
    });
    const isAsAsked = awaited.limit === range.limit && awaited.bytes === range.bytes;
    return isAsAsked ? stretch : cut(stretch, range);
  };
}

/** All that two readers must have in common to get the same, but for how much. */
const placeOf = ({ scope, lane, since, collections, hasWithdrawals }: FeedRange): string =>
  [scope, lane, since, hasWithdrawals, ...collections].join(' ');

/** The beginning of a stretch: what the range has room for, as if it had been read for it alone (FEE-3). */
function cut(stretch: FeedStretch, { limit, bytes }: FeedRange): FeedStretch {
  const count = fittingCount(stretch.items, limit, bytes);
  const last = stretch.items[count - 1];
  if (count === stretch.items.length || last === undefined) return stretch;
  return { ...stretch, items: stretch.items.slice(0, count), through: last.seq, isMoreLeft: true };
}

function fittingCount(items: readonly FeedItem[], limit: number, bytes: number): number {
  let total = 0;
  for (const [place, item] of items.entries()) {
    total += bytesOf(item);
    if (place >= limit || (total > bytes && place > 0)) return place;
  }
  return items.length;
}

const bytesOf = (item: FeedItem): number => ('body' in item ? Buffer.byteLength(item.body) : withdrawnBytes);
