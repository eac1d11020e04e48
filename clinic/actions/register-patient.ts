import type { Registration } from '#contracts/bridge/requests.ts';
import type { RecordId } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import { ok } from '#contracts/result.ts';
import { newRecordId } from '../ids.ts';
import type { ReplicaReader } from '../ports/replica.ts';
import { type Action, type ActionContext, type AnyPlannedWrite, checkBody } from './action.ts';
import { checkIdentity, identityOf } from './patient-identity.ts';
import { planDuplicateReviews } from './patient-links.ts';

/**
 * Registers a patient. If somebody here already has the PINFL, the patient is registered all the same (care must not wait)
 * and the pair goes to the reviews. Fails with `record.invalid`.
 */
export const registerPatient: Action<Registration> = (reader, entered, context) => {
  const sound = checkIdentity(entered);
  if (!sound.ok) return sound;
  const id = newRecordId(context.newId);
  const body = newBody(entered, context);
  const fits = checkBody('patients', body);
  if (!fits.ok) return fits;
  return ok({
    subject: id,
    writes: [
      { collection: 'patients', id, body, audit: 'patients.register' },
      ...duplicateReviews(reader, id, body),
    ],
  });
};

function newBody(entered: Registration, context: ActionContext): PatientBody {
  return {
    ...identityOf(entered, undefined, context),
    consent: { given: entered.hasConsent, at: context.now, by: context.person },
    allergyStatus: entered.allergyStatus,
    allergies: [],
    problems: [],
  };
}

/** A sound PINFL holds the birth date, so bearers of the same one are found by it. */
function duplicateReviews(
  reader: ReplicaReader,
  id: RecordId,
  body: PatientBody,
): readonly AnyPlannedWrite[] {
  if (body.pinfl === undefined) return [];
  const alike = reader
    .find('patients', { equals: { 'body.birth.date': body.birth.date } })
    .filter((other) => other.body.pinfl === body.pinfl && other.body.voided === undefined)
    .slice(0, mostAsked);
  return planDuplicateReviews(
    reader,
    id,
    alike.map((other) => other.id),
  );
}

/** Bearers of one PINFL that are asked about; more is a mistake in the number. */
const mostAsked = 5;
