import * as v from 'valibot';
import { InstantSchema, type RecordId, type Revision, type Scope } from '#contracts/ids.ts';
import type { Lane } from '#contracts/records/record.ts';
import type { CollectionName } from '#contracts/records/registry.ts';
import { versionOf } from '#sync/merge/revision.ts';
import { DigestChange } from '../feed/digest-change.ts';
import type { Applied } from '../ingest/batch.ts';
import { laneOf } from '../ingest/lane-of.ts';
import type { Session } from '../postgres/database.ts';
import { LostRace } from '../postgres/failures.ts';
import { keyColumns } from './note-applied.ts';
import { noteArrived } from './note-returned.ts';
import { inScope, ownOrigin, place, type SharingContext } from './sharing-context.ts';
import * as sql from './statements.ts';

/** The newest version of a record on its way to another facility. */
export interface Parcel {
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly rev: Revision;
  /** JSON text of the whole record. */
  readonly body: string;
  /** Where its revisions are compared and set. */
  readonly home: Scope;
  /** Whose record it is; null for what is addressed to a facility (requests) or is for everybody (facilities). */
  readonly patient: RecordId | null;
}

/** Most records in one transaction. */
export const maxParcels = 100;

/**
 * Brings copies to a facility up to date, in one transaction (SHA-3). Passed over: what the facility has as new or newer,
 * what is at home there, and what it may not have, because the share ended meanwhile. Doing it twice changes nothing.
 */
export async function deliver(
  context: SharingContext,
  target: Scope,
  parcels: readonly Parcel[],
): Promise<void> {
  for (let start = 0; start < parcels.length; start += maxParcels) {
    const some = parcels.slice(start, start + maxParcels);
    const applied = await inScope(context, (session) => deliverSome(session, context, target, some));
    if (applied !== null) context.announce(applied);
  }
}

async function deliverSome(
  session: Session,
  context: SharingContext,
  target: Scope,
  parcels: readonly Parcel[],
): Promise<Applied | null> {
  const entitled = await selectEntitled(session, target, parcels);
  if (entitled.parcels.length === 0) return null;
  const locked = await session.rows(sql.lockDocuments, sql.LockedSchema, [
    target,
    ...keyColumns(entitled.parcels),
  ]);
  const presentByKey = new Map(locked.map((row) => [keyOf(row), row]));
  const fresh = entitled.parcels.filter((parcel) => {
    const present = presentByKey.get(keyOf(parcel));
    return isNews(parcel, present) || isFromNewHome(parcel, present, entitled.homesByPatient);
  });
  if (fresh.length === 0) return null;
  const origin = ownOrigin(target, context);
  await writeCopies(session, target, fresh, presentByKey);
  const toFollow = fresh.filter(({ patient }) => patient !== null && entitled.atHome.has(patient));
  if (toFollow.length > 0) {
    await session.run(sql.writeErrands, [target, 'follow', origin.at, ...keyColumns(toFollow)]);
  }
  await noteArrived(session, target, origin.at, newPatients(fresh, presentByKey));
  const digests = new DigestChange();
  for (const { collection, id, rev } of fresh) {
    digests.replace(collection, id, presentByKey.get(keyOf({ collection, id }))?.rev ?? null, rev);
  }
  const entries = fresh.map((parcel) => ({
    lane: laneOfCopy(parcel, presentByKey.has(keyOf(parcel)), origin.at),
    collection: parcel.collection,
    id: parcel.id,
    rev: parcel.rev,
    op: null,
  }));
  return await place(session, origin, entries, digests);
}

export const keyOf = ({ collection, id }: Pick<Parcel, 'collection' | 'id'>) => `${collection}/${id}`;

const newPatients = (parcels: readonly Parcel[], presentByKey: ReadonlyMap<string, unknown>) =>
  parcels
    .filter((parcel) => parcel.collection === 'patients' && !presentByKey.has(keyOf(parcel)))
    .map(({ id }) => id);

interface Present {
  readonly rev: Revision;
  readonly home: Scope | null;
}

