import { amendPatient } from '#clinic/actions/amend-patient.ts';
import { recordAllergy } from '#clinic/actions/record-allergy.ts';
import { registerPatient } from '#clinic/actions/register-patient.ts';
import { ok } from '#contracts/result.ts';
import { act } from '../acting.ts';
import { summaryOf } from '../patient-summary.ts';
import { possibleDuplicates } from '../possible-duplicates.ts';
import { whileUnlocked } from './handler.ts';

const search = whileUnlocked<'patients.search'>(({ text, limit }, session, { parts }) => {
  const hits = session.replica.searchPatients(text, limit);
  const patients = hits.flatMap(
    ({ id }) => summaryOf(session.replica, id, parts.reference.mahallaName) ?? [],
  );
  return ok({ patients });
});

const findDuplicates = whileUnlocked<'patients.possible-duplicates'>((input, session, { parts }) => {
  const ids = possibleDuplicates(session.replica, input);
  const patients = ids.flatMap((id) => summaryOf(session.replica, id, parts.reference.mahallaName) ?? []);
  return ok({ patients });
});

/** Finding, registering and amending patients. */
export const patientRequests = {
  'patients.search': search,
  'patients.possible-duplicates': findDuplicates,
  'patients.register': whileUnlocked<'patients.register'>((input, session) =>
    act(session, registerPatient, input),
  ),
  'patients.amend': whileUnlocked<'patients.amend'>((input, session) => act(session, amendPatient, input)),
  'patients.record-allergy': whileUnlocked<'patients.record-allergy'>((input, session) =>
    act(session, recordAllergy, input),
  ),
};
