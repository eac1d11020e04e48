import { countingDecision, isOpenReview, passedOverDecisions } from '#clinic/reviews/review-decisions.ts';
import { linkedNamesIn, peopleIn, presentOf } from '#clinic/reviews/review-facts.ts';
import type { PersonId, RecordId, Scope } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import type { ConflictingField, Decision } from '#contracts/records/reviews.ts';
import type { Session } from '../postgres/database.ts';
import { readStored } from '../sharing/center-version.ts';
import type { LoadedRecords } from './loaded-records.ts';
import * as sql from './statements.ts';

/** A patient of a pair, as far as it tells people apart. */
export interface PatientShown {
  readonly id: RecordId;
  readonly name: PatientBody['name'];
  readonly sex: PatientBody['sex'];
  readonly birth: PatientBody['birth'];
  readonly pinfl: string | null;
  readonly phone: string | null;
  readonly address: PatientBody['address'] | null;
  readonly allergyStatus: PatientBody['allergyStatus'];
  readonly allergies: readonly string[];
  readonly visits: number;
}

/** One question in full. Values are JSON, told in words by the page. */
export interface ReviewShown {
  readonly scope: Scope;
  readonly id: RecordId;
  readonly kind: 'conflict' | 'possible-duplicate';
  readonly isOpen: boolean;
  readonly fields: readonly (ConflictingField & { readonly present: string | null })[];
  readonly mineBy: string | null;
  readonly theirsBy: string | null;
  readonly mineAt: number | null;
  readonly theirsAt: number | null;
  /** Null if the subject is not there. */
  readonly subjectRev: string | null;
  readonly patient: Pick<PatientBody, 'name' | 'birth'> | null;
  readonly visitDay: string | null;
  readonly pair: readonly PatientShown[];
  readonly counting: Decision | null;
  readonly passedOver: readonly Decision[];
  /** Names by id. The center itself has none. */
  readonly people: Readonly<Record<string, string>>;
  /** Patients whom a link names. */
  readonly linkedNames: Readonly<Record<string, string>>;
}

/** Everything the page shows of a question. Null if it is not there. */
export async function showReview(
  session: Session,
  { reader }: LoadedRecords,
  scope: Scope,
  id: RecordId,
): Promise<ReviewShown | null> {
  const review = reader.get('reviews', id);
  if (review === undefined) return null;
  const { question, subject } = review.body;
  const isConflict = question.kind === 'conflict';
  const fields = isConflict ? question.fields : [];
  const present = presentOf(reader, subject, fields);
  const authors = isConflict ? [question.mineAuthor, question.theirsAuthor] : [];
  const people = await namesOf(session, scope, [...authors, ...peopleIn(review.body, present?.values ?? [])]);
  const visit = subject.collection === 'visits' ? reader.get('visits', subject.id) : undefined;
  const patientId = subject.collection === 'patients' ? subject.id : visit?.body.patientId;
  const patient = patientId === undefined ? undefined : reader.get('patients', patientId);
  const pair = isConflict ? [] : [subject.id, question.other];
  return {
    scope,
    id,
    kind: question.kind,
    isOpen: isOpenReview(review.body),
    fields: fields.map((field, at) => ({ ...field, present: present?.values[at] ?? null })),
    mineBy: isConflict ? (people[question.mineAuthor] ?? null) : null,
    theirsBy: isConflict ? (people[question.theirsAuthor] ?? null) : null,
    mineAt: (isConflict && question.mineAt) || null,
    theirsAt: (isConflict && question.theirsAt) || null,
    subjectRev: present?.rev ?? null,
    patient: patient === undefined ? null : { name: patient.body.name, birth: patient.body.birth },
    visitDay: visit?.body.day ?? null,
    pair: await showPair(
      session,
      scope,
      pair.flatMap((each) => reader.get('patients', each) ?? []),
    ),
    counting: countingDecision(review.body),
    passedOver: passedOverDecisions(review.body),
    people,
    linkedNames: linkedNamesIn(reader, fields, present?.values ?? []),
  };
}

async function showPair(
  session: Session,
  scope: Scope,
  patients: readonly RecordOf<'patients'>[],
): Promise<readonly PatientShown[]> {
  if (patients.length === 0) return [];
  const ids = patients.map(({ id }) => id);
  const counts = await session.rows(sql.countVisits, sql.VisitCountSchema, [scope, ids]);
  return patients.map(({ id, body }) => ({
    id,
    name: body.name,
    sex: body.sex,
    birth: body.birth,
    pinfl: body.pinfl ?? null,
    phone: body.phone ?? null,
    address: body.address ?? null,
    allergyStatus: body.allergyStatus,
    allergies: body.allergies
      .filter(({ enteredInError }) => enteredInError !== true)
      .map(({ substance }) => substance),
    visits: counts.find(({ patient }) => patient === id)?.count ?? 0,
  }));
}

async function namesOf(
  session: Session,
  scope: Scope,
  people: readonly PersonId[],
): Promise<Readonly<Record<string, string>>> {
  const names: Record<string, string> = {};
  const wanted = [...new Set(people)].map((id) => ({ collection: 'staff' as const, id }));
  const columns = [wanted.map(({ collection }) => collection), wanted.map(({ id }) => id)];
  const rows = await session.rows(sql.readRecords, sql.RecordRowSchema, [scope, ...columns]);
  for (const row of rows) {
    const { name } = readStored('staff', row.body).body;
    names[row.id] = [name.family, name.given].join(' ');
  }
  return names;
}
