import { dayAt } from '#clinic/clinic-day.ts';
import { isOpenReview } from '#clinic/reviews/review-decisions.ts';
import { patientSearchRules } from '#clinic/search/patient-search-rules.ts';
import { deriveVisit, effectiveEntries } from '#clinic/visit-state.ts';
import type { LiveViewOutput } from '#contracts/bridge/live-views.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import type { FoundPatient, PatientSummary, Person } from '#contracts/bridge/views.ts';
import type { Day, Instant, PersonId, RecordId } from '#contracts/ids.ts';
import { foundPatients } from '#workstation/found-patients.ts';
import { linkedShown } from '#workstation/linked-patients.ts';
import { patientSummary, summaryOf } from '#workstation/patient-summary.ts';
import { inQueueOrder } from '#workstation/queue-order.ts';
import type { ReferenceData } from '#workstation/reference-data.ts';
import { requestRows } from '#workstation/views/open-requests.ts';
import { reviewRow } from '#workstation/views/open-reviews.ts';
import { homeShown } from '#workstation/views/patient-record.ts';
import type { ScriptedClinic } from './scripted-clinic.ts';

/** What the live views and searches of the scripted workstation answer. */
export interface ScriptedViews {
  queue(day: Day): LiveViewOutput<'queue.day'>;
  record(id: RecordId): LiveViewOutput<'patients.record'>;
  summary(day: Day, now: Instant): LiveViewOutput<'day.summary'>;
  unsent(): LiveViewOutput<'unsent.list'>;
  reviews(now: Instant): LiveViewOutput<'reviews.open'>;
  requests(now: Instant): LiveViewOutput<'requests.open'>;
  search(text: string, limit: number): FoundPatient[];
  person(id: PersonId): Person | null;
  summaryOf(id: RecordId): PatientSummary | null;
  alike(person: RequestInput<'patients.possible-duplicates'>): PatientSummary[];
}

/** Below this a patient who does not fit every word is not even similar. */
const leastPartialScore = 25;
const leastAlike = 80;

