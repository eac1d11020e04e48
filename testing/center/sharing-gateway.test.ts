import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CenterWorld, startWorld } from './center-world.ts';
import { newPatient, newRequest, referral, settledAt } from './sharing-world.ts';
import { facilityA, facilityB, renamed } from './test-records.ts';
import { connect } from './wire-client.ts';

let world: CenterWorld;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world?.close();
});

it('SHR-5: tells a device how far the backup reaches for rows about other facilities’ records', async () => {
  const [here, there] = [await world.enrol(facilityA), await world.enrol(facilityB)];
  const [home, guest] = [await connect(world.center.url, here), await connect(world.center.url, there)];
  const patient = newPatient(here);
  const verdicts = await home.push([patient, newRequest(here, referral(patient.id, facilityB))]);
  expect(verdicts.map(({ verdict }) => verdict)).toEqual(['ok', 'ok']);
  await settledAt(world.sql, facilityB, patient.id);
  const edit = renamed(patient, 'Boshqa');
  const [verdict] = await guest.push([edit]);
  if (verdict?.verdict !== 'ok') throw new Error(JSON.stringify(verdict));
  for (;;) {
    const durable = await guest.next('durable');
    // Positions of the guest's own feed, whoever the record belongs to.
    if (durable.scope === facilityA && durable.seq >= verdict.seq) break;
  }
  const again = await connect(world.center.url, there);
  const told = [await again.next('durable'), await again.next('durable')];
  expect(told.map(({ scope }) => scope).sort()).toEqual([facilityB, facilityA].sort());
  expect(new Set(told.map(({ seq }) => seq)).size).toBe(1);
  for (const client of [home, guest, again]) await client.close();
});
