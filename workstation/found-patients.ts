import { patientsWithLinks, survivorOf } from '#clinic/patient-links.ts';
import type { ReplicaReader } from '#clinic/ports/replica.ts';
import type { FoundPatient } from '#contracts/bridge/views.ts';
import type { RecordId } from '#contracts/ids.ts';
import { summaryOf } from './patient-summary.ts';

/**
 * Hits of a search, each citizen once, by the record that goes on (LNK-P4). Who was found by an older record is told with
 * the name that is written there.
 */
export function foundPatients(
  reader: ReplicaReader,
  hits: readonly RecordId[],
  mahallaName: (code: string) => string | null,
): FoundPatient[] {
  const found = new Map<RecordId, FoundPatient>();
  const withLinks = patientsWithLinks(reader);
  for (const id of hits) {
    const survivor = survivorOf(reader, id);
    const known = found.get(survivor);
    // The record itself is a hit as well: nobody has to wonder about another name.
    if (known !== undefined && survivor === id) found.set(id, { ...known, foundAs: null });
    if (known !== undefined) continue;
    const summary = summaryOf(reader, survivor, mahallaName, withLinks);
    if (summary === null) continue;
    const foundAs = survivor === id ? null : (reader.get('patients', id)?.body.name ?? null);
    found.set(survivor, { ...summary, foundAs });
  }
  return [...found.values()];
}
