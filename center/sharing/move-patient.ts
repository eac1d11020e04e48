import { DigestChange } from '../feed/digest-change.ts';
import type { Session } from '../postgres/database.ts';
import { LostRace } from '../postgres/failures.ts';
import { pinflOf } from '../record-matters.ts';
import { readStored } from './center-version.ts';
import { bringHistory, leaveOneHome, type Move, takeShares } from './leave-one-home.ts';
import { keyColumns } from './note-applied.ts';
import { noteArrived } from './note-returned.ts';
import { followPatient } from './patient-errands.ts';
import { inScope, NotNow, ownOrigin, place, type SharingContext } from './sharing-context.ts';
import * as sql from './statements.ts';
import { writeCenterVersion } from './write-center-version.ts';

/**
 * Moves a patient's record to another facility (SHA-7), one transaction per facility:
 * 1. the former home gives it away as a new version that names the new home, and becomes a guest;
 * 2. the new home takes it, with all its history and all shares;
 * 3. the other guests learn where the patient is at home;
 * 4. the former home forgets the shares. What was written at either goes to the new home from now on.
 * Between 1 and 2 nobody is home: edits are put off. Each step may be repeated; a crash is made up for by doing all again.
 * If the patient is at home there already, also from before a restore, only one of the two homes is left (SHA-12).
 */
export async function movePatient(context: SharingContext, move: Move): Promise<void> {
  if (!(await isThere(context, move))) {
    await giveAway(context, move);
    await take(context, move);
  }
  await leaveOneHome(context, move);
}

async function isThere({ database }: SharingContext, { patient, to }: Move): Promise<boolean> {
  const [home] = await database.rows(sql.readHomes, sql.HomeSchema, [to, [patient]]);
  return home !== undefined && home.home === null;
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

/**
 * The history comes before the record: from the moment it is at home, every base it ever had is known. Nothing to do if it is
 * at home already: it was taken before, or a workstation brought it back meanwhile.
 */
async function take(context: SharingContext, move: Move): Promise<void> {
  const { patient, from, to } = move;
  const key = [{ collection: 'patients', id: patient }] as const;
  const { database } = context;
  const shares = await database.rows(sql.readShares, sql.ShareSchema, [from, [patient]]);
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
    if (present === undefined) await noteArrived(session, to, origin.at, [patient]);
    const digests = new DigestChange();
    digests.replace('patients', patient, present?.rev ?? null, given.rev);
    const entry = { lane: 1, collection: 'patients', id: patient, rev: given.rev, op: null } as const;
    return await place(session, origin, [entry], digests);
  });
  if (applied !== null) context.announce(applied);
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
