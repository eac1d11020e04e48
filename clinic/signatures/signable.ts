import type { EntryId } from '#contracts/ids.ts';
import type { BodyByCollection, CollectionName } from '#contracts/records/registry.ts';

/** What of a kind of record is signed (docs/specs/audit.md SIG-3). A new kind of signed record adds one of these. */
export interface Signable<C extends CollectionName> {
  readonly collection: C;
  /** Stands in the signed text; never changed once released. */
  readonly kind: string;
  /** The fields that every signature covers, by name. */
  readonly fields: (body: BodyByCollection[C]) => Readonly<Record<string, unknown>>;
  /** The entries a signature may cover; each is signed whole, with what only a newer program knows of it. */
  readonly entries: (body: BodyByCollection[C]) => readonly { readonly id: EntryId }[];
}

/** A visit: whose it is, when and why, and what was written into it. */
export const signableVisit: Signable<'visits'> = {
  collection: 'visits',
  kind: 'visit',
  fields: ({ patientId, day, reason, urgency }) => ({ patientId, day, reason, urgency }),
  entries: ({ entries }) => entries,
};
