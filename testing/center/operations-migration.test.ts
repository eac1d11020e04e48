import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrate, migrations } from '#center/migrations/migrate.ts';
import {
  countOf,
  newPatient,
  openOffice,
  push,
  type SharingWorld,
  startSharingWorld,
} from './sharing-world.ts';

let world: SharingWorld;

beforeAll(async () => {
  world = await startSharingWorld((database) => migrate(database, migrations.slice(0, 4)));
});
afterAll(async () => {
  await world?.close();
});

it('MIG-1, ING-2: operations that an older center took are answered with their first answer', async () => {
  const facility = await world.facility(undefined, true);
  const { scope, device } = facility;
  const taken = [newPatient(facility), newPatient(facility)];
  const run = (text: string, values: readonly (string | number | null)[]) =>
    world.database.run({ name: '', text }, values);
  await run(
    "insert into device (id, scope, public_key, label, enrolled_at) values ($1, $2, '', '', 0) on conflict do nothing",
    [device, scope],
  );
  for (const [index, { collection, id, rev, op, record }] of taken.entries()) {
    await run('insert into doc (scope, collection, id, rev, body) values ($1, $2, $3, $4, $5)', [
      scope,
      collection,
      id,
      rev,
      JSON.stringify(record),
    ]);
    await run(
      'insert into feed (scope, seq, lane, collection, id, rev, device, at) values ($1, $2, 1, $3, $4, $5, $6, 700)',
      [scope, index + 2, collection, id, rev, device],
    );
    await run('insert into push_log (scope, op, device, rev, seq, at) values ($1, $2, $3, $4, $5, 700)', [
      scope,
      op,
      device,
      rev,
      index + 2,
    ]);
  }
  const ofCenter = newPatient(facility);
  await run(
    'insert into feed (scope, seq, lane, collection, id, rev, device, at) values ($1, 1, 3, $2, $3, $4, null, 700)',
    [scope, 'reference', ofCenter.id, ofCenter.rev],
  );
  await run('update scope_head set head = 3 where scope = $1', [scope]);

  await migrate(world.database);

  const office = openOffice(world);
  const fresh = newPatient(facility);
  const verdicts = await push(office, facility, [...taken, fresh]);
  expect(verdicts).toMatchObject([
    { verdict: 'ok', op: taken[0]?.op, seq: 2, at: 700 },
    { verdict: 'ok', op: taken[1]?.op, seq: 3, at: 700 },
    { verdict: 'ok', op: fresh.op, seq: 4 },
  ]);
  expect(await countOf(world, 'select count(*) as count from feed where scope = $1', [scope])).toBe(4);
  const withoutOperation = 'select count(*) as count from feed where scope = $1 and op is null';
  expect(await countOf(world, withoutOperation, [scope])).toBe(1);
  await office.sharing.courier.close();
});
