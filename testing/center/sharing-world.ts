import { randomBytes, randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import * as v from 'valibot';
import { createFacility } from '#center/facilities.ts';
import { createIngest, type Ingest } from '#center/ingest/push-batch.ts';
import { migrate } from '#center/migrations/migrate.ts';
import type { Effects } from '#center/ports.ts';
import { type Database, openDatabase } from '#center/postgres/database.ts';
import { startEmbeddedPostgres } from '#center/postgres/embedded.ts';
import { type Sharing, startSharing } from '#center/sharing/sharing.ts';
import type { SharingContext } from '#center/sharing/sharing-context.ts';
import {
  type DeviceId,
  DeviceIdSchema,
  EntryIdSchema,
  HlcSchema,
  type PersonId,
  PersonIdSchema,
  type RecordId,
  type Scope,
  ScopeSchema,
} from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import { type CollectionName, type RecordOf, recordSchemas } from '#contracts/records/registry.ts';
import type { RequestBody } from '#contracts/records/requests.ts';
import type { ReviewBody } from '#contracts/records/reviews.ts';
import type { VisitBody } from '#contracts/records/visits.ts';
import type { Verdict } from '#contracts/wire/center-messages.ts';
import { newDataFolder } from './center-world.ts';
import { facilityRecord, newRecordId, rowFor, somePerson, type TestRow } from './test-records.ts';

/** The tables of a center on real PostgreSQL, without gateway: tests push rows and run couriers as they like. */
export interface SharingWorld {
  readonly database: Database;
  readonly url: string;
  readonly effects: Effects;
  /** The center's clock goes forward, for leases and ends of shares. */
  passTime(milliseconds: number): void;
  /** A facility with a device; `isOld`: as a center made it that knew no sharing. */
  facility(district?: string, isOld?: boolean): Promise<Facility>;
  close(): Promise<void>;
}

/** A facility and one workstation of it. */
export interface Facility {
  readonly scope: Scope;
  readonly device: DeviceId;
}

export const centerId = '0199c000-0000-7000-8000-00000000cccc';
const centerPerson: PersonId = v.parse(PersonIdSchema, centerId);

let facilities = 0;

/** Starts PostgreSQL with the center's tables. */
export async function startSharingWorld(
  makeTables: (database: Database) => Promise<void> = (database) => migrate(database),
): Promise<SharingWorld> {
  const dataFolder = await newDataFolder();
  let passed = 0;
  const effects: Effects = {
    clock: { now: () => Date.now() + passed },
    timers: {
      after: (waitMs, run) => {
        const timer = setTimeout(run, waitMs);
        return () => clearTimeout(timer);
      },
    },
    random: { bytes: (length) => randomBytes(length) },
    log: () => undefined,
  };
  const postgres = await startEmbeddedPostgres(join(dataFolder, 'postgres'), effects);
  const database = openDatabase(postgres.url, effects.log, 6);
  await makeTables(database);
  return {
    database,
    url: postgres.url,
    effects,
    passTime: (milliseconds) => {
      passed += milliseconds;
    },
    facility: async (district = '1718203', isOld = false) => {
      facilities += 1;
      const scope = v.parse(ScopeSchema, `TST${String(facilities).padStart(6, '0')}`);
      const device = v.parse(DeviceIdSchema, randomUUID());
      if (isOld) {
        const text = 'insert into scope_head (scope) values ($1)';
        await database.run({ name: '', text }, [scope]);
        return { scope, device };
      }
      const record = facilityRecord(scope);
      if (record.body.kind !== 'facility') throw new Error('not a facility');
      const inDistrict = rowFor('reference', { ...record, body: { ...record.body, district } });
      await createFacility(database, v.parse(recordSchemas.reference, inDistrict.record), effects);
      await database.run(
        {
          name: '',
          text: "insert into device (id, scope, public_key, label, enrolled_at) values ($1, $2, '', '', 0)",
        },
        [device, scope],
      );
      return { scope, device };
    },
    close: async () => {
      await database.close();
      await postgres.stop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

/** Three facilities that are not each other's neighbours: of three regions. */
export const threeFacilities = async (world: SharingWorld) =>
  [
    await world.facility('1703203'),
    await world.facility('1735203'),
    await world.facility('1726203'),
  ] as const;

/** A courier with its ingest, on a database that may be a failing one. */
export interface Office {
  readonly ingest: Ingest;
  readonly sharing: Sharing;
}

/** Opens an office; its courier begins at once. */
export function openOffice(world: SharingWorld, database: Database = world.database): Office {
  const context: SharingContext = {
    database,
    effects: world.effects,
    center: centerId,
    announce: () => undefined,
  };
  const sharing = startSharing(context);
  return { sharing, ingest: createIngest(database, world.effects, sharing.hooks) };
}

const RowCountSchema = v.object({ count: v.pipe(v.union([v.string(), v.number()]), v.transform(Number)) });

/** Counts by SQL. */
export async function countOf(
  world: SharingWorld,
  text: string,
  values: (string | null)[] = [],
): Promise<number> {
  const [row] = await world.database.rows({ name: '', text }, RowCountSchema, values);
  return row?.count ?? 0;
}

/** Lets couriers work until no errand is left. Fails if that takes too long. */
export async function settle(world: SharingWorld, ...offices: readonly Office[]): Promise<void> {
  for (let round = 0; round < 100; round += 1) {
    for (const { sharing } of offices) sharing.courier.hurry();
    await Promise.all(offices.map(({ sharing }) => sharing.courier.idle()));
    if ((await countOf(world, 'select count(*) as count from errand')) === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
    world.passTime(70_000);
  }
  throw new Error('errands are never done');
}

/** Pushes rows of one device and gives their verdicts; asks again what was put off. */
export async function push(
  office: Office,
  { device, scope }: Facility,
  rows: readonly TestRow[],
): Promise<readonly Verdict[]> {
  for (let round = 0; round < 50; round += 1) {
    const outcome = await office.ingest.push(device, scope, rows);
    if (outcome.kind === 'refused') throw new Error(`refused: ${outcome.code}`);
    if (outcome.verdicts.every(({ verdict }) => verdict !== 'retry')) return outcome.verdicts;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('put off for ever');
}

/** Pushes rows that have to be taken. */
export async function pushOk(office: Office, facility: Facility, ...rows: readonly TestRow[]): Promise<void> {
  for (const verdict of await push(office, facility, rows)) {
    if (verdict.verdict !== 'ok')
      throw new Error(`${verdict.verdict} instead of ok: ${JSON.stringify(verdict)}`);
  }
}

const envelope = (scope: Scope, device: DeviceId, id: RecordId) => ({
  id,
  scope,
  author: somePerson,
  device,
  capturedAt: Date.now(),
  hlc: v.parse(HlcSchema, '0199b0000000-0000-00000001'),
});

/** A new patient of the facility. */
export function newPatient({ scope, device }: Facility, changes: Partial<PatientBody> = {}): TestRow {
  const body: PatientBody = {
    name: { family: 'Qodirova', given: 'Gulnora' },
    sex: 'female',
    birth: { date: '1985-03-12' },
    allergyStatus: 'not-recorded',
    allergies: [],
    problems: [],
    ...changes,
  };
  return rowFor('patients', { ...envelope(scope, device, newRecordId()), body });
}

/** A new visit at the facility. */
export function newVisit({ scope, device }: Facility, patientId: string, reason = 'bosh og‘rig‘i'): TestRow {
  const body: VisitBody = {
    patientId: v.parse(recordSchemas.visits.entries.id, patientId),
    day: v.parse(recordSchemas.visits.entries.body, {
      patientId,
      day: '2026-11-20',
      reason,
      urgency: 'routine',
      entries: [],
    }).day,
    reason,
    urgency: 'routine',
    entries: [],
  };
  return rowFor('visits', { ...envelope(scope, device, newRecordId()), body });
}

/** A new question about a patient or a visit, made at the facility and said to be at home at `home`. */
export function newReview(
  { device }: Facility,
  subjectId: string,
  home: Scope,
  collection: 'patients' | 'visits' = 'patients',
): TestRow {
  const id = v.parse(recordSchemas.patients.entries.id, subjectId);
  const body: ReviewBody = {
    subject: { collection, id },
    question: { kind: 'possible-duplicate', other: newRecordId(), score: 1 },
    decisions: [],
  };
  return rowFor('reviews', { ...envelope(home, device, newRecordId()), body });
}

/** A new request of the facility. */
export function newRequest(
  { scope, device }: Facility,
  matter: RequestBody['matter'],
  events: RequestBody['events'] = [],
): TestRow {
  const body: RequestBody = { matter, urgency: 'routine', events };
  return rowFor('requests', { ...envelope(scope, device, newRecordId()), body });
}

export const referral = (patientId: string, to: Scope): RequestBody['matter'] => ({
  kind: 'referral',
  patientId: v.parse(recordSchemas.patients.entries.id, patientId),
  to,
  reason: 'kardiolog ko‘rigi',
});
export const moving = (patientId: string, to: Scope): RequestBody['matter'] => ({
  kind: 'move',
  patientId: v.parse(recordSchemas.patients.entries.id, patientId),
  to,
  reason: 'ko‘chib ketdi',
});
export const access = (pinfl: string, ground: 'consent' | 'break-glass'): RequestBody['matter'] => ({
  kind: 'access',
  pinfl,
  ground,
  reason: 'hushsiz keltirildi',
});

const DocumentSchema = v.object({ rev: v.string(), home: v.nullable(ScopeSchema), body: v.string() });

/** A record as a facility has it; undefined if it has none. */
export async function documentAt<C extends CollectionName>(
  world: SharingWorld,
  collection: C,
  scope: Scope,
  id: string,
): Promise<{ readonly home: Scope | null; readonly record: RecordOf<C> } | undefined> {
  const text = 'select rev, home, body from doc where scope = $1 and collection = $2 and id = $3';
  const [row] = await world.database.rows({ name: '', text }, DocumentSchema, [scope, collection, id]);
  if (row === undefined) return undefined;
  const schemas: { readonly [Name in CollectionName]: v.GenericSchema<unknown, RecordOf<Name>> } =
    recordSchemas;
  const record = v.parse(schemas[collection], JSON.parse(row.body));
  return { home: row.home, record };
}

/** The request as it stands at its home. */
export async function eventsOf(world: SharingWorld, { scope }: Facility, id: string) {
  return (await documentAt(world, 'requests', scope, id))?.record.body.events ?? [];
}

/** The next version of what a facility has: another body, same home. */
export async function edited<C extends CollectionName>(
  world: SharingWorld,
  { scope, device }: Facility,
  collection: C,
  id: string,
  change: (body: RecordOf<C>['body']) => RecordOf<C>['body'],
): Promise<TestRow> {
  const found = await documentAt(world, collection, scope, id);
  if (found === undefined) throw new Error(`no ${collection} here`);
  const { rev, ...content } = found.record;
  return rowFor(collection, { ...content, device, author: somePerson, body: change(found.record.body) }, rev);
}

/** A person's event for a request. */
export const eventNow = (kind: 'cancelled' | 'declined' | 'answered') => {
  const own = { id: v.parse(EntryIdSchema, randomUUID()), at: Date.now(), by: somePerson };
  if (kind === 'cancelled') return { ...own, kind, reason: 'xato' };
  if (kind === 'declined') return { ...own, kind, note: 'joy yo‘q' };
  return { ...own, kind, text: 'ko‘rildi' };
};

export const isCenters = ({ by }: { readonly by: PersonId }) => by === centerPerson;

/** Whether a version is in the center: newest or in history, at any facility. */
export async function isKept(world: SharingWorld, row: TestRow): Promise<boolean> {
  const text = `select (select count(*) from doc where id = $1 and rev = $2 and home is null)
    + (select count(*) from doc_history where id = $1 and rev = $2) as count`;
  return (await countOf(world, text, [row.id, row.rev])) > 0;
}

/** Resolves when a record has come to a facility. */
export async function settledAt(sql: pg.Client, scope: Scope, id: string): Promise<void> {
  for (let round = 0; round < 500; round += 1) {
    const { rowCount } = await sql.query('select 1 from doc where scope = $1 and id = $2', [scope, id]);
    if ((rowCount ?? 0) > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the record never came');
}
