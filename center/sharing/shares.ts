import type { RecordId, Scope } from '#contracts/ids.ts';
import { DigestChange } from '../feed/digest-change.ts';
import type { Applied } from '../ingest/batch.ts';
import { laneOf } from '../ingest/lane-of.ts';
import type { Session } from '../postgres/database.ts';
import { keyColumns } from './note-applied.ts';
import { followPatient } from './patient-errands.ts';
import { appendEvents } from './request-events.ts';
import { inScope, NotNow, ownOrigin, place, type SharingContext } from './sharing-context.ts';
import * as sql from './statements.ts';

/** A patient's records for another facility. `until` in milliseconds since 1970; null for no end yet. */
export type ShareOrder = Omit<sql.Share, 'is_full' | 'started_at'>;

/**
 * Opens a share or changes its end, in two transactions: first the guest may have the records, then the home sends them and
 * whatever follows. Doing it again changes nothing. Throws {@link NotNow} if the patient is no longer at home there.
 */
export async function openShare(context: SharingContext, order: ShareOrder): Promise<void> {
  const { scope, patient, to_scope: to, request, until } = order;
  await inScope(context, async (session) => {
    const [own] = await session.rows(sql.holdHomes, sql.HomeSchema, [to, [patient]]);
    if (own?.home === null) throw new NotNow();
    await session.run(sql.putGuest, [to, patient, request, scope, true, until]);
  });
  await inScope(context, async (session) => {
    const [home] = await session.rows(sql.holdHomes, sql.HomeSchema, [scope, [patient]]);
    if (home?.home !== null) throw new NotNow();
    const at = context.effects.clock.now();
    await putShare(session, { ...order, is_full: true, started_at: at });
    await followPatient(session, scope, patient, at);
  });
}

/** Writes a share's row at the patient's home. */
export async function putShare(session: Session, share: sql.Share): Promise<void> {
  await session.run(sql.putShare, [
    share.scope,
    share.patient,
    share.to_scope,
    share.request,
    share.request_scope,
    share.ground,
    share.is_full,
    share.until,
    share.started_at,
  ]);
}

/**
 * Ends a share whose time is over: the guest's copies go, the request says so, the home stops sending. In this order, each
 * step harmless to repeat, so that a crash in between is made up for by the next look.
 */
export async function endShare(context: SharingContext, share: sql.Share): Promise<void> {
  const { scope, patient, to_scope: to, request, request_scope } = share;
  const outcome = await inScope(context, (session) => withdraw(session, context, to, patient, request));
  if (outcome.applied !== null) context.announce(outcome.applied);
  await appendEvents(context, request_scope, request, [
    { key: `ended ${patient}`, event: { kind: 'ended' } },
  ]);
  await inScope(context, async (session) => {
    const key = [scope, patient, to, request] as const;
    if (outcome.keepsName) await session.run(sql.keepShareOfName, key);
    else await session.run(sql.endShare, [...key, context.effects.clock.now()]);
  });
}

interface Withdrawal {
  /** The patient's own record stays, because the facility wrote visits about the patient. */
  readonly keepsName: boolean;
  readonly applied: Applied | null;
}

/**
 * Takes a patient's copies out of a facility, unless another share lets it keep them. A facility that wrote visits keeps the
 * patient's record itself, kept up to date: its own visits need a name and current allergies (SHA-6).
 */
async function withdraw(
  session: Session,
  context: SharingContext,
  scope: Scope,
  patient: RecordId,
  request: RecordId,
): Promise<Withdrawal> {
  const guests = await session.rows(sql.lockGuests, sql.GuestSchema, [scope, [patient]]);
  const own = guests.find((guest) => guest.request === request);
  if (own === undefined) return { keepsName: false, applied: null };
  if (!own.is_full) return { keepsName: true, applied: null };
  const held = await session.rows(sql.lockOfPatient, sql.LockedSchema, [scope, patient]);
  const isHome = held.some(({ collection, home }) => collection === 'patients' && home === null);
  const others = guests.filter((guest) => guest !== own);
  if (isHome || others.some((guest) => guest.is_full)) {
    await session.run(sql.deleteGuest, [scope, patient, request]);
    return { keepsName: false, applied: null };
  }
  const keepsName = held.some(({ collection, home }) => collection === 'visits' && home === null);
  if (keepsName) await session.run(sql.putGuest, [scope, patient, request, own.home, false, null]);
  else await session.run(sql.deleteGuest, [scope, patient, request]);
  const keepsPatient = keepsName || others.length > 0;
  const leaving = held.flatMap((copy) =>
    copy.home === null || (keepsPatient && copy.collection === 'patients')
      ? []
      : [{ ...copy, home: copy.home, patient: copy.collection === 'patients' ? null : patient }],
  );
  return { keepsName, applied: await takeAway(session, context, scope, leaving) };
}

/** A copy, with where it is at home. */
type Leaving = Omit<sql.Document, 'home' | 'body'> & { readonly home: Scope };

async function takeAway(
  session: Session,
  context: SharingContext,
  scope: Scope,
  leaving: readonly Leaving[],
): Promise<Applied | null> {
  if (leaving.length === 0) return null;
  const origin = ownOrigin(scope, context);
  await session.run(sql.deleteDocuments, [scope, ...keyColumns(leaving)]);
  await session.run(sql.noteWithdrawn, [
    scope,
    ...keyColumns(leaving),
    leaving.map(({ home }) => home),
    leaving.map((copy) => copy.patient),
    origin.at,
  ]);
  const digests = new DigestChange();
  for (const { collection, id, rev } of leaving) digests.replace(collection, id, rev, null);
  const entries = leaving.map(({ collection, id, rev }) => {
    // Behind its copy, which came in this lane too (deliver.ts).
    const lane = collection === 'patients' ? 0 : laneOf(collection, origin.at, origin.at);
    return { lane, collection, id, rev, op: null, withdrawn: true } as const;
  });
  return await place(session, origin, entries, digests);
}
