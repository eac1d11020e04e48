import { amendPatient } from '#clinic/actions/amend-patient.ts';
import { unlinkPatient } from '#clinic/actions/patient-links.ts';
import { recordAllergy } from '#clinic/actions/record-allergy.ts';
import { registerPatient } from '#clinic/actions/register-patient.ts';
import { ok } from '#contracts/result.ts';
import { act } from '../acting.ts';
import { foundPatients } from '../found-patients.ts';
import { possibleDuplicates } from '../possible-duplicates.ts';
import { whileUnlocked } from './handler.ts';

const search = whileUnlocked<'patients.search'>(({ text, limit }, session, { parts }) => {
  const hits = session.replica.searchPatients(text, limit);
  return ok({ patients: foundPatients(session.replica, hits, parts.reference.mahallaName) });
});

const findDuplicates = whileUnlocked<'patients.possible-duplicates'>(async (input, session, workstation) => {
  const { parts } = workstation;
  const alike = possibleDuplicates(session.replica, input).map(({ id }) => ({ id, matchesAll: false }));
  if (alike.length > 0) await workstation.trail.look(session, { action: 'view.look-alikes' });
  return ok({ patients: foundPatients(session.replica, alike, parts.reference.mahallaName) });
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
  'patients.unlink': whileUnlocked<'patients.unlink'>((input, session) => act(session, unlinkPatient, input)),
};
