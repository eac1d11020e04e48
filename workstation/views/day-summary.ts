import { instantsOfDay } from '#clinic/clinic-day.ts';
import type { ReplicaReader } from '#clinic/ports/replica.ts';
import { type DerivedVisit, deriveVisit, effectiveEntries } from '#clinic/visit-state.ts';
import type { DaySummary } from '#contracts/bridge/views.ts';
import type { Day, Scope } from '#contracts/ids.ts';
import type { VisitState } from '#contracts/records/visits.ts';
import { visitsOfDay } from './queue-day.ts';
import { type SessionView, touches } from './view.ts';

const mostDiagnoses = 10;
/** Blood pressure at or above which an adult visit counts as elevated: WHO, Guideline for hypertension 2021. */
const elevatedSystolicMmHg = 140;
const elevatedDiastolicMmHg = 90;

/** The end-of-day page. */
export const daySummaryView: SessionView<'day.summary'> = {
  audience: 'session',
  isTouchedBy: (change, { day }) =>
    touches(change, 'visits', 'patients') || (change.kind === 'day' && day === undefined),
  compute: (input, session) => {
    const day = input.day ?? session.today();
    const visits = visitsOfDay(session.replica, day, session.scope).map(({ body }) => ({
      body,
      derived: deriveVisit(body),
    }));
    const seen = visits.filter(({ derived }) => derived.state !== 'planned' && derived.state !== 'cancelled');
    return {
      day,
      visitsByState: countByState(visits.map(({ derived }) => derived.state)),
      patientsSeen: new Set(seen.map(({ body }) => body.patientId)).size,
      patientsRegistered: countRegistered(session.replica, session.scope, day),
      visitsWithoutDiagnosis: seen.filter(
        ({ derived }) => derived.state === 'finished' && effectiveEntries(derived, 'diagnosis').length === 0,
      ).length,
      elevatedPressure: seen.filter(({ derived }) => isPressureElevated(derived)).length,
      diagnoses: mainDiagnoses(seen.map(({ derived }) => derived)),
    };
  },
};

function countByState(states: readonly VisitState[]): DaySummary['visitsByState'] {
  const countOf = (state: VisitState) => states.filter((each) => each === state).length;
  return {
    planned: countOf('planned'),
    arrived: countOf('arrived'),
    triaged: countOf('triaged'),
    'in-progress': countOf('in-progress'),
    finished: countOf('finished'),
    cancelled: countOf('cancelled'),
  };
}

/** By the newest set that has a pressure. */
function isPressureElevated(visit: DerivedVisit): boolean {
  const measured = effectiveEntries(visit, 'vitals').findLast(
    ({ values }) => values.systolicMmHg !== undefined || values.diastolicMmHg !== undefined,
  );
  const { systolicMmHg = 0, diastolicMmHg = 0 } = measured?.values ?? {};
  return systolicMmHg >= elevatedSystolicMmHg || diastolicMmHg >= elevatedDiastolicMmHg;
}

function mainDiagnoses(visits: readonly DerivedVisit[]): DaySummary['diagnoses'] {
  const countByCode = new Map<string, number>();
  for (const visit of visits) {
    for (const { icd10, role } of effectiveEntries(visit, 'diagnosis')) {
      if (role === 'main') countByCode.set(icd10, (countByCode.get(icd10) ?? 0) + 1);
    }
  }
  return [...countByCode]
    .map(([icd10, count]) => ({ icd10, count }))
    .sort((left, right) => right.count - left.count || (left.icd10 < right.icd10 ? -1 : 1))
    .slice(0, mostDiagnoses);
}

/** A record's id tells when it was made (UUIDv7), which later edits do not change. */
function countRegistered(reader: ReplicaReader, scope: Scope, day: Day): number {
  const { start, end } = instantsOfDay(day);
  return reader.count('patients', {
    equals: { scope },
    range: { path: 'id', atLeast: idPrefix(start), below: idPrefix(end) },
  });
}

/** The first part of every UUIDv7 made at an instant. */
function idPrefix(instant: number): string {
  const hex = Math.max(0, instant).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}
