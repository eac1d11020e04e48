import type { RecordId, Revision, Scope } from '#contracts/ids.ts';
import { DigestChange } from '../feed/digest-change.ts';
import type { Applied } from '../ingest/batch.ts';
import type { Session } from '../postgres/database.ts';
import { KnownSchema, knowsVersion } from './move-statements.ts';
import { keyColumns } from './note-applied.ts';
import { followPatient } from './patient-errands.ts';
import { putShare } from './shares.ts';
import { inScope, NotNow, ownOrigin, place, type SharingContext } from './sharing-context.ts';
import * as sql from './statements.ts';

/** A patient's way from one home to another. */
export interface Move {
  readonly patient: RecordId;
  readonly from: Scope;
  readonly to: Scope;
  readonly request: RecordId;
  readonly requestScope: Scope;
}

/**
 * Leaves a patient who is at home in `to` no other home in `from`: the end of every move, and what makes a move stay made over a
 * restore to before it (SHA-11, SHA-12). The former home becomes a guest, its own version goes into the history of the present one;
 * whoever wrote it finds by the digest that it is not in the newest version, and offers it there (docs/specs/sync.md DIG-4). All its
 * guests become guests of the present home. The former home forgets the shares last, so that whatever is missing after a crash is
 * still to be seen; each step may be repeated.
 */
export async function leaveOneHome(context: SharingContext, move: Move): Promise<void> {
  const { patient, from, to } = move;
  const { database, effects } = context;
  await bringHistory(context, move);
  await becomeGuest(context, move);
  const shares = await database.rows(sql.readShares, sql.ShareSchema, [from, [patient]]);
  const guests = new Set(shares.map(({ to_scope }) => to_scope));
  for (const guest of guests) {
    if (guest === to || guest === from) continue;
    await inScope(context, async (session) => {
      await session.run(sql.rehomeGuests, [guest, patient, to]);
      await session.run(sql.writePatientErrands, [guest, patient, effects.clock.now()]);
    });
  }
  await inScope(context, async (session) => {
    const [home] = await session.rows(sql.holdHomes, sql.HomeSchema, [to, [patient]]);
    if (home?.home !== null) throw new NotNow();
    await session.run(sql.deleteGuests, [to, patient]);
    await takeShares(session, context, move, shares);
    await followPatient(session, to, patient, effects.clock.now());
  });
  // With the version that was the former home's newest.
  await bringHistory(context, move);
  await inScope(context, async (session) => {
    await session.run(sql.deleteShares, [from, patient]);
    await followPatient(session, from, patient, effects.clock.now());
  });
}

/** The former home has the present home's version from now on. */
async function becomeGuest(context: SharingContext, move: Move): Promise<void> {
  const { patient, from, to } = move;
  const { database } = context;
  const key = keyColumns([{ collection: 'patients', id: patient }]);
  const [kept] = await database.rows(sql.readDocuments, sql.DocumentSchema, [to, ...key]);
  if (kept === undefined || kept.home !== null) throw new NotNow();
  const [former] = await database.rows(sql.readDocuments, sql.DocumentSchema, [from, ...key]);
  const strange = former === undefined || (await isKnown(context, move, former.rev)) ? null : former.rev;
  const applied = await inScope(context, async (session) => {
    await session.run(sql.noteHomes, [from, [to]]);
    await session.run(sql.putGuest, [from, patient, move.request, to, false, null]);
    return await becomeCopy(session, context, move, kept, strange);
  });
  if (applied !== null) context.announce(applied);
}

async function isKnown({ database }: SharingContext, { patient, to }: Move, rev: Revision): Promise<boolean> {
  return (await database.rows(knowsVersion, KnownSchema, [to, patient, rev])).length > 0;
}

/**
 * Replaces the patient's record in the former home if it is at home there too, or is the version `strange`, which was given away and
 * never taken. Its number may be the higher one, so that no delivery would replace it.
 */
async function becomeCopy(
  session: Session,
  context: SharingContext,
  { patient, from, to }: Move,
  kept: sql.Document,
  strange: Revision | null,
): Promise<Applied | null> {
  const [present] = await session.rows(sql.lockDocuments, sql.LockedSchema, [from, ['patients'], [patient]]);
  if (present === undefined || (present.home !== null && present.rev !== strange)) return null;
  await session.run(sql.keepVersion, [from, 'patients', patient]);
  await session.run(sql.updateDocuments, [
    from,
    ['patients'],
    [patient],
    [kept.rev],
    [kept.body],
    [to],
    [null],
  ]);
  const digests = new DigestChange();
  digests.replace('patients', patient, present.rev, kept.rev);
  const entry = { lane: 1, collection: 'patients', id: patient, rev: kept.rev, op: null } as const;
  return await place(session, ownOrigin(from, context), [entry], digests);
}

const versionsAtOnce = 200;

/** Every version the former home replaced is known to the present one. */
export async function bringHistory(
  { database, ...context }: SharingContext,
  { patient, from, to }: Move,
): Promise<void> {
  for (let after = ''; ; ) {
    const versions = await database.rows(sql.readHistory, sql.VersionSchema, [
      from,
      'patients',
      patient,
      after,
      versionsAtOnce,
    ]);
    const last = versions.at(-1);
    if (last === undefined) return;
    await inScope({ database, ...context }, (session) =>
      session.run(sql.insertHistory, [
        to,
        'patients',
        patient,
        versions.map(({ rev }) => rev),
        versions.map(({ body }) => body),
      ]),
    );
    after = last.rev;
  }
}

/** Whoever was a guest at the former home is one at the new home; the former home is one too. */
export async function takeShares(
  session: Session,
  { effects }: SharingContext,
  { patient, from, to, request, requestScope }: Move,
  shares: readonly sql.Share[],
): Promise<void> {
  for (const share of shares) {
    if (share.to_scope !== to) await putShare(session, { ...share, scope: to });
  }
  await putShare(session, {
    scope: to,
    patient,
    to_scope: from,
    request,
    request_scope: requestScope,
    ground: 'moved',
    is_full: false,
    until: null,
    started_at: effects.clock.now(),
  });
}
