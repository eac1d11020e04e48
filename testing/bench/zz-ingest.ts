import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import * as v from 'valibot';
import { type Side, sideOf } from './load/calls.ts';
import { type Edit, visitEdits } from './load/documents.ts';
import { openLoadClient } from './load/load-client.ts';
import { createRowMaker } from './load/offered-rows.ts';
import { newestDictionary } from './load/packing.ts';
type Report = (name: string, value: number, unit: string) => void;
const documents = Number(process.env.DOCS ?? 10_000), rounds = Number(process.env.ROUNDS ?? 3), rowsPerInsert = 500, facility = 'TRN000001';
const facilityOf = (round: number) => `TRN0001${String(round).padStart(2, '0')}`;
async function timed(count: number, work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return count / ((performance.now() - begun) / 1_000);
}
/** Offers of 500 rows from one device, packed beforehand, two under way; against inserts of 500 rows, one commit each. */
async function measureIngest(center: Side, report: Report): Promise<void> {
  const { url, postgresUrl } = await center.ask(
    'address',
    v.object({ url: v.string(), postgresUrl: v.string() }),
  );
  const edits = visitEdits(documents, 50);
  const wire: number[] = [];
  const bare: number[] = [];
  const grown: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const scope = facilityOf(50 + round);
    await center.ask('facility', v.unknown(), scope);
    const code = await center.ask('code', v.string(), scope);
    const before = await databaseBytes(postgresUrl);
    wire.push(await ingestOverWire(url, code, visitEdits(documents, 60 + round)));
    grown.push((await databaseBytes(postgresUrl)) - before);
    bare.push(await insertBare(postgresUrl, edits, round)); console.log(wire.at(-1), bare.at(-1), wire.at(-1)! / bare.at(-1)!);
  }
  report('sync.ingest.ours', Math.max(...wire), 'documents/s');
  report('sync.ingest.bare', Math.max(...bare), 'documents/s');
  report('sync.ingest.ratio', Math.max(...wire) / Math.max(...bare), 'x');
  report('sync.disk_per_doc', Math.max(...grown) / documents, 'bytes');
}

async function databaseBytes(postgresUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  const { rows } = await client.query<{ size: string }>(
    'select pg_database_size(current_database()) as size',
  );
  await client.end();
  return Number(rows[0]?.size);
}

async function ingestOverWire(url: string, code: string, edits: readonly Edit[]): Promise<number> {
  const client = await openLoadClient(url, code, newestDictionary(), false);
  const { row } = createRowMaker(client.scope, client.device);
  const offers = slices(edits, rowsPerInsert).map((slice, batch) =>
    client.pack({ type: 'offer', batch, rows: slice.map(row) }),
  );
  const speed = await timed(edits.length, async () => {
    const underWay: Promise<readonly unknown[]>[] = [];
    for (const [batch, packed] of offers.entries()) {
      underWay.push(client.offer(batch, packed));
      await underWay[batch - 1];
    }
    const outcomes = (await Promise.all(underWay)).flat();
    if (outcomes.some((outcome) => typeof outcome !== 'number')) throw new Error('a row was not accepted');
  });
  client.close();
  return speed;
}

async function insertBare(postgresUrl: string, edits: readonly Edit[], round: number): Promise<number> {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  const table = `bare_${round}`;
  await client.query(`create table ${table} (scope text not null, collection text not null, id uuid not null,
    rev text not null, body text not null, primary key (scope, collection, id))`);
  const maker = createRowMaker(facility as never, '0199b000-0000-7000-8000-000000000001' as never);
  const rows = edits.map((edit) => {
    maker.row(edit);
    const record = maker.newest(edit.id);
    return [facility, edit.collection, edit.id, record?.rev ?? '', JSON.stringify(record)];
  });
  const speed = await timed(edits.length, async () => {
    for (const slice of slices(rows, rowsPerInsert)) {
      const places = slice.map(
        (_row, index) => `(${[1, 2, 3, 4, 5].map((column) => `$${index * 5 + column}`)})`,
      );
      const text = `insert into ${table} (scope, collection, id, rev, body) values ${places.join(',')}`;
      await client.query({ name: `${table}-${slice.length}`, text, values: slice.flat() });
    }
  });
  await client.query(`drop table ${table}`);
  await client.end();
  return speed;
}

function slices<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_unused, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}


const folder = await mkdtemp(join(tmpdir(), 'hamshira-zz-'));
const center = await sideOf(fork(join(import.meta.dirname, 'load', 'center-side.ts'), [join(folder, 'center')], { execArgv: process.env.PROF ? ['--cpu-prof', '--cpu-prof-dir=/tmp/prof'] : [] }), 'center');
await measureIngest(center, (n, x, u) => console.log(n, x, u));
await center.close(); await rm(folder, { recursive: true, force: true }); process.exit();
