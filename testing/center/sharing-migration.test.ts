import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrate, migrations } from '#center/migrations/migrate.ts';
import {
  countOf,
  documentAt,
  newPatient,
  newRequest,
  newVisit,
  openOffice,
  referral,
  type SharingWorld,
  settle,
  startSharingWorld,
} from './sharing-world.ts';
import type { TestRow } from './test-records.ts';

let world: SharingWorld;

beforeAll(async () => {
  world = await startSharingWorld((database) => migrate(database, migrations.slice(0, 2)));
});
afterAll(async () => {
  await world?.close();
});

it('MIG-1: what an older center holds is found by PINFL, by patient, and old requests are acted upon', async () => {
  const here = await world.facility(undefined, true);
  const there = await world.facility(undefined, true);
  const patient = newPatient(here, { pinfl: '41203851234561' });
  const visit = newVisit(here, patient.id);
  const asked = newRequest(here, referral(patient.id, there.scope));
  for (const row of [patient, visit, asked]) await insert(row);
  await migrate(world.database);
  const subjects = 'select count(*) as count from doc where id = $1 and patient = $2';
  expect(await countOf(world, subjects, [visit.id, patient.id])).toBe(1);
  const found = 'select count(*) as count from pinfl where pinfl = $1 and id = $2';
  expect(await countOf(world, found, ['41203851234561', patient.id])).toBe(1);
  const office = openOffice(world);
  await settle(world, office);
  expect(await documentAt(world, 'visits', there.scope, visit.id)).toMatchObject({ home: here.scope });
  await office.sharing.courier.close();
});

async function insert({ collection, id, rev, record }: TestRow): Promise<void> {
  await world.database.run(
    { name: '', text: 'insert into doc (scope, collection, id, rev, body) values ($1, $2, $3, $4, $5)' },
    [record.scope, collection, id, rev, JSON.stringify(record)],
  );
}
