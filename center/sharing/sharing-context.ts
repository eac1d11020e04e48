import type { Scope } from '#contracts/ids.ts';
import { dayInUzbekistan } from '../calendar.ts';
import { appendToFeed, type FeedEntry, type FeedOrigin } from '../feed/append.ts';
import type { DigestChange } from '../feed/digest-change.ts';
import type { Applied } from '../ingest/batch.ts';
import type { Effects } from '../ports.ts';
import { wait } from '../ports.ts';
import type { Database, Session } from '../postgres/database.ts';
import { kindOfFailure } from '../postgres/failures.ts';

/** What sharing works with. */
export interface SharingContext {
  readonly database: Database;
  readonly effects: Effects;
  /** The center's stable id: author and device of the versions it writes itself. */
  readonly center: string;
  /** Tells of new positions, after their commit. */
  readonly announce: (applied: Applied) => void;
  /** A device of a facility wrote about a record of another one. */
  readonly noteHome?: (scope: Scope, home: Scope) => void;
  /** How often the courier looks for errands of other processes, in milliseconds; every minute unless told otherwise. */
  readonly lookEveryMs?: number;
}

const maxAttempts = 6;
const longestPauseMs = 40;

/**
 * Runs `work` in one transaction and again if it lost a race, a few times. Every transaction of sharing touches one scope
 * and may be repeated.
 */
export async function inScope<Value>(
  { database, effects }: SharingContext,
  work: (session: Session) => Promise<Value>,
): Promise<Value> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await database.transaction(work);
    } catch (error) {
      if (kindOfFailure(error) !== 'again' || attempt === maxAttempts) throw error;
      const [chance = 0] = effects.random.bytes(1);
      await wait(effects.timers, (chance / 255) * longestPauseMs * attempt);
    }
  }
}

/** Where the center's own writes come from. */
export function ownOrigin(scope: Scope, { effects }: SharingContext): FeedOrigin {
  const at = effects.clock.now();
  return { scope, device: null, at, day: dayInUzbekistan(at) };
}

/** {@link appendToFeed}, and what to announce after the commit. */
export async function place(
  session: Session,
  origin: FeedOrigin,
  entries: readonly FeedEntry[],
  digests: DigestChange,
): Promise<Applied> {
  const from = await appendToFeed(session, origin, entries, digests);
  const lanes = [...new Set(entries.map(({ lane }) => lane))];
  return { scope: origin.scope, from, head: from + entries.length, lanes };
}

/** Something another transaction is in the middle of: the errand comes again in a moment. */
export class NotNow extends Error {}
