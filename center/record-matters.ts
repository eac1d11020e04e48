import type { RecordId } from '#contracts/ids.ts';
import type { AnyContent, BodyByCollection, CollectionName } from '#contracts/records/registry.ts';

/** Whom a record is about, as far as the record itself says. */
export type Subject =
  | { readonly kind: 'patient'; readonly id: RecordId }
  /** The patient of that visit. */
  | { readonly kind: 'visit'; readonly id: RecordId }
  /** The facility that it describes. */
  | { readonly kind: 'facility' };

/** What is asked about a record again and again, so that it need not be kept or read for that. */
export interface Matters {
  readonly subject: Subject | null;
  readonly pinfl: string | null;
}

export const mattersOf = (collection: CollectionName, record: AnyContent): Matters => ({
  subject: subjectOf(collection, record),
  pinfl: pinflOf(collection, record),
});

/**
 * Whose record this is; null if it is nobody's. Requests are nobody's either: they are addressed to facilities, and follow
 * rules of their own (SHA-5).
 */
function subjectOf(collection: CollectionName, record: AnyContent): Subject | null {
  if (collection === 'patients') return { kind: 'patient', id: record.id };
  if (isOf('visits', collection, record.body)) return { kind: 'patient', id: record.body.patientId };
  if (isOf('reference', collection, record.body))
    return record.body.kind === 'facility' ? { kind: 'facility' } : null;
  if (!isOf('reviews', collection, record.body)) return null;
  const { subject } = record.body;
  if (subject.collection === 'patients') return { kind: 'patient', id: subject.id };
  return subject.collection === 'visits' ? { kind: 'visit', id: subject.id } : null;
}

/** The patient whom a record names as its own; null for patients themselves, and where only another record tells. */
export function patientNamedBy(
  collection: CollectionName,
  { subject }: Pick<Matters, 'subject'>,
): RecordId | null {
  return collection !== 'patients' && subject?.kind === 'patient' ? subject.id : null;
}

/** The patient's PINFL, if the record is that of a patient who may be found by it. */
export function pinflOf(collection: CollectionName, record: AnyContent): string | null {
  if (!isOf('patients', collection, record.body)) return null;
  return record.body.voided === undefined ? (record.body.pinfl ?? null) : null;
}

/** Tells which collection's body a body is: the two always come together, which the type checker cannot see. */
function isOf<C extends CollectionName>(
  wanted: C,
  collection: CollectionName,
  _body: BodyByCollection[CollectionName],
): _body is BodyByCollection[C] {
  return wanted === collection;
}
