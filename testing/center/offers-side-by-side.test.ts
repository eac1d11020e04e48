import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CenterWorld, startWorld } from './center-world.ts';
import { facilityA, offered, offeredDelta, patientRow, renamed, type TestRow } from './test-records.ts';
import { connectTwo, type WelcomedTwo } from './wire-client-two.ts';

// docs/specs/center.md ING-13: while PostgreSQL is busy with new records of a workstation, its next offer is put to it.

let world: CenterWorld;
let workstation: WelcomedTwo;

beforeAll(async () => {
  world = await startWorld();
  workstation = await connectTwo(world.center.url, await world.enrol());
});
afterAll(async () => {
  await workstation?.close();
  await world?.close();
});

let batch = 1_000;
const send = (rows: readonly unknown[]): number => {
  batch += 1;
  workstation.send({ type: 'offer', batch, rows });
  return batch;
};

/**
 * Sends the offers while nobody gets a position in the feed. Then how many transactions want one, once at least `expected` do and the
 * center had time for more; and the outcomes by offer.
 */
async function offerWhileHeld(expected: number, ...offers: readonly (readonly unknown[])[]) {
  await world.sql.query('begin');
  await world.sql.query('select 1 from scope_head where scope = $1 for update', [facilityA]);
  const batches = offers.map(send);
  while ((await countWaiting()) < expected) await workstation.digest();
  for (let round = 0; round < 10; round += 1) await workstation.digest();
  const waiting = await countWaiting();
  await world.sql.query('commit');
  const outcomes = new Map<number, unknown>();
  for (const _each of offers) {
    const answer = await workstation.next('outcomes');
    outcomes.set(answer.batch, answer.outcomes[0]);
  }
  return { waiting, outcomes: batches.map((each) => outcomes.get(each)) };
}

/** Transactions of the center that wait for a lock. */
const countWaiting = () =>
  world.count(
    `select count(*) from pg_stat_activity where application_name = 'hamshira center' and wait_event_type = 'Lock'`,
    [],
  );

const newest = async (row: TestRow) =>
  await world.count('select count(*) from doc where id = $1 and rev = $2', [row.record.id, row.record.rev]);

it('two offers of new records are applied at once, the third after one of them', async () => {
  const head = await world.headOf(facilityA);
  const rows = [patientRow(facilityA), patientRow(facilityA), patientRow(facilityA)];
  const { waiting, outcomes } = await offerWhileHeld(2, ...rows.map((row) => [offered(row)]));
  expect(waiting).toBe(2);
  expect([...outcomes].sort()).toEqual([head + 1, head + 2, head + 3]);
  for (const row of rows) expect(await newest(row)).toBe(1);
});

it('behind edits nothing is applied before they are', async () => {
  const known = patientRow(facilityA);
  expect(await workstation.offer([offered(known)])).toHaveLength(1);
  const head = await world.headOf(facilityA);
  const edit = renamed(known, 'Yangi');
  const { waiting, outcomes } = await offerWhileHeld(
    1,
    [offeredDelta(edit, known)],
    [offered(patientRow(facilityA))],
  );
  expect(waiting).toBe(1);
  expect(outcomes).toEqual([head + 1, head + 2]);
});

it('a record that a workstation wrongly offers twice at once is applied once', async () => {
  const head = await world.headOf(facilityA);
  const row = patientRow(facilityA);
  const { outcomes } = await offerWhileHeld(1, [offered(row)], [offered(row)]);
  expect(outcomes).toEqual([head + 1, head + 1]);
  expect(await world.headOf(facilityA)).toBe(head + 1);
});
