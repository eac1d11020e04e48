import type { Registration, RequestInput } from '#contracts/bridge/requests.ts';
import { appError } from '#contracts/errors.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import { fail, ok } from '#contracts/result.ts';
import { type Action, type ActionContext, checkBody, withoutUndefined } from './action.ts';
import { checkIdentity, identityOf } from './patient-identity.ts';

/**
 * Replaces identity, contacts and consent; allergies and problems stay. A field that is left out is cleared.
 * Fails with `record.not-found`, `record.changed-meanwhile`, `record.invalid`.
 */
export const amendPatient: Action<RequestInput<'patients.amend'>> = (reader, input, context) => {
  const before = reader.get('patients', input.id);
  if (before === undefined) return fail(appError('record.not-found'));
  if (before.rev !== input.baseRev) return fail(appError('record.changed-meanwhile'));
  const sound = checkIdentity(input.changes, before.body);
  if (!sound.ok) return sound;
  const body = amendedBody(before.body, input.changes, context);
  const fits = checkBody('patients', body);
  if (!fits.ok) return fits;
  return ok({
    subject: input.id,
    writes: [{ collection: 'patients', id: input.id, body, audit: 'patients.amend' }],
  });
};

function amendedBody(before: PatientBody, changes: Registration, context: ActionContext): PatientBody {
  const hasSameConsent = before.consent?.given === changes.hasConsent;
  return withoutUndefined({
    ...before,
    pinfl: undefined,
    phone: undefined,
    address: undefined,
    // The number stays when the PINFL becomes known: it is on papers that were handed out.
    ...identityOf(changes, before.temporaryNumber, context),
    consent: hasSameConsent
      ? before.consent
      : { given: changes.hasConsent, at: context.now, by: context.person },
    allergyStatus: before.allergyStatus === 'known' ? 'known' : changes.allergyStatus,
  });
}
