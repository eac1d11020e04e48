import { addDays } from '#clinic/clinic-day.ts';
import type { ReplicaReader } from '#clinic/ports/replica.ts';
import { deriveVisit, effectiveEntries } from '#clinic/visit-state.ts';
import type { Day } from '#contracts/ids.ts';

const lookBackDays = 60;
const mostVisits = 1_000;

/** Diagnoses made here most often in the last two months, most frequent first. */
export function favouriteDiagnoses(reader: ReplicaReader, today: Day, limit: number): readonly string[] {
  const visits = reader.find('visits', {
    range: { path: 'body.day', atLeast: addDays(today, -lookBackDays), below: addDays(today, 1) },
    orderBy: [{ path: 'body.day', direction: 'desc' }],
    limit: mostVisits,
  });
  const timesByCode = new Map<string, number>();
  for (const { body } of visits) {
    for (const { icd10 } of effectiveEntries(deriveVisit(body), 'diagnosis')) {
      timesByCode.set(icd10, (timesByCode.get(icd10) ?? 0) + 1);
    }
  }
  return [...timesByCode]
    .sort(([leftCode, left], [rightCode, right]) => right - left || (leftCode < rightCode ? -1 : 1))
    .slice(0, limit)
    .map(([code]) => code);
}