/** Views over the clinic's records. */
export function scriptedViews(clinic: ScriptedClinic, reference: ReferenceData): ScriptedViews {
  const { reader } = clinic;
  const patients = () => reader.find('patients', {});
  const visits = () => reader.find('visits', {});
  const summary = (id: RecordId) => summaryOf(reader, id, reference.mahallaName);
  const person = (id: PersonId): Person[] => {
    const found = clinic.people.find((each) => each.id === id);
    return found === undefined ? [] : [{ id, name: found.name, roles: [...found.roles] }];
  };
  const scored = (text: string) => {
    const query = patientSearchRules.understand(text);
    return patients()
      .map((record) => ({
        record,
        ...patientSearchRules.fit(query, patientSearchRules.describe(record.body)),
      }))
      .sort((one, other) => other.score - one.score);
  };

  return {
    person: (id) => person(id)[0] ?? null,
    summaryOf: summary,
    queue(day) {
      const rows = visits()
        .filter((visit) => visit.body.day === day)
        .flatMap((visit) => {
          const patient = summary(visit.body.patientId);
          if (patient === null) return [];
          const { state, room, since, arrivedAt } = deriveVisit(visit.body);
          const { reason, urgency } = visit.body;
          const delivery = clinic.delivery(visit.id);
          return [{ visitId: visit.id, patient, reason, urgency, state, room, since, arrivedAt, delivery }];
        });
      return { day, rows: inQueueOrder(rows) };
    },
    record(id) {
      const record = reader.get('patients', id);
      if (record === undefined) return null;
      const linked = linkedShown(reader, id, reference.mahallaName);
      const ids = new Set([id, ...linked.map((each) => each.id)]);
      const own = visits()
        .filter((visit) => ids.has(visit.body.patientId))
        .toSorted((one, other) => (one.id < other.id ? 1 : -1))
        .toSorted((one, other) =>
          one.body.day < other.body.day ? 1 : one.body.day > other.body.day ? -1 : 0,
        );
      const mahalla = record.body.address?.mahalla;
      return {
        id,
        rev: record.rev,
        body: record.body,
        mahallaName: mahalla === undefined ? null : reference.mahallaName(mahalla),
        delivery: clinic.delivery(id),
        home: homeShown(reader, clinic.scope, record),
        visits: own.slice(0, 50).map((visit) => ({
          id: visit.id,
          rev: visit.rev,
          body: visit.body,
          state: deriveVisit(visit.body).state,
          delivery: clinic.delivery(visit.id),
        })),
        linked,
        people: clinic.people.flatMap((each) => person(each.id)),
      };
    },
    summary(day, now) {
      const derived = visits()
        .filter((visit) => visit.body.day === day)
        .map((visit) => ({ visit, derived: deriveVisit(visit.body) }));
      const count = (state: string) => derived.filter((each) => each.derived.state === state).length;
      const seen = derived.filter((each) => each.derived.state === 'finished');
      const codes = derived.flatMap((each) =>
        effectiveEntries(each.derived, 'diagnosis').map((entry) => entry.icd10),
      );
      return {
        day,
        visitsByState: {
          planned: count('planned'),
          arrived: count('arrived'),
          triaged: count('triaged'),
          'in-progress': count('in-progress'),
          finished: count('finished'),
          cancelled: count('cancelled'),
        },
        patientsSeen: seen.length,
        patientsRegistered: patients().filter((record) => dayAt(clinic.savedAt(record.id)) === dayAt(now))
          .length,
        visitsWithoutDiagnosis: seen.filter(
          (each) => effectiveEntries(each.derived, 'diagnosis').length === 0,
        ).length,
        elevatedPressure: derived.filter((each) =>
          effectiveEntries(each.derived, 'vitals').some((entry) => (entry.values.systolicMmHg ?? 0) >= 140),
        ).length,
        diagnoses: [...new Set(codes)].map((icd10) => ({
          icd10,
          count: codes.filter((code) => code === icd10).length,
        })),
      };
    },
    unsent: () =>
      clinic.unsent().flatMap(({ id, savedAt }) => {
        const visit = reader.get('visits', id);
        const patient = summary(visit?.body.patientId ?? id);
        const collection = visit === undefined ? 'patients' : 'visits';
        return [{ collection, id, patient, savedAt, state: 'pending', refusal: null } as const];
      }),
    reviews: (now) => {
      const all = reader.find('reviews', {});
      const open = all.filter(({ body }) => isOpenReview(body));
      const settled = all.filter(({ body }) => !isOpenReview(body));
      return [...open, ...settled].map((review) => {
        const row = reviewRow(reader, review, reference.mahallaName);
        const { question } = review.body;
        const isConflict = question.kind === 'conflict';
        return {
          ...row,
          mineAuthor: (isConflict && person(question.mineAuthor)[0]) || null,
          theirsAuthor: (isConflict && person(question.theirsAuthor)[0]) || null,
          people: clinic.people.flatMap((each) => person(each.id)),
          capturedAt: now - 3_600_000,
        };
      });
    },
    requests: (now) =>
      requestRows(reader, now, {
        here: clinic.scope,
        delivery: (_collection, { id }) => clinic.delivery(id),
        mahallaName: reference.mahallaName,
      }),
    search: (text, limit) => {
      const scores = scored(text).filter(({ score }) => score > 0);
      const { hasLeftOut } = patientSearchRules.understand(text);
      const whole = scores.filter(({ meetsAll }) => meetsAll);
      const partial = scores.filter(({ meetsAll, score }) => !meetsAll && score >= leastPartialScore);
      const hits = [...whole, ...partial].slice(0, limit);
      const found = hits.map(({ record, meetsAll }) => ({
        id: record.id,
        matchesAll: meetsAll && !hasLeftOut,
      }));
      return foundPatients(reader, found, reference.mahallaName);
    },
    alike: ({ name, birth, pinfl }) =>
      scored(`${name.family} ${name.given}`)
        .filter(
          ({ record, score }) =>
            (pinfl !== undefined && record.body.pinfl === pinfl) ||
            (score >= leastAlike && record.body.birth.date.slice(0, 4) === birth.date.slice(0, 4)),
        )
        .map(({ record }) => patientSummary(record, reference.mahallaName)),
  };
}
