import pg from 'pg';
import { expect, it } from 'vitest';
import { createIngest } from '#center/ingest/push-batch.ts';
import { openDatabase } from '#center/postgres/database.ts';
import { checkEverything } from './sharing-checks.ts';
import {
  documentAt,
  type Facility,
  newPatient,
  newRequest,
  newVisit,
  type Office,
  pushOk,
  referral,
  type SharingWorld,
  settle,
} from './sharing-world.ts';
import { withOneOffice } from './world-of-file.ts';

let world: SharingWorld;
let office: Office;

withOneOffice((began) => {
  ({ world, office } = began);
});

/** The name of an advisory lock that batches of a slow office wait for. */
const gate = 4711;

/**
 * An office whose batches wait between looking for shares and taking their positions. They wait in PostgreSQL: a batch asks for all
 * of its statements without waiting for their answers.
 */
function slowOffice(hasLooked: () => void): Office {
  const database = openDatabase(world.url, () => undefined, 2);
  const { hooks } = office.sharing;
  const ingest = createIngest(database, world.effects, {
    ...hooks,
    onApplied: async (session, origin, rows) => {
      const noted = hooks.onApplied(session, origin, rows);
      const waits = [
        session.run({ name: '', text: 'set local lock_timeout = 0' }, []),
        session.run({ name: '', text: `select pg_advisory_xact_lock(${gate})` }, []),
      ];
      await noted;
      hasLooked();
      await Promise.all(waits);
      return await noted;
    },
  });
  return { ...office, ingest };
}

/** Resolves when the facility has the record, and no longer time has passed than it took. */
async function isThere(collection: 'patients' | 'visits', { scope }: Facility, id: string): Promise<void> {
  for (let round = 0; round < 200; round += 1) {
    if ((await documentAt(world, collection, scope, id)) !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the record never came');
}

it('SHR-4: brings a visit that was being written while its patient was shared', async () => {
  const [here, there] = [await world.facility(), await world.facility()];
  const patient = newPatient(here);
  await pushOk(office, here, patient);
  const holder = new pg.Client(world.url);
  await holder.connect();
  await holder.query(`select pg_advisory_lock(${gate})`);
  const visit = newVisit(here, patient.id);
  const looked = new Promise<void>((resolve) => {
    void pushOk(slowOffice(resolve), here, visit).catch(() => undefined);
  });
  await looked;
  await pushOk(office, here, newRequest(here, referral(patient.id, there.scope)));
  await isThere('patients', there, patient.id);
  await office.sharing.courier.idle();
  expect(await documentAt(world, 'visits', here.scope, visit.id)).toBeUndefined();
  await holder.end();
  await isThere('visits', here, visit.id);
  await settle(world, office);
  expect(await documentAt(world, 'visits', there.scope, visit.id)).toBeDefined();
  await checkEverything(world);
});

it('SHR-6: brings home what a guest wrote before the share ended and sent after it', async () => {
  const [here, there] = [await world.facility(), await world.facility()];
  const pinfl = '41203851234599';
  const patient = newPatient(here, { pinfl });
  await pushOk(office, here, patient);
  await pushOk(
    office,
    there,
    newRequest(there, { kind: 'access', pinfl, ground: 'break-glass', reason: 'hushsiz' }),
  );
  await settle(world, office);
  expect(await documentAt(world, 'patients', there.scope, patient.id)).toBeDefined();
  const visit = newVisit(there, patient.id);
  world.passTime(4 * 24 * 3_600_000);
  await settle(world, office);
  expect(await documentAt(world, 'patients', there.scope, patient.id)).toBeUndefined();
  await pushOk(office, there, visit);
  await settle(world, office);
  expect(await documentAt(world, 'visits', here.scope, visit.id)).toBeDefined();
});
