import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findWrongDigests, readDigests } from '#center/feed/digests.ts';
import { createIngest } from '#center/ingest/push-batch.ts';
import { firstTables } from '#center/migrations/0001-first-tables.ts';
import { migrate } from '#center/migrations/migrate.ts';
import { type Database, openDatabase } from '#center/postgres/database.ts';
import { systemEffects } from '#center/system-effects.ts';
import { RecordIdSchema, RevisionSchema, ScopeSchema } from '#contracts/ids.ts';
import { CollectionNameSchema } from '#contracts/records/registry.ts';
import { bucketOf, RecordDigest } from '#sync/merge/digest.ts';
import { type CenterWorld, startWorld } from './center-world.ts';
import {
  aside,
  facilityA,
  offered,
  offeredDelta,
  patient,
  patientRow,
  rowFor,
  staffMember,
  type TestRow,
} from './test-records.ts';

let world: CenterWorld;
let database: Database;
const quiet = () => undefined;

beforeAll(async () => {
  world = await startWorld();
  database = openDatabase(world.center.postgresUrl, quiet, 6);
});
afterAll(async () => {
  await database?.close();
  await world?.close();
});

/** Mulberry32: the same numbers for the same seed. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

describe('DIG-1: the digests of a scope', () => {
  it.each([1, 2, 3])(
    'are those of its documents after random batches of four writers (seed %i)',
    async (seed) => {
      const dice = seeded(seed);
      const { device } = await world.enrol();
      const ingest = createIngest(database, systemEffects(quiet));
      const newest: TestRow[] = [];
      const makeRow = (round: number): unknown => {
        const base = newest[dice(Math.max(1, newest.length))];
        if (base === undefined || dice(3) === 0) {
          const row =
            dice(4) === 0 ? rowFor('staff', staffMember(facilityA)) : patientRow(facilityA, `N${round}`);
          if (row.collection === 'patients') newest.push(row);
          return offered(row);
        }
        const edit = rowFor('patients', patient(facilityA, `E${round}`, base.id), base.rev);
        if (dice(5) === 0) return aside(edit);
        if (dice(6) === 0) return { ...offered(edit), check: '00000000' };
        if (dice(4) > 0) newest[newest.indexOf(base)] = edit;
        return dice(2) === 0 ? offered(edit) : offeredDelta(edit, base);
      };
      const writer = async () => {
        for (let round = 0; round < 12; round += 1) {
          const rows = Array.from({ length: 1 + dice(30) }, () => makeRow(round));
          const sent = dice(5) === 0 ? [...rows, rows[0]] : rows;
          expect(await ingest.offer(device, facilityA, sent)).toMatchObject({ kind: 'answered' });
          if (dice(4) === 0) await ingest.offer(device, facilityA, sent);
        }
      };
      await Promise.all([writer(), writer(), writer(), writer()]);
      expect(await findWrongDigests(database)).toEqual([]);
      const { rows } = await world.sql.query('select count(*)::int as edited from doc_history');
      expect(rows[0].edited).toBeGreaterThan(10);
    },
  );

  it('a digest that went wrong is found', async () => {
    const row = patientRow(facilityA);
    const { device } = await world.enrol();
    await createIngest(database, systemEffects(quiet)).offer(device, facilityA, [offered(row)]);
    await world.sql.query('update doc set rev = $2 where id = $1', [row.id, `9-${'a'.repeat(32)}`]);
    const bucket = Number.parseInt(row.id.slice(-2), 16) % 64;
    expect(await findWrongDigests(database)).toEqual([{ scope: facilityA, bucket }]);
    await world.sql.query('update doc set rev = $2 where id = $1', [row.id, row.rev]);
    expect(await findWrongDigests(database)).toEqual([]);
  });
});

describe('MIG-4: a database of the first version', () => {
  it('gets the digests of the documents it has', { timeout: 60_000 }, async () => {
    const name = 'first_version';
    await world.sql.query(`create database ${name}`);
    const url = new URL(world.center.postgresUrl);
    url.pathname = `/${name}`;
    const old = openDatabase(url.href, quiet, 2);
    try {
      await migrate(old, [firstTables]);
      const scopes = ['SAM000001', 'SAM000002', 'SAM000003'];
      const run = (text: string) => old.run({ name: '', text }, []);
      for (const scope of scopes) await run(`insert into scope_head (scope, head) values ('${scope}', 400)`);
      await run(`
        insert into doc (scope, collection, id, rev, body)
        select 'SAM00000' || (1 + n % 2), case n % 3 when 0 then 'visits' else 'patients' end, gen_random_uuid(),
          (1 + n % 5) || '-' || md5(n::text), '{}' from generate_series(1, 800) as n`);
      await migrate(old);
      expect(await findWrongDigests(old)).toEqual([]);
      const empty = await readDigests(old, facilityOf('SAM000003'));
      expect(new Set(empty?.buckets)).toEqual(new Set(['0'.repeat(32)]));
      expect(await readDigests(old, facilityOf('SAM000001'))).toEqual({
        seq: 400,
        buckets: await bucketsByHand(old, 'SAM000001'),
      });
    } finally {
      await old.close();
      await world.sql.query(`drop database ${name}`);
    }
  });
});

const facilityOf = (code: string) => v.parse(ScopeSchema, code);
const RowSchema = v.object({ collection: CollectionNameSchema, id: RecordIdSchema, rev: RevisionSchema });

/** As a workstation computes them. */
async function bucketsByHand(old: Database, scope: string): Promise<readonly string[]> {
  const digests = Array.from({ length: 64 }, () => new RecordDigest());
  const rows = await old.rows(
    { name: '', text: 'select collection, id, rev from doc where scope = $1' },
    RowSchema,
    [scope],
  );
  for (const { collection, id, rev } of rows) digests[bucketOf(id)]?.toggle(collection, id, rev);
  return digests.map(String);
}
