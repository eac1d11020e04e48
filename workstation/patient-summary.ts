import { allergyStatusOf, linkedPatients } from '#clinic/patient-links.ts';
import type { ReplicaReader } from '#clinic/ports/replica.ts';
import type { PatientSummary } from '#contracts/bridge/views.ts';
import type { RecordId } from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';

/** What identifies a patient in a list; `mahalla` by name where it is known. */
export function patientSummary(
  { id, body }: RecordOf<'patients'>,
  mahallaName: (code: string) => string | null,
): PatientSummary {
  const mahalla = body.address?.mahalla;
  return {
    id,
    name: body.name,
    sex: body.sex,
    birth: body.birth,
    pinfl: body.pinfl ?? null,
    mahalla: mahalla === undefined ? null : (mahallaName(mahalla) ?? mahalla),
    allergyStatus: allergyStatusOf(body, []),
    isVoid: body.voided !== undefined,
  };
}

/**
 * The summary of a patient by id; null when the record is not here. An allergy in another record of the same citizen
 * counts (LNK-P3). A list gives `withLinks` of clinic/patient-links, so that nobody is looked for who is not there.
 */
export function summaryOf(
  reader: ReplicaReader,
  id: RecordId,
  mahallaName: (code: string) => string | null,
  withLinks: ReadonlySet<RecordId> | null = null,
): PatientSummary | null {
  const record = reader.get('patients', id);
  if (record === undefined) return null;
  const isAlone = withLinks !== null && !withLinks.has(id);
  const others = isAlone ? [] : linkedPatients(reader, id).map(({ body }) => body);
  return { ...patientSummary(record, mahallaName), allergyStatus: allergyStatusOf(record.body, others) };
}
