import type { RecordId } from '#contracts/ids.ts';
import type { VisitBody } from '#contracts/records/visits.ts';
import { newEntryId } from '../ids.ts';
import { signVisit } from '../signatures/sign.ts';
import type { ActionContext } from './action.ts';

/** The visit that this action finished, signed by whoever acts. */
export const signClosed = (id: RecordId, body: VisitBody, context: ActionContext): VisitBody =>
  signVisit(id, body, {
    signer: context.signer,
    by: context.person,
    at: context.now,
    id: newEntryId(context.newId),
  });
