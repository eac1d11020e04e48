import type { RequestInput } from '#contracts/bridge/requests.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { newEntryId } from '../ids.ts';
import { hasStandingAllergy, isAnyStanding, linkedPatients, survivorOf } from '../patient-links.ts';
import { type Action, type ActionContext, checkBody, invalid, withoutUndefined } from './action.ts';

type AllergyInput = RequestInput<'patients.record-allergy'>['allergy'];

/**
 * Adds an allergy, marks one as entered in error, or records that none is known. "None known" is refused while an allergy
 * stands; when the last one is marked as an error the status falls back to "not recorded". Of several records of one citizen
 * the one that goes on is written to, and an allergy in any of them forbids "none known" (LNK-P3).
 * Fails with `record.not-found`, `record.invalid`.
 */
export const recordAllergy: Action<RequestInput<'patients.record-allergy'>> = (reader, input, context) => {
  // A mark belongs to the record that holds the entry.
  const id = input.allergy.status === 'entered-in-error' ? input.id : survivorOf(reader, input.id);
  const before = reader.get('patients', id);
  if (before === undefined) return fail(appError('record.not-found'));
  const isKnownElsewhere = linkedPatients(reader, id).some(({ body }) => hasStandingAllergy(body));
  if (input.allergy.status === 'none-known' && isKnownElsewhere) {
    return invalid(['allergy'], ['allergy.one-is-known']);
  }
  const changed = applyAllergy(before.body, input.allergy, context);
  if (!changed.ok) return changed;
  const fits = checkBody('patients', changed.value);
  if (!fits.ok) return fits;
  return ok({
    subject: id,
    writes: [{ collection: 'patients', id, body: changed.value, audit: 'patients.record-allergy' }],
  });
};

function applyAllergy(
  body: PatientBody,
  input: AllergyInput,
  context: ActionContext,
): Result<PatientBody, AppError> {
  switch (input.status) {
    case 'none-known':
      if (isAnyStanding(body.allergies)) return invalid(['allergy'], ['allergy.one-is-known']);
      return ok({ ...body, allergyStatus: 'none-known' });
    case 'known':
      return ok(withAllergy(body, input, context));
    case 'entered-in-error':
      return withMark(body, input.allergyId);
  }
}

function withAllergy(
  body: PatientBody,
  input: Extract<AllergyInput, { status: 'known' }>,
  context: ActionContext,
): PatientBody {
  const allergy = withoutUndefined({
    id: newEntryId(context.newId),
    substance: input.substance.trim(),
    reaction: input.reaction?.trim() === '' ? undefined : input.reaction?.trim(),
    severity: input.severity,
    at: context.now,
    by: context.person,
  });
  return { ...body, allergyStatus: 'known', allergies: [...body.allergies, allergy] };
}

function withMark(body: PatientBody, allergyId: string): Result<PatientBody, AppError> {
  const isThere = body.allergies.some((each) => each.id === allergyId && each.enteredInError !== true);
  if (!isThere) return invalid(['allergy.allergyId']);
  const allergies = body.allergies.map((each) =>
    each.id === allergyId ? { ...each, enteredInError: true } : each,
  );
  return ok({ ...body, allergies, allergyStatus: isAnyStanding(allergies) ? 'known' : 'not-recorded' });
}
