import type { RecordId, Scope } from '#contracts/ids.ts';
import { DigestChange } from '../feed/digest-change.ts';
import type { Applied } from '../ingest/batch.ts';
import type { Session } from '../postgres/database.ts';
import { LostRace } from '../postgres/failures.ts';
import { pinflOf } from '../record-matters.ts';
import { readStored } from './center-version.ts';
import { keyColumns } from './note-applied.ts';
import { followPatient } from './patient-errands.ts';
import { putShare } from './shares.ts';
import { inScope, NotNow, ownOrigin, place, type SharingContext } from './sharing-context.ts';
import * as sql from './statements.ts';
import { writeCenterVersion } from './write-center-version.ts';

/** A patient's way from one home to another. */
export interface Move {
  readonly patient: RecordId;
  readonly from: Scope;
  readonly to: Scope;
  readonly request: RecordId;
  readonly requestScope: Scope;
}

/**
 * Moves a patient's record to another facility (SHA-7), one transaction per facility:
 * 1. the former home gives it away as a new version that names the new home, and becomes a guest;
 * 2. the new home takes it, with all its history and all shares;
 * 3. the other guests learn where the patient is at home;
 * 4. the former home forgets the shares. What was written at either goes to the new home from now on.
 * Between 1 and 2 nobody is home: edits are put off. Each step may be repeated; a crash is made up for by doing all again.
 */
export async function movePatient(context: SharingContext, move: Move): Promise<void> {
  await giveAway(context, move);
  const shares = await context.database.rows(sql.readShares, sql.ShareSchema, [move.from, [move.patient]]);
  await take(context, move, shares);
  const guests = new Set(shares.map(({ to_scope }) => to_scope));
  for (const guest of guests) {
    if (guest === move.to || guest === move.from) continue;
    await inScope(context, async (session) => {
      await session.run(sql.rehomeGuests, [guest, move.patient, move.to]);
      await session.run(sql.writePatientErrands, [guest, move.patient, context.effects.clock.now()]);
    });
  }
  await inScope(context, async (session) => {
    await session.run(sql.deleteShares, [move.from, move.patient]);
    await followPatient(session, move.from, move.patient, context.effects.clock.now());
  });
}

/**
 * Makes the former home of a patient a guest of the present one again (SHA-11): after a restore to before the move it may have the
 * patient as its own too, or a copy nobody keeps up to date. Its versions go into the history of the present home; whoever wrote
 * them finds by the digest that they are not in the newest version, and offers them there (docs/specs/sync.md DIG-4). Each step
 * may be repeated.
 */
export async function confirmMoved(context: SharingContext, move: Move): Promise<void> {
  const { patient, from, to } = move;
  await bringHistory(context, move);
  const key = [{ collection: 'patients', id: patient }] as const;
  const [kept] = await context.database.rows(sql.readDocuments, sql.DocumentSchema, [to, ...keyColumns(key)]);
  if (kept === undefined || kept.home !== null) throw new NotNow();
  const applied = await inScope(context, async (session) => {
    await session.run(sql.noteHomes, [from, [to]]);
    await session.run(sql.putGuest, [from, patient, move.request, to, false, null]);
    return await becomeCopy(session, context, move, kept);
  });
  if (applied !== null) context.announce(applied);
  await inScope(context, async (session) => {
    await takeShares(session, context, move, []);
    await followPatient(session, to, patient, context.effects.clock.now());
  });
  // With the version that was the former home's newest.
  await bringHistory(context, move);
}

/** The patient's record in the former home, if it is at home there too. */
async function becomeCopy(
  session: Session,
  context: SharingContext,
  { patient, from, to }: Move,
  kept: sql.Document,
): Promise<Applied | null> {
  const [present] = await session.rows(sql.lockDocuments, sql.LockedSchema, [from, ['patients'], [patient]]);
  if (present === undefined || present.home !== null) return null;
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
  await session.run(sql.deleteShares, [from, patient]);
  const origin = ownOrigin(from, context);
  await followPatient(session, from, patient, origin.at);
  const digests = new DigestChange();
  digests.replace('patients', patient, present.rev, kept.rev);
  const entry = { lane: 1, collection: 'patients', id: patient, rev: kept.rev, op: null } as const;
  return await place(session, origin, [entry], digests);
}

/** Nothing to do if it was given to the same facility already. */
async function giveAway(context: SharingContext, { patient, from, to, request }: Move): Promise<void> {
  const outcome = await inScope(context, async (session) => {
    const [locked] = await session.rows(sql.lockDocuments, sql.LockedSchema, [from, ['patients'], [patient]]);
    if (locked === undefined || locked.home === to) return undefined;
    if (locked.home !== null) throw new NotNow();
    await session.run(sql.putGuest, [from, patient, request, to, false, null]);
    await session.run(sql.noteHomes, [from, [to]]);
    return await writeCenterVersion(session, context, {
      scope: from,
      collection: 'patients',
      id: patient,
      purpose: `moved\n${request}`,
      newHome: to,
      change: ({ body }) => ({ body, scope: to }),
    });
  });
  if (outcome?.kind === 'written') context.announce(outcome.applied);
}

const versionsAtOnce = 200;

/** The history comes before the record: from the moment it is at home, every base it ever had is known. */
async function take(context: SharingContext, move: Move, shares: readonly sql.Share[]): Promise<void> {
  const { patient, from, to } = move;
  const key = [{ collection: 'patients', id: patient }] as const;
  const { database } = context;
  const [given] = await database.rows(sql.readDocuments, sql.DocumentSchema, [from, ...keyColumns(key)]);
  if (given?.home !== to) throw new NotNow();
  await bringHistory(context, move);
  const applied = await inScope(context, async (session) => {
    const [present] = await session.rows(sql.lockDocuments, sql.LockedSchema, [to, ...keyColumns(key)]);
    if (present?.home === null) return null;
    await writeTaken(session, move, given, present !== undefined);
    await takeShares(session, context, move, shares);
    const origin = ownOrigin(to, context);
    await followPatient(session, to, patient, origin.at);
    const digests = new DigestChange();
    digests.replace('patients', patient, present?.rev ?? null, given.rev);
    const entry = { lane: 1, collection: 'patients', id: patient, rev: given.rev, op: null } as const;
    return await place(session, origin, [entry], digests);
  });
  if (applied !== null) context.announce(applied);
}

async function bringHistory(
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

async function writeTaken(
  session: Session,
  { patient, to }: Move,
  given: sql.Document,
  isPresent: boolean,
): Promise<void> {
  const columns = [['patients'], [patient], [given.rev], [given.body], [null], [null]] as const;
  const written = await session.run(isPresent ? sql.updateDocuments : sql.insertDocuments, [to, ...columns]);
  if (written !== 1) throw new LostRace('a courier brought the record meanwhile');
  await session.run(sql.forgetWithdrawn, [to, ['patients'], [patient]]);
  await session.run(sql.deleteGuests, [to, patient]);
  const pinfl = pinflOf('patients', readStored('patients', given.body));
  if (pinfl !== null) await session.run(sql.notePinfls, [to, [pinfl], [patient]]);
}

/** Whoever was a guest at the former home is one at the new home; the former home is one too. */
async function takeShares(
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
