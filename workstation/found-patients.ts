import { patientsWithLinks, survivorOf } from '#clinic/patient-links.ts';
import type { PatientHit, ReplicaReader } from '#clinic/ports/replica.ts';
import type { FoundPatient } from '#contracts/bridge/views.ts';
import type { RecordId } from '#contracts/ids.ts';
import { summaryOf } from './patient-summary.ts';

/** A record that was found. */
export type FoundRecord = Pick<PatientHit, 'id' | 'matchesAll'>;

/**
 * Hits of a search, each citizen once, by the record that goes on (LNK-P4). Who was found by an older record is told with
 * the name that is written there.
 */
export function foundPatients(
  reader: ReplicaReader,
  hits: readonly FoundRecord[],
  mahallaName: (code: string) => string | null,
): FoundPatient[] {
  const found = new Map<RecordId, FoundPatient>();
  const withLinks = patientsWithLinks(reader);
  for (const { id, matchesAll } of hits) {
    const survivor = survivorOf(reader, id);
    const known = found.get(survivor);
    if (known !== undefined) {
      found.set(survivor, mergeHit(known, { isItself: survivor === id, matchesAll }));
      continue;
    }
    const summary = summaryOf(reader, survivor, mahallaName, withLinks);
    if (summary === null) continue;
    const foundAs = survivor === id ? null : (reader.get('patients', id)?.body.name ?? null);
    found.set(survivor, { ...summary, foundAs, matchesAll });
  }
  return [...found.values()];
}

function mergeHit(known: FoundPatient, hit: { isItself: boolean; matchesAll: boolean }): FoundPatient {
  // The name that fits is the one to show, also where the record itself was found by less.
  if (known.matchesAll && !hit.matchesAll) return known;
  // The record itself is a hit as well: nobody has to wonder about another name.
  return { ...known, foundAs: hit.isItself ? null : known.foundAs };
}
