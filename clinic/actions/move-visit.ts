import type { RequestInput } from '#contracts/bridge/requests.ts';
import { appError } from '#contracts/errors.ts';
import { fail, ok } from '#contracts/result.ts';
import { newEntryId } from '../ids.ts';
import { canMove, deriveVisit } from '../visit-state.ts';
import { type Action, checkBody, withoutUndefined } from './action.ts';
import { signClosed } from './sign-closed.ts';

/** Moves a visit in the queue, or to another room; whoever finishes it signs it. Fails with `record.not-found`, `visit.wrong-state`. */
export const moveVisit: Action<RequestInput<'visits.move'>> = (reader, input, context) => {
  const before = reader.get('visits', input.id);
  if (before === undefined) return fail(appError('record.not-found'));
  if (!canMove(deriveVisit(before.body), input.state, input.room)) return fail(appError('visit.wrong-state'));
  const move = withoutUndefined({
    kind: 'state' as const,
    id: newEntryId(context.newId),
    at: context.now,
    by: context.person,
    state: input.state,
    room: input.room,
  });
  const moved = { ...before.body, entries: [...before.body.entries, move] };
  const body = input.state === 'finished' ? signClosed(input.id, moved, context) : moved;
  const fits = checkBody('visits', body);
  if (!fits.ok) return fits;
  return ok({
    subject: input.id,
    writes: [{ collection: 'visits', id: input.id, body, audit: 'visits.move' }],
  });
};
