import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '#center/postgres/database.ts';
import { EntryIdSchema } from '#contracts/ids.ts';
import { type RecordOf, recordSchemas } from '#contracts/records/registry.ts';
import { checkEverything } from './sharing-checks.ts';
import {
  access,
  documentAt,
  type Facility,
  isKept,
  moving,
  newPatient,
  newRequest,
  newVisit,
  type Office,
  openOffice,
  push,
  pushOk,
  referral,
  type SharingWorld,
  settle,
  startSharingWorld,
} from './sharing-world.ts';
import { rowFor, somePerson, type TestRow } from './test-records.ts';

let world: SharingWorld;

beforeAll(async () => {
  world = await startSharingWorld();
});
afterAll(async () => {
  await world?.close();
});

/** A nurse who adds allergies and keeps account of what was acknowledged. */
interface Nurse {
  readonly facility: Facility;
  readonly office: Office;
  readonly acknowledged: TestRow[];
  readonly allergies: string[];
}

/**
 * Adds an allergy on what the facility has, as a workstation does: an answer in conflict is merged and offered again.
 * Does nothing while the facility does not have the patient.
 */
async function addAllergy(
  { facility, office, acknowledged, allergies }: Nurse,
  patient: string,
): Promise<void> {
  const found = await documentAt(world, 'patients', facility.scope, patient);
  if (found === undefined) return;
  const id = v.parse(EntryIdSchema, randomUUID());
  const allergy = { id, substance: 'Penitsillin', at: Date.now(), by: somePerson };
  let present: RecordOf<'patients'> = found.record;
  for (let round = 0; round < 40; round += 1) {
    const { rev, ...content } = present;
    const body = { ...present.body, allergies: [...present.body.allergies, allergy] };
    const row = rowFor('patients', { ...content, device: facility.device, body }, rev);
    const [verdict] = await push(office, facility, [row]);
    if (verdict?.verdict === 'ok') {
      acknowledged.push(row);
      allergies.push(id);
      return;
    }
    if (verdict?.verdict !== 'conflict')
      throw new Error(
        `an edit was answered ${JSON.stringify({ verdict, scope: row.record.scope, facility })}`,
      );
    present = v.parse(recordSchemas.patients, verdict.record);
  }
  throw new Error('an edit is in conflict for ever');
}

it('SHR-7: loses no acknowledged write while a patient is edited everywhere and moves in a circle', {
  timeout: 180_000,
}, async () => {
  const pools = [
    openDatabase(world.url, () => undefined, 5),
    openDatabase(world.url, () => undefined, 5),
  ] as const;
  const offices = pools.map((pool) => openOffice(world, pool));
  const [one, two] = offices;
  if (one === undefined || two === undefined) throw new Error('no offices');
  const places = [await world.facility(), await world.facility(), await world.facility()] as const;
  const [first, second, third] = places;
  const pinfl = '41203851234561';
  const patient = newPatient(first, { pinfl });
  await pushOk(one, first, patient);
  await pushOk(one, first, newRequest(first, referral(patient.id, second.scope)));
  await pushOk(one, first, newRequest(first, referral(patient.id, third.scope)));
  await settle(world, ...offices);
  const nurses = places.flatMap((facility): Nurse[] => [
    { facility, office: one, acknowledged: [], allergies: [] },
    { facility, office: two, acknowledged: [], allergies: [] },
  ]);
  const visits: TestRow[] = [];
  const work = nurses.map(async (nurse) => {
    for (let edit = 0; edit < 8; edit += 1) {
      await addAllergy(nurse, patient.id);
      if (edit % 4 !== 0) continue;
      const visit = newVisit(nurse.facility, patient.id);
      await pushOk(nurse.office, nurse.facility, visit);
      visits.push(visit);
    }
  });
  const requests: { facility: Facility; row: TestRow }[] = [];
  const travel = (async () => {
    for (const to of [second, third, first, third]) {
      const row = newRequest(to, moving(patient.id, to.scope));
      const asking = newRequest(second, access(pinfl, 'break-glass'));
      await Promise.all([pushOk(two, to, row), pushOk(one, second, asking)]);
      requests.push({ facility: to, row });
      for (const { sharing } of offices) sharing.courier.hurry();
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  })();
  const outcomes = await Promise.allSettled([...work, travel]);
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  expect(failures).toEqual([]);
  await settle(world, ...offices);

  const homes = await Promise.all(
    places.map(({ scope }) => documentAt(world, 'patients', scope, patient.id)),
  );
  const atHome = homes.filter((document) => document?.home === null);
  expect(atHome).toHaveLength(1);
  const kept = new Set(atHome[0]?.record.body.allergies.map(({ id }) => String(id)));
  const added = nurses.flatMap(({ allergies }) => allergies);
  expect(added.length).toBeGreaterThan(30);
  expect(added.filter((id) => !kept.has(id))).toEqual([]);
  for (const row of nurses.flatMap(({ acknowledged }) => acknowledged))
    expect(await isKept(world, row)).toBe(true);
  const home = atHome[0]?.record.scope ?? first.scope;
  for (const visit of visits) expect(await documentAt(world, 'visits', home, visit.id)).toBeDefined();
  for (const { facility, row } of requests) {
    const events = (await documentAt(world, 'requests', facility.scope, row.id))?.record.body.events;
    expect(events?.filter(({ kind }) => kind === 'moved')).toHaveLength(1);
  }
  const frozen = places.flatMap(({ scope }) => visits.map(({ id }) => `${scope}/visits/${id}`));
  await checkEverything(world, frozen);
  for (const { sharing } of offices) await sharing.courier.close();
  for (const pool of pools) await pool.close();
});
