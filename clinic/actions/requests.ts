import type { RequestInput } from '#contracts/bridge/requests.ts';
import { appError } from '#contracts/errors.ts';
import type { RecordId } from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import type { RequestBody, RequestEvent } from '#contracts/records/requests.ts';
import { fail, ok } from '#contracts/result.ts';
import { knownFacilities } from '../facilities/facilities.ts';
import { parsePinfl } from '../identity/pinfl.ts';
import { newEntryId, newRecordId } from '../ids.ts';
import { allRequests } from '../requests/home-of-patient.ts';
import { canCancel, deriveRequest, mayAwaitPatient, possibleAnswers } from '../requests/request-state.ts';
import {
  type Action,
  type ActionContext,
  checkBody,
  invalid,
  type RecordReader,
  withoutUndefined,
} from './action.ts';

/**
 * Refers a patient to another facility that is known here. Fails with `record.not-found` (patient or visit),
 * `record.invalid` (the record is void or replaced, the facility unknown, the visit another patient's),
 * `request.wrong-state` (the facility is this one).
 */
export const referPatient: Action<RequestInput<'requests.refer'>> = (reader, input, context) => {
  const sound = checkPatient(reader, input.patientId);
  if (!sound.ok) return sound;
  const visit = checkVisit(reader, input.visitId, input.patientId);
  if (!visit.ok) return visit;
  if (input.to === context.scope) return fail(appError('request.wrong-state'));
  if (!isKnown(reader, input.to)) return invalid(['to']);
  const { urgency, patientId, to, icd10, visitId } = input;
  const reason = input.reason.trim();
  const matter = withoutUndefined({ kind: 'referral' as const, patientId, to, reason, icd10, visitId });
  return plan({ matter, urgency, events: [sent(context)] }, 'requests.refer', context);
};

/** Asks for another facility's records of a patient. The reason goes into the audit trail. Fails with `record.invalid`. */
export const askAccess: Action<RequestInput<'requests.ask-access'>> = (_reader, input, context) => {
  const pinfl = parsePinfl(input.pinfl);
  if (!pinfl.ok) return invalid(['pinfl'], [pinfl.error]);
  const { ground } = input;
  const reason = input.reason.trim();
  const matter = { kind: 'access' as const, pinfl: pinfl.value.digits, ground, reason };
  const urgency = ground === 'break-glass' ? 'emergency' : 'routine';
  return plan({ matter, urgency, events: [sent(context)] }, `requests.${ground}`, context, reason);
};

/**
 * Gives a patient who is at home here to another facility, or takes one whose records are here over. Referrals go along.
 * Fails with `record.not-found`, `record.invalid` (void or replaced, the facility unknown), `request.wrong-state` (neither
 * home nor target is here, the patient is at home there already, or a move of the patient is under way).
 */
export const askMove: Action<RequestInput<'requests.move-patient'>> = (reader, input, context) => {
  const sound = checkPatient(reader, input.patientId);
  if (!sound.ok) return sound;
  const { scope: home } = sound.value;
  const isOurs = home === context.scope || input.to === context.scope;
  if (!isOurs || home === input.to || isMoving(reader, input.patientId, context)) {
    return fail(appError('request.wrong-state'));
  }
  if (!isKnown(reader, input.to)) return invalid(['to']);
  const reason = input.reason.trim();
  const matter = { kind: 'move' as const, patientId: input.patientId, to: input.to, reason };
  const body = { matter, urgency: 'routine' as const, events: [sent(context)] };
  return plan(body, 'requests.move-patient', context, reason);
};

/**
 * Says something to a referral that came here. Fails with `record.not-found`, `record.invalid` (the visit is another
 * patient's), `request.wrong-state` (not to this facility, or closed, or said before).
 */
export const answerReferral: Action<RequestInput<'requests.answer'>> = (reader, { id, answer }, context) => {
  const request = reader.get('requests', id);
  if (request === undefined) return fail(appError('record.not-found'));
  const { matter } = request.body;
  const isToUs = matter.kind === 'referral' && matter.to === context.scope && request.scope !== context.scope;
  if (!isToUs || !possibleAnswers(deriveRequest(request.body).state).includes(answer.kind)) {
    return fail(appError('request.wrong-state'));
  }
  if (answer.kind === 'attended') {
    const visit = checkVisit(reader, answer.visitId, matter.patientId);
    if (!visit.ok) return visit;
  }
  return append(request, withoutUndefined({ ...answer, ...entry(context) }), `requests.${answer.kind}`);
};

/** Takes an own request back. Fails with `record.not-found`, `request.wrong-state` (not ours, or acted upon). */
export const cancelRequest: Action<RequestInput<'requests.cancel'>> = (reader, { id, reason }, context) => {
  const request = reader.get('requests', id);
  if (request === undefined) return fail(appError('record.not-found'));
  if (request.scope !== context.scope || !canCancel(request.body))
    return fail(appError('request.wrong-state'));
  const event = { ...entry(context), kind: 'cancelled' as const, reason: reason.trim() };
  return append(request, event, 'requests.cancel');
};

const entry = ({ newId, now, person }: ActionContext) => ({ id: newEntryId(newId), at: now, by: person });
const sent = (context: ActionContext): RequestEvent => ({ ...entry(context), kind: 'sent' });

function plan(body: RequestBody, audit: string, context: ActionContext, reason?: string) {
  const fits = checkBody('requests', body);
  if (!fits.ok) return fits;
  const id = newRecordId(context.newId);
  const why = reason === undefined ? {} : { reason };
  return ok({ subject: id, writes: [{ collection: 'requests' as const, id, body, audit, ...why }] });
}

function append({ id, body: before }: RecordOf<'requests'>, event: RequestEvent, audit: string) {
  const body = { ...before, events: [...before.events, event] };
  const fits = checkBody('requests', body);
  if (!fits.ok) return fits;
  return ok({ subject: id, writes: [{ collection: 'requests' as const, id, body, audit }] });
}

/** The record must be the one that is used for the patient. */
function checkPatient(reader: RecordReader, id: RecordId) {
  const patient = reader.get('patients', id);
  if (patient === undefined) return fail(appError('record.not-found'));
  if (patient.body.voided !== undefined) return invalid(['patientId'], ['patient.void']);
  return patient.body.replacedBy === undefined ? ok(patient) : invalid(['patientId']);
}

function checkVisit(reader: RecordReader, id: RecordId | undefined, patientId: RecordId) {
  if (id === undefined) return ok(undefined);
  const visit = reader.get('visits', id);
  if (visit === undefined) return fail(appError('record.not-found'));
  return visit.body.patientId === patientId ? ok(undefined) : invalid(['visitId']);
}

const isKnown = (reader: RecordReader, to: RequestInput<'requests.refer'>['to']): boolean =>
  knownFacilities(reader).some(({ code }) => code === to);

/** Whether a move of the patient is under way, or was asked for here and may be made yet: two wishes must not both wait. */
const isMoving = (reader: RecordReader, patientId: RecordId, context: ActionContext): boolean =>
  allRequests(reader).some(({ scope, body }) => {
    if (body.matter.kind !== 'move' || body.matter.patientId !== patientId) return false;
    // Another facility's vain wish could not be taken back here.
    const isWaitingHere = scope === context.scope && mayAwaitPatient(body, context.now);
    return isWaitingHere || deriveRequest(body).isOpen;
  });
