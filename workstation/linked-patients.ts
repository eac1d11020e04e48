import { linkedPatients, survivorOf } from '#clinic/patient-links.ts';
import type { ReplicaReader } from '#clinic/ports/replica.ts';
import type { LinkedPatient } from '#contracts/bridge/views.ts';
import type { RecordId } from '#contracts/ids.ts';
import { patientSummary } from './patient-summary.ts';

/** The other records of a citizen as the screen shows them beside one (LNK-P3). */
export function linkedShown(
  reader: ReplicaReader,
  id: RecordId,
  mahallaName: (code: string) => string | null,
): LinkedPatient[] {
  const survivor = survivorOf(reader, id);
  return linkedPatients(reader, id).map((record) => {
    const { allergies, problems, replacedBy } = record.body;
    return {
      ...patientSummary(record, mahallaName),
      isSurvivor: record.id === survivor,
      allergies,
      problems,
      replacedBy:
        replacedBy === undefined ? null : { other: replacedBy.other, at: replacedBy.at, by: replacedBy.by },
    };
  });
}
