import { allergyStatusOf } from '#clinic/patient-links.ts';
import type { LinkedPatient, PatientRecord } from '#contracts/bridge/views.ts';
import type { RecordId } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';

type Allergy = PatientBody['allergies'][number];
type Held = Pick<PatientBody, 'allergies'>;

/** Allergies that nobody marked as an error. */
export const standingAllergies = ({ allergies }: Held): readonly Allergy[] =>
  allergies.filter((allergy) => allergy.enteredInError !== true);

/** An allergy, and the record that holds it. */
export interface HeldAllergy {
  readonly allergy: Allergy;
  readonly heldBy: RecordId;
  readonly isElsewhere: boolean;
}

/** The allergies of all records of the citizen (LNK-P3): those of the record in front first. */
export function allergiesOf(record: PatientRecord): readonly HeldAllergy[] {
  const own = record.body.allergies.map((allergy) => ({ allergy, heldBy: record.id, isElsewhere: false }));
  const others = soundRecords(record).flatMap(({ id, allergies }) =>
    allergies.map((allergy) => ({ allergy, heldBy: id, isElsewhere: true })),
  );
  return [...own, ...others];
}

/** What the banner says, all records of the citizen together. */
export const allergyStatusIn = (record: PatientRecord): PatientBody['allergyStatus'] =>
  allergyStatusOf(
    record.body,
    soundRecords(record).map(({ allergyStatus, allergies }) => ({ allergyStatus, allergies })),
  );

/** Nothing of a void record is to be used. */
const soundRecords = (record: PatientRecord): readonly LinkedPatient[] =>
  record.linked.filter(({ isVoid }) => !isVoid);
