import type { AnyPlannedWrite } from '#clinic/actions/action.ts';
import type { ReplicaReader } from '#clinic/ports/replica.ts';
import type { RecordId } from '#contracts/ids.ts';
import type { CollectionName } from '#contracts/records/registry.ts';

/**
 * The patient whom a write concerns beside its own record (AUD-4); undefined for none, and for a patient's own record. `reader`
 * finds the subject of a review.
 */
export function patientOfWrite(reader: ReplicaReader, write: AnyPlannedWrite): RecordId | undefined {
  switch (write.collection) {
    case 'visits':
      return write.body.patientId;
    case 'requests':
      return write.body.matter.kind === 'access' ? undefined : write.body.matter.patientId;
    case 'reviews':
      return patientOfRecord(reader, write.body.subject.collection, write.body.subject.id);
    case 'patients':
    case 'staff':
    case 'reference':
      return undefined;
  }
}

/** The patient whom a record that is here concerns. */
export function patientOfRecord(
  reader: ReplicaReader,
  collection: CollectionName,
  id: RecordId,
): RecordId | undefined {
  if (collection === 'patients') return id;
  return collection === 'visits' ? reader.get('visits', id)?.body.patientId : undefined;
}