const isNews = (parcel: Parcel, present: Present | undefined) =>
  present === undefined || (present.home !== null && versionOf(parcel.rev) > versionOf(present.rev));

/** A home that took over from another one by {@link isNews} alone could be passed over: its version may have a lower number. */
const isFromNewHome = (
  { collection, id, rev, home }: Parcel,
  present: Present | undefined,
  homesByPatient: ReadonlyMap<RecordId, readonly Scope[]>,
) => {
  const homes = homesByPatient.get(id) ?? [];
  return (
    collection === 'patients' &&
    present !== undefined &&
    present.home !== null &&
    present.rev !== rev &&
    homes.includes(home) &&
    !homes.includes(present.home)
  );
};

/**
 * What the facility may have: all of a patient's records where the patient is at home or a full guest, the patient's record
 * alone where only that was kept (SHA-6). The locks make an end of the share wait, or this wait for it.
 */
async function selectEntitled(session: Session, target: Scope, parcels: readonly Parcel[]) {
  const patients = [...new Set(parcels.flatMap(({ patient }) => (patient === null ? [] : [patient])))];
  if (patients.length === 0)
    return { parcels, atHome: new Set<RecordId>(), homesByPatient: new Map<RecordId, Scope[]>() };
  const homes = await session.rows(sql.holdHomes, sql.HomeSchema, [target, patients]);
  const guests = await session.rows(sql.holdGuests, sql.GuestSchema, [target, patients]);
  const atHome = new Set(homes.filter(({ home }) => home === null).map(({ id }) => id));
  const full = new Set(guests.filter((guest) => guest.is_full).map(({ patient }) => patient));
  const known = new Set(guests.map(({ patient }) => patient));
  const homesByPatient = new Map<RecordId, Scope[]>();
  for (const { patient, home } of guests) {
    homesByPatient.set(patient, [...(homesByPatient.get(patient) ?? []), home]);
  }
  const mayHave = ({ patient, collection }: Parcel) =>
    patient === null ||
    atHome.has(patient) ||
    full.has(patient) ||
    (known.has(patient) && collection === 'patients');
  return { parcels: parcels.filter(mayHave), atHome, homesByPatient };
}

async function writeCopies(
  session: Session,
  target: Scope,
  parcels: readonly Parcel[],
  presentByKey: ReadonlyMap<string, unknown>,
): Promise<void> {
  const ordered = [...parcels].sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
  const added = ordered.filter((parcel) => !presentByKey.has(keyOf(parcel)));
  const changed = ordered.filter((parcel) => presentByKey.has(keyOf(parcel)));
  if (added.length > 0) {
    const inserted = await session.run(sql.insertDocuments, [target, ...copyColumns(added)]);
    if (inserted !== added.length) throw new LostRace('another courier brought one of the records');
    await session.run(sql.forgetWithdrawn, [target, ...keyColumns(added)]);
  }
  if (changed.length > 0) await session.run(sql.updateDocuments, [target, ...copyColumns(changed)]);
  // Nobody but the center writes about other facilities themselves.
  const writable = ordered.filter(({ collection }) => collection !== 'reference');
  if (writable.length > 0) await session.run(sql.noteHomes, [target, writable.map(({ home }) => home)]);
}

const copyColumns = (parcels: readonly Parcel[]) =>
  [
    ...keyColumns(parcels),
    parcels.map(({ rev }) => rev),
    parcels.map(({ body }) => body),
    parcels.map(({ home }) => home),
    parcels.map(({ patient, collection }) => (collection === 'patients' ? null : patient)),
  ] as const;

const CapturedSchema = v.object({ capturedAt: InstantSchema });

/** A patient's record that somebody just asked for comes before everything else; old visits come as history. */
function laneOfCopy({ collection, body }: Parcel, isKnown: boolean, at: number): Lane {
  if (collection === 'patients') return isKnown ? 1 : 0;
  return laneOf(collection, v.parse(CapturedSchema, JSON.parse(body)).capturedAt, at);
}
