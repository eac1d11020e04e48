import { join } from 'node:path';
import pg from 'pg';
import * as v from 'valibot';
import { createSeededRandom } from '#testing/district/seeded-random.ts';
import { openRelay } from '#testing/link/relay.ts';
import type { Side } from './load/calls.ts';
import { type BenchDesk, openDesk, until } from './load/desk.ts';
import { type Edit, patientEdits, savedVisits, saveEdits, visitEdits } from './load/documents.ts';
import { openLoadClient } from './load/load-client.ts';
import { createRowMaker } from './load/offered-rows.ts';
import { newestDictionary } from './load/packing.ts';
import { type PouchWorld, replicate, startPouch } from './load/pouchdb.ts';
import { withCenter } from './load/with-center.ts';

type Report = (name: string, value: number, unit: string) => void;

const documents = 10_000;
/** The first does not count: a center and a workstation run for days, and their programs are compiled while they work. */
const rounds = 4;
const trialDocuments = 2_000;
const batchSizes = [100, 250, 500, 1_000] as const;
const rowsPerInsert = 500;
const offersUnderWay = 4;
const savedVisitCount = 30;
const facility = 'TRN000001';
const limitMs = 300_000;

/**
 * The whole exchange against PouchDB on the same 10,000 visits (load/documents.ts), both sides in turns in one run, durable at
 * both ends: ours in SQLCipher with an fsync per commit and PostgreSQL with fsync; PouchDB in LevelDB made to sync every write
 * (load/durable-level.ts; it does not by itself), with the batch size that is fastest for it. Each side does it once before it
 * counts. The workstation's side runs in this process, the server's in one of its own. `sync.push.ratio` and `sync.pull.ratio`: documents a second over PouchDB's.
 * `sync.ingest.ratio`: documents a second through the center's wire into PostgreSQL over bare multi-row inserts of the same
 * documents into it. `sync.disk_per_doc`: what the database grew by for each. `sync.bytes_per_doc`, `sync.visit_bytes`: everything above TCP, both directions.
 */
export async function run(report: Report): Promise<void> {
  await withCenter('sync', ({ center, folder }) => measure(center, folder, report));
}

async function measure(center: Side, folder: string, report: Report): Promise<void> {
  const speeds = { push: [] as number[], pull: [] as number[] };
  const theirs = { push: [] as number[], pull: [] as number[] };
  const pouch = await startPouch(join(folder, 'pouch'), 'durable');
  const edits = visitEdits(documents, 1);
  try {
    const batchSize = await bestBatchSize(pouch, edits, report);
    for (let round = 0; round < rounds; round += 1) {
      const ours = await exchangeOnce(
        center,
        join(folder, `ours-${round}`),
        visitEdits(documents, round),
        round,
      );
      const other = await replicateOnce(pouch, edits, batchSize, `round-${round}`);
      if (round === 0) continue;
      speeds.push.push(ours.push);
      speeds.pull.push(ours.pull);
      theirs.push.push(other.push);
      theirs.pull.push(other.pull);
    }
  } finally {
    await pouch.close();
  }
  for (const way of ['push', 'pull'] as const) {
    report(`sync.${way}.ours`, Math.max(...speeds[way]), 'documents/s');
    report(`sync.${way}.pouchdb`, Math.max(...theirs[way]), 'documents/s');
    report(`sync.${way}.ratio`, Math.max(...speeds[way]) / Math.max(...theirs[way]), 'x');
  }
  await measureIngest(center, report);
  await measureBytes(center, folder, report);
}

const facilityOf = (round: number) => `TRN0001${String(round).padStart(2, '0')}`;

async function newDesk(center: Side, folder: string, scope: string, through?: string): Promise<BenchDesk> {
  const { url } = await center.ask('address', v.object({ url: v.string() }));
  const code = await center.ask('code', v.string(), scope);
  return await openDesk(folder, through ?? url, code);
}

/** Documents a second of one workstation that sends everything, and of a fresh one that gets it. */
async function exchangeOnce(center: Side, folder: string, edits: readonly Edit[], round: number) {
  const scope = facilityOf(round);
  await center.ask('facility', v.unknown(), scope);
  const writer = await newDesk(center, join(folder, 'writer'), scope);
  await saveEdits(writer, edits, createSeededRandom(3, round));
  const push = await timed(edits.length, async () => {
    writer.connect();
    await until('everything sent', () => !writer.hasPending(), limitMs);
  });
  await writer.close();
  const reader = await newDesk(center, join(folder, 'reader'), scope);
  const pull = await timed(edits.length, async () => {
    reader.connect();
    await until('everything received', () => reader.commits.size >= edits.length, limitMs);
  });
  const count = reader.count('visits');
  await reader.close();
  if (count !== edits.length) throw new Error(`${count} of ${edits.length} arrived`);
  return { push, pull };
}

