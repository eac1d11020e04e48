import type { VitalsName } from '#clinic/forms/vitals.ts';
import { deriveVisit, effectiveEntries } from '#clinic/visit-state.ts';
import type { VisitView } from '#contracts/bridge/views.ts';
import type { Day, EntryId, Instant } from '#contracts/ids.ts';
import { vitalNames } from './vital-words.ts';

/** One value once measured. */
export interface Measured {
  readonly value: number;
  readonly day: Day;
  readonly at: Instant;
  readonly entryId: EntryId;
}

export type MeasuredByField = Partial<Record<VitalsName, readonly Measured[]>>;

/** Values of each kind that count, newest first; `visits` newest first as the record view tells them. */
export function measuredByField(visits: readonly VisitView[], except?: EntryId): MeasuredByField {
  const measured: Partial<Record<VitalsName, Measured[]>> = {};
  for (const visit of visits) {
    const sets = effectiveEntries(deriveVisit(visit.body), 'vitals').toReversed();
    for (const set of sets) {
      if (set.id === except) continue;
      for (const field of vitalNames) {
        const value = set.values[field];
        if (value === undefined) continue;
        measured[field] ??= [];
        measured[field].push({ value, day: visit.body.day, at: set.at, entryId: set.id });
      }
    }
  }
  return measured;
}
