import type { RecordId, Scope } from '#contracts/ids.ts';
import type { Session } from '../postgres/database.ts';
import { inScope, type SharingContext } from './sharing-context.ts';
import * as sql from './statements.ts';

/** Longer than a transaction lasts: one statement and one pause at most (postgres/database.ts). */
const everyTransactionMs = 2 * 60_000;

/**
 * Has everything of a patient follow, now and once more when every transaction of this moment is over: a version that is just
 * being written looked for shares before this one was there, and is not there yet to be followed (SHA-2).
 */
export async function followPatient(
  session: Session,
  scope: Scope,
  patient: RecordId,
  at: number,
): Promise<void> {
  await session.run(sql.writePatientErrands, [scope, patient, at]);
  await session.run(sql.writeLaterErrand, [scope, 'patients', patient, at + everyTransactionMs]);
}

/** The second time. */
export async function followPatientAgain(
  context: SharingContext,
  scope: Scope,
  patient: RecordId,
): Promise<void> {
  const at = context.effects.clock.now();
  await inScope(context, (session) => session.run(sql.writePatientErrands, [scope, patient, at]));
}

/**
 * Has a request acted on once more when every transaction of this moment is over: one that is just bringing its patient in looked
 * for requests before this one was there (SHA-13).
 */
export async function actAgainLater(
  session: Session,
  scope: Scope,
  request: RecordId,
  at: number,
): Promise<void> {
  await session.run(sql.writeLaterErrand, [scope, 'requests', request, at + everyTransactionMs]);
}
