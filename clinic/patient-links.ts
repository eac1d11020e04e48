import type { RecordId } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import type { ReplicaReader } from './ports/replica.ts';

type Reader = Pick<ReplicaReader, 'get' | 'find'>;
type Patient = RecordOf<'patients'>;

/** Links followed from one record, and records of one citizen that are looked at. More is a mistake, not a person. */
const longestChain = 100;
const mostLinked = 100;

/**
 * The record that goes on for a citizen who has several (LNK-P2): links are followed as long as the record they name is
 * here and not void. Two workstations may have linked two records to each other; of such a ring the oldest record goes
 * on, which every workstation finds alike.
 */
export function survivorOf(reader: Reader, id: RecordId): RecordId {
  const path: RecordId[] = [id];
  let current = reader.get('patients', id);
  while (current !== undefined && path.length <= longestChain) {
    const next = leadsTo(reader, current);
    if (next === undefined) break;
    const at = path.indexOf(next.id);
    if (at >= 0) return oldest(path.slice(at));
    path.push(next.id);
    current = next;
  }
  return path.at(-1) ?? id;
}

/** The other records of the same citizen, oldest first: those that lead where `id` leads. Void ones are among them. */
export function linkedPatients(reader: Reader, id: RecordId): readonly Patient[] {
  const survivor = survivorOf(reader, id);
  const found = new Map<RecordId, Patient>();
  const waiting: RecordId[] = [survivor];
  for (let next = waiting.shift(); next !== undefined && found.size < mostLinked; next = waiting.shift()) {
    const record = reader.get('patients', next);
    if (record === undefined || found.has(next)) continue;
    found.set(next, record);
    if (record.body.voided !== undefined) continue;
    const query = { equals: { 'body.replacedBy.other': next }, limit: mostLinked };
    waiting.push(...reader.find('patients', query).map((each) => each.id));
  }
  found.delete(id);
  return [...found.values()].sort((left, right) => (left.id < right.id ? -1 : 1));
}

/** Most links that are read at once; a facility with more has its rows looked at one by one. */
const mostLinks = 2_000;

/**
 * Every patient who has another record, read in one query: a list then looks for linked records of these alone. Null where
 * there are too many to tell.
 */
export function patientsWithLinks(reader: Pick<ReplicaReader, 'find'>): ReadonlySet<RecordId> | null {
  const query = { range: { path: 'body.replacedBy.other', atLeast: '0' }, limit: mostLinks };
  const replaced = reader.find('patients', query);
  if (replaced.length >= mostLinks) return null;
  return new Set(
    replaced.flatMap(({ id, body }) => (body.replacedBy === undefined ? [] : [id, body.replacedBy.other])),
  );
}

function leadsTo(reader: Reader, { id, body }: Patient): Patient | undefined {
  const other = body.replacedBy?.other;
  if (other === undefined || other === id) return undefined;
  const next = reader.get('patients', other);
  return next?.body.voided === undefined ? next : undefined;
}

const oldest = (ids: readonly RecordId[]): RecordId =>
  ids.reduce((left, right) => (left < right ? left : right));

type Allergies = Pick<PatientBody, 'allergyStatus' | 'allergies' | 'voided'>;

/** Whether one of these was not entered in error. */
export const isAnyStanding = (allergies: PatientBody['allergies']): boolean =>
  allergies.some((allergy) => allergy.enteredInError !== true);

/** Whether an allergy of the record counts: it stands, and the record is not void. */
export const hasStandingAllergy = ({ allergies, voided }: Allergies): boolean =>
  voided === undefined && isAnyStanding(allergies);

/**
 * What the screen says of a citizen's allergies (LNK-P3): known as soon as one of the records has one, whatever any of
 * them says.
 */
export function allergyStatusOf(own: Allergies, others: readonly Allergies[]): PatientBody['allergyStatus'] {
  if (own.allergyStatus === 'known' || [own, ...others].some(hasStandingAllergy)) return 'known';
  return own.allergyStatus;
}
