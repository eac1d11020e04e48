import type { RequestInput } from '#contracts/bridge/requests.ts';
import { appError } from '#contracts/errors.ts';
import { fail, ok } from '#contracts/result.ts';
import { newEntryId, newRecordId } from '../ids.ts';
import { survivorOf } from '../patient-links.ts';
import { type Action, checkBody, invalid, withoutUndefined } from './action.ts';

/**
 * Puts a patient into today's queue; of several records of one citizen the one that goes on gets the visit. Fails with `record.not-found` (no such patient here) and `record.invalid` (the
 * patient's record is void).
 */
export const startVisit: Action<RequestInput<'visits.start'>> = (reader, input, context) => {
  const patientId = survivorOf(reader, input.patientId);
  const patient = reader.get('patients', patientId);
  if (patient === undefined) return fail(appError('record.not-found'));
  if (patient.body.voided !== undefined) return invalid(['patientId'], ['patient.void']);
  const id = newRecordId(context.newId);
  const state = withoutUndefined({
    kind: 'state' as const,
    id: newEntryId(context.newId),
    at: context.now,
    by: context.person,
    state: input.state,
    room: input.room,
  });
  const body = {
    patientId,
    day: context.today,
    reason: input.reason.trim(),
    urgency: input.urgency,
    entries: [state],
  };
  const fits = checkBody('visits', body);
  if (!fits.ok) return fits;
  return ok({ subject: id, writes: [{ collection: 'visits', id, body, audit: 'visits.start' }] });
};
