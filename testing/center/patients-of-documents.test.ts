import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRecords } from '#center/facilities.ts';
import { migrate, migrations } from '#center/migrations/migrate.ts';
import { writeCenterVersion } from '#center/sharing/write-center-version.ts';
import { RecordIdSchema } from '#contracts/ids.ts';
import {
  centerId,
  documentAt,
  edited,
  eventNow,
  type Facility,
  newPatient,
  newRequest,
  newReview,
  newVisit,
  type Office,
  openOffice,
  pushOk,
  referral,
  type SharingWorld,
  settle,
  startSharingWorld,
} from './sharing-world.ts';
import type { TestRow } from './test-records.ts';
import { withOneOffice } from './world-of-file.ts';

let world: SharingWorld;
let office: Office;

describe('SHA-10: whose record it is', () => {
  withOneOffice((began) => {
    ({ world, office } = began);
  });

  it('stands with what says so itself, and not with patients', async () => {
    const here = await world.facility();
    const patient = newPatient(here);
    const visit = newVisit(here, patient.id);
    const review = newReview(here, patient.id, here.scope);
    await pushOk(office, here, patient, visit, review);
    expect(await patientOf(here, patient)).toBeNull();
    expect(await patientOf(here, visit)).toBe(patient.id);
    expect(await patientOf(here, review)).toBe(patient.id);
  });

  it('stands with each of many that come at once', async () => {
    const here = await world.facility();
    const patients = Array.from({ length: 150 }, () => newPatient(here));
    const visits = patients.map(({ id }) => newVisit(here, id));
    await pushOk(office, here, ...patients);
    await pushOk(office, here, ...visits);
    expect(await Promise.all(visits.map((visit) => patientOf(here, visit)))).toEqual(
      patients.map(({ id }) => id),
    );
  });

  it('is found for a review of a visit, written before it or with it', async () => {
    const here = await world.facility();
    const patient = newPatient(here);
    const visit = newVisit(here, patient.id);
    const withVisit = newReview(here, visit.id, here.scope, 'visits');
    await pushOk(office, here, withVisit, patient, visit);
    expect(await patientOf(here, withVisit)).toBe(patient.id);
    const later = newReview(here, visit.id, here.scope, 'visits');
    await pushOk(office, here, later);
    expect(await patientOf(here, later)).toBe(patient.id);
    const ofNobody = newReview(here, newVisit(here, patient.id).id, here.scope, 'visits');
    await pushOk(office, here, ofNobody);
    expect(await patientOf(here, ofNobody)).toBeNull();
  });

  it('follows a visit that turns out to be another patient’s', async () => {
    const here = await world.facility();
    const [one, other] = [newPatient(here), newPatient(here)];
    const visit = newVisit(here, one.id);
    await pushOk(office, here, one, other, visit);
    await pushOk(
      office,
      here,
      await edited(world, here, 'visits', visit.id, (before) => ({ ...before, patientId: other.record.id })),
    );
    expect(await patientOf(here, visit)).toBe(other.id);
  });

  it('stands with what the center loads or writes by itself', async () => {
    const here = await world.facility();
    const [one, other] = [newPatient(here), newPatient(here)];
    const visit = newVisit(here, one.id);
    const records = [one, other, visit].map(({ collection, record }) => ({ collection, record }));
    await loadRecords(world.database, records, world.effects);
    expect(await patientOf(here, visit)).toBe(one.id);
    const context = {
      database: world.database,
      effects: world.effects,
      center: centerId,
      announce: () => undefined,
    };
    await world.database.transaction((session) =>
      writeCenterVersion(session, context, {
        scope: here.scope,
        collection: 'visits',
        id: visit.record.id,
        purpose: 'settle',
        change: ({ body }) => ({ body: { ...body, patientId: other.record.id } }),
      }),
    );
    expect(await patientOf(here, visit)).toBe(other.id);
  });

  it('is known of a visit that left: a review of it still goes home', async () => {
    const [here, there] = [await world.facility(), await world.facility()];
    const patient = newPatient(here);
    const visit = newVisit(here, patient.id);
    const asked = newRequest(here, referral(patient.id, there.scope));
    await pushOk(office, here, patient, visit, asked);
    await settle(world, office);
    expect(await patientOf(there, visit)).toBe(patient.id);
    const answered = eventNow('answered');
    await pushOk(
      office,
      here,
      await edited(world, here, 'requests', asked.id, (body) => ({
        ...body,
        events: [...body.events, answered],
      })),
    );
    await settle(world, office);
    world.passTime(91 * 24 * 3_600_000);
    await settle(world, office);
    expect(await documentAt(world, 'visits', there.scope, visit.id)).toBeUndefined();
    const late = newReview(there, visit.id, there.scope, 'visits');
    await pushOk(office, there, late);
    expect(await patientOf(there, late)).toBe(patient.id);
    await settle(world, office);
    expect(await documentAt(world, 'reviews', here.scope, late.id)).toMatchObject({ home: there.scope });
  });
});

describe('SHA-10, MIG-1: what an older center noted of patients', () => {
  beforeAll(async () => {
    world = await startSharingWorld((database) => migrate(database, migrations.slice(0, 7)));
  });
  afterAll(async () => {
    await office?.sharing.courier.close();
    await world?.close();
  });

  it('stands with the documents, and with the traces of those that left', async () => {
    const here = await world.facility(undefined, true);
    await run(
      "insert into device (id, scope, public_key, label, enrolled_at) values ($1, $2, '', '', 0) on conflict do nothing",
      [here.device, here.scope],
    );
    const patient = newPatient(here);
    const [visit, gone] = [newVisit(here, patient.id), newVisit(here, patient.id)];
    const review = newReview(here, visit.id, here.scope, 'visits');
    for (const { collection, id, rev, record } of [patient, visit, review]) {
      await run('insert into doc (scope, collection, id, rev, body) values ($1, $2, $3, $4, $5)', [
        here.scope,
        collection,
        id,
        rev,
        JSON.stringify(record),
      ]);
    }
    await run(
      "insert into withdrawn (scope, collection, id, home, at) values ($1, 'visits', $2, 'TRN000009', 1)",
      [here.scope, gone.id],
    );
    for (const { collection, id } of [visit, review, gone]) {
      await run('insert into patient_record (scope, collection, id, patient) values ($1, $2, $3, $4)', [
        here.scope,
        collection,
        id,
        patient.id,
      ]);
    }
    await migrate(world.database);
    office = openOffice(world);
    expect(await patientOf(here, patient)).toBeNull();
    expect(await patientOf(here, visit)).toBe(patient.id);
    expect(await patientOf(here, review)).toBe(patient.id);
    const late = newReview(here, gone.id, here.scope, 'visits');
    await pushOk(office, here, late);
    expect(await patientOf(here, late)).toBe(patient.id);
  });
});

const PatientSchema = v.object({ patient: v.nullable(RecordIdSchema) });

const run = (text: string, values: readonly (string | null)[]) =>
  world.database.run({ name: '', text }, values);

/** As the facility's own row says it. */
async function patientOf(
  { scope }: Facility,
  { collection, id }: TestRow,
): Promise<string | null | undefined> {
  const text = 'select patient from doc where scope = $1 and collection = $2 and id = $3';
  const [row] = await world.database.rows({ name: '', text }, PatientSchema, [scope, collection, id]);
  return row?.patient;
}
