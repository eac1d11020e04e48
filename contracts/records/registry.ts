import * as v from 'valibot';
import { type PatientBody, patients } from './patients.ts';
import { envelope } from './record.ts';
import { type ReferenceBody, reference } from './reference.ts';
import { type RequestBody, requests } from './requests.ts';
import { type ReviewBody, reviews } from './reviews.ts';
import { type StaffBody, staff } from './staff.ts';
import { type VisitBody, visits } from './visits.ts';

/** Every record type, by collection. RxDB's free core stalls at the 14th collection: keep at most 12. */
export const recordTypes = { patients, visits, staff, reference, reviews, requests } as const;

export type CollectionName = keyof typeof recordTypes;
export const collectionNames = Object.keys(recordTypes) as readonly CollectionName[];
export const CollectionNameSchema = v.picklist(collectionNames);

export interface BodyByCollection {
  readonly patients: PatientBody;
  readonly visits: VisitBody;
  readonly staff: StaffBody;
  readonly reference: ReferenceBody;
  readonly reviews: ReviewBody;
  readonly requests: RequestBody;
}

const EnvelopeSchema = v.object(envelope);

/** Id, scope, revision and provenance of a record. */
export type Envelope = v.InferOutput<typeof EnvelopeSchema>;

/** A whole record of collection `C`: envelope and body. */
export type RecordOf<C extends CollectionName> = Envelope & { readonly body: BodyByCollection[C] };

/** A record without its revision. */
export type ContentOf<C extends CollectionName> = Omit<RecordOf<C>, 'rev'>;

export type AnyRecord = RecordOf<CollectionName>;
export type AnyContent = ContentOf<CollectionName>;

/** Schemas of whole records, by collection; what the wire and the disk are parsed with. */
export const recordSchemas = {
  patients: v.object({ ...envelope, body: patients.body }),
  visits: v.object({ ...envelope, body: visits.body }),
  staff: v.object({ ...envelope, body: staff.body }),
  reference: v.object({ ...envelope, body: reference.body }),
  reviews: v.object({ ...envelope, body: reviews.body }),
  requests: v.object({ ...envelope, body: requests.body }),
} as const satisfies { readonly [C in CollectionName]: v.GenericSchema<unknown, RecordOf<C>> };
