import type { RecordId, Scope } from '#contracts/ids.ts';
import type { CollectionName } from '#contracts/records/registry.ts';
import { readStored } from './center-version.ts';
import { deliver, type Parcel } from './deliver.ts';
import { locate } from './locate.ts';
import { keyColumns } from './note-applied.ts';
import { NotNow, type SharingContext } from './sharing-context.ts';
import * as sql from './statements.ts';

/**
 * Brings the newest versions of records to every facility that is to have them (SHA-4): from where the patient is at home
 * to all guests; from anywhere else to where the patient is at home, which passes them on. Requests go to those they name.
 */
export async function follow(
  context: SharingContext,
  scope: Scope,
  records: readonly { readonly collection: CollectionName; readonly id: RecordId }[],
): Promise<void> {
  const documents = await context.database.rows(sql.readDocuments, sql.DocumentSchema, [
    scope,
    ...keyColumns(records),
  ]);
  const relations = await readRelations(context, scope, documents);
  const parcelsByTarget = new Map<Scope, Parcel[]>();
  for (const document of documents) {
    for (const target of targetsOf(scope, document, relations)) {
      const parcels = parcelsByTarget.get(target) ?? [];
      parcelsByTarget.set(target, parcels);
      parcels.push(parcelOf(scope, document));
    }
  }
  for (const [target, parcels] of parcelsByTarget) await deliver(context, target, parcels);
}

/** Whose record it is; null for a record of nobody. */
export const patientOf = ({
  collection,
  id,
  patient,
}: Pick<sql.Document, 'collection' | 'id' | 'patient'>) => (collection === 'patients' ? id : patient);

/** A document as it travels. */
export const parcelOf = (scope: Scope, document: sql.Document): Parcel => ({
  collection: document.collection,
  id: document.id,
  rev: document.rev,
  body: document.body,
  home: document.home ?? scope,
  patient: patientOf(document),
});

interface Relations {
  /** Null: at home here. Without an entry: not known here. */
  readonly homeByPatient: ReadonlyMap<RecordId, Scope | null>;
  readonly guestsByPatient: ReadonlyMap<RecordId, readonly Scope[]>;
}

async function readRelations(
  context: SharingContext,
  scope: Scope,
  documents: readonly sql.Document[],
): Promise<Relations> {
  const { database } = context;
  const patients = [...new Set(documents.flatMap((document) => patientOf(document) ?? []))];
  const homes = await database.rows(sql.readHomes, sql.HomeSchema, [scope, patients]);
  const shares = await database.rows(sql.readShares, sql.ShareSchema, [scope, patients]);
  const guestsByPatient = new Map<RecordId, Scope[]>();
  for (const { patient, to_scope } of shares) {
    guestsByPatient.set(patient, [...(guestsByPatient.get(patient) ?? []), to_scope]);
  }
  const homeByPatient = new Map(homes.map(({ id, home }) => [id, home]));
  await addFormerHomes(context, scope, patients, homeByPatient);
  // A guest learns of a move before the moved record comes.
  const stays = await database.rows(sql.readGuests, sql.GuestSchema, [scope, patients]);
  for (const { patient, home } of stays)
    if (homeByPatient.get(patient) !== null) homeByPatient.set(patient, home);
  return { homeByPatient, guestsByPatient };
}

/** What was written as a guest and arrived after the share ended still goes to where the patient is at home (SHR-6). */
async function addFormerHomes(
  context: SharingContext,
  scope: Scope,
  patients: readonly RecordId[],
  homeByPatient: Map<RecordId, Scope | null>,
): Promise<void> {
  const unknown = patients.filter((patient) => !homeByPatient.has(patient));
  if (unknown.length === 0) return;
  const former = await context.database.rows(sql.readFormerHomes, sql.WithdrawnHomeSchema, [scope, unknown]);
  for (const { id, home } of former) {
    const place = await locate(context, home, id);
    if (place.kind === 'moving') throw new NotNow();
    if (place.kind === 'home') homeByPatient.set(id, place.scope);
  }
}

function targetsOf(scope: Scope, document: sql.Document, relations: Relations): readonly Scope[] {
  const targets =
    document.collection === 'requests'
      ? targetsOfRequest(document)
      : targetsOfPatientRecord(document, relations);
  return [...new Set(targets)].filter((target) => target !== scope && target !== document.home);
}

function targetsOfPatientRecord(
  document: sql.Document,
  { homeByPatient, guestsByPatient }: Relations,
): readonly Scope[] {
  const patient = patientOf(document);
  const home = patient === null ? undefined : homeByPatient.get(patient);
  if (patient === null || home === undefined) return [];
  if (home === null) return guestsByPatient.get(patient) ?? [];
  return document.home === null ? [home] : [];
}

/**
 * From its home to those it names: whom it is addressed to, and whom the center found. Events are only ever added, so
 * whoever got the request once gets every later version.
 */
function targetsOfRequest(document: sql.Document): readonly Scope[] {
  if (document.home !== null) return [];
  const { matter, events } = readStored('requests', document.body).body;
  const named = events.flatMap((event) =>
    event.kind === 'granted' ? [event.home] : event.kind === 'moved' ? [event.from, event.to] : [],
  );
  return matter.kind === 'access' ? named : [matter.to, ...named];
}