async function timed(count: number, work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return count / ((performance.now() - begun) / 1_000);
}

/** The same content under PouchDB's names. */
const pouchDocuments = (edits: readonly Edit[]) =>
  edits.map(({ id, collection, at, author, body }) => ({
    _id: id,
    collection,
    scope: facility,
    device: author,
    author,
    capturedAt: at,
    hlc: `${at.toString(16).padStart(12, '0')}-0000-${author.slice(-8)}`,
    body,
  }));

async function bestBatchSize(pouch: PouchWorld, edits: readonly Edit[], report: Report): Promise<number> {
  const some = edits.slice(0, trialDocuments);
  let best = { size: 0, speed: 0 };
  for (const size of batchSizes) {
    const { push, pull } = await replicateOnce(pouch, some, size, `trial-${size}`);
    if (push + pull > best.speed) best = { size, speed: push + pull };
  }
  report('sync.pouchdb.batch_size', best.size, 'documents');
  return best.size;
}

async function replicateOnce(pouch: PouchWorld, edits: readonly Edit[], batchSize: number, name: string) {
  const source = await pouch.local(`${name}-from`, pouchDocuments(edits));
  const speed = (ms: number) => edits.length / (ms / 1_000);
  const push = speed(await replicate(source, pouch.remote(name), edits.length, batchSize));
  const target = await pouch.local(`${name}-to`);
  const pull = speed(await replicate(pouch.remote(name), target, edits.length, batchSize));
  return { push, pull };
}

/**
 * Offers of 500 rows from one device, packed beforehand, four under way (a workstation's window is larger); against inserts of 500
 * rows, one commit each.
 */
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
    const overWire = await ingestOverWire(url, code, visitEdits(documents, 60 + round));
    grown.push((await databaseBytes(postgresUrl)) - before);
    const alone = await insertBare(postgresUrl, edits, round);
    if (round === 0) continue;
    wire.push(overWire);
    bare.push(alone);
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
      await underWay[batch - offersUnderWay + 1];
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

/** Far enough that the link is none of the fast ones, where time counts more than bytes (docs/specs/packing.md PCK-8). */
const farMs = 100;

/** Through a relay that counts, over a long way. The visits were sent by another workstation. */
async function measureBytes(center: Side, folder: string, report: Report): Promise<void> {
  const { url } = await center.ask('address', v.object({ url: v.string() }));
  const relay = await openRelay(new URL(url).host, { delayMs: farMs });
  const through = `ws://127.0.0.1:${relay.port}/sync`;
  const total = () => relay.bytes().up + relay.bytes().down;
  const scope = facilityOf(0);
  const reader = await newDesk(center, join(folder, 'counted'), scope, through);
  const before = total();
  reader.connect();
  await until('everything received', () => reader.commits.size >= documents, limitMs);
  await pause(1_000);
  report('sync.bytes_per_doc', (total() - before) / documents, 'bytes');
  await reader.close();

  await measureStream('visits', visitEdits(documents, 80));
  await measureStream('patients', patientEdits(documents / 2, 81));

  async function measureStream(kind: string, edits: readonly Edit[]): Promise<void> {
    const writer = await newDesk(center, join(folder, `counted-${kind}`), facilityOf(1), through);
    await saveEdits(writer, edits, createSeededRandom(82));
    const from = relay.bytes();
    writer.connect();
    await until('everything sent', () => !writer.hasPending(), limitMs);
    report(`sync.bytes_per_doc.up_${kind}`, (relay.bytes().up - from.up) / edits.length, 'bytes');
    await writer.close();
  }
  await measureVisits(center, join(folder, 'warm'), through, total, report);
  await relay.close();
}

async function measureVisits(
  center: Side,
  folder: string,
  through: string,
  total: () => number,
  report: Report,
): Promise<void> {
  await center.ask('facility', v.unknown(), facility);
  const desk = await newDesk(center, folder, facility, through);
  const random = createSeededRandom(83);
  const patients = patientEdits(savedVisitCount + 5, 84);
  await saveEdits(desk, patients, random);
  desk.connect();
  await until('everything sent', () => !desk.hasPending(), limitMs);
  const bytes: number[] = [];
  for (const visit of savedVisits(patients, 85, Date.now())) {
    await pause(2_200);
    const before = total();
    await saveEdits(desk, visit, random);
    await until('the verdicts', () => !desk.hasPending(), limitMs);
    await pause(300);
    bytes.push(total() - before);
  }
  await desk.close();
  const warm = bytes.slice(5).sort((left, right) => left - right);
  report('sync.visit_bytes', warm.reduce((sum, each) => sum + each, 0) / warm.length, 'bytes');
  report('sync.visit_bytes.worst', warm.at(-1) ?? Number.NaN, 'bytes');
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
