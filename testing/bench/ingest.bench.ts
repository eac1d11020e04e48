import { join } from 'node:path';
import pg from 'pg';
import * as v from 'valibot';
import { DeviceIdSchema, ScopeSchema } from '#contracts/ids.ts';
import { postmasterOf } from '#testing/center/center-process.ts';
import type { Side } from './load/calls.ts';
import { type Edit, visitEdits } from './load/documents.ts';
import { openLoadClient } from './load/load-client.ts';
import { createRowMaker } from './load/offered-rows.ts';
import { newestDictionary } from './load/packing.ts';
import { processorTimeOf, processorTimeOfTree } from './load/processor-time.ts';
import { withCenter } from './load/with-center.ts';

type Report = (name: string, value: number, unit: string) => void;

const documents = 10_000;
/** The first is slow: the center's program is compiled while it works. */
const rounds = 5;
const rowsPerOffer = 500;
/** A workstation's window on a fast link is larger. */
const offersUnderWay = 4;
const someDevice = v.parse(DeviceIdSchema, '0199b000-0000-7000-8000-000000000001');
const addressSchema = v.object({ url: v.string(), postgresUrl: v.string() });

/**
 * What a document costs at the center, in both directions, without a workstation's store: `ingest.ours` over the wire into
 * PostgreSQL, `ingest.bare` the same documents by bare multi-row inserts, in turns in one run; `feed.ours` read by a
 * workstation that follows its feed from the beginning, in portions as one on a fast link asks for. `*.center_us`,
 * `*.postgres_us`: processor time for each document.
 */
export async function run(report: Report): Promise<void> {
  await withCenter('ingest', ({ center, folder }) =>
    measure(center, postmasterOf(join(folder, 'center')), report),
  );
}

interface Cost {
  readonly perSecond: number;
  /** Microseconds of a processor for each document. */
  readonly center: number;
  readonly postgres: number;
  readonly here: number;
}

async function measure(center: Side, postmaster: number, report: Report): Promise<void> {
  const { url, postgresUrl } = await center.ask('address', addressSchema);
  const processes = { center: center.pid, postmaster };
  const ours: Cost[] = [];
  const bare: Cost[] = [];
  const read: Cost[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const scope = v.parse(ScopeSchema, `TRN0001${String(round).padStart(2, '0')}`);
    await center.ask('facility', v.unknown(), scope);
    const code = () => center.ask('code', v.string(), scope);
    const edits = visitEdits(documents, 60 + round);
    ours.push(await offerAll(url, await code(), edits, processes));
    bare.push(await insertBare(postgresUrl, edits, scope, round, processes));
    read.push(await followAll(url, await code(), edits.length, processes));
  }
  tell('ingest.ours', ours, report);
  tell('ingest.bare', bare, report);
  report('ingest.ratio', best(ours).perSecond / best(bare).perSecond, 'x');
  tell('feed.ours', read, report);
}

const best = (costs: readonly Cost[]): Cost =>
  costs.reduce((one, other) => (other.perSecond > one.perSecond ? other : one));

function tell(name: string, costs: readonly Cost[], report: Report): void {
  const { perSecond, center, postgres, here } = best(costs);
  report(name, perSecond, 'documents/s');
  report(`${name}.center_us`, center, 'us/document');
  report(`${name}.postgres_us`, postgres, 'us/document');
  report(`${name}.load_us`, here, 'us/document');
}

interface Processes {
  readonly center: number;
  readonly postmaster: number;
}

async function costOf(count: number, processes: Processes, work: () => Promise<void>): Promise<Cost> {
  const times = () => ({
    center: processorTimeOf(processes.center),
    postgres: processorTimeOfTree(processes.postmaster),
    here: processorTimeOf(process.pid),
  });
  const before = times();
  const begun = performance.now();
  await work();
  const perSecond = count / ((performance.now() - begun) / 1_000);
  const after = times();
  return {
    perSecond,
    center: (after.center - before.center) / count,
    postgres: (after.postgres - before.postgres) / count,
    here: (after.here - before.here) / count,
  };
}

/** Offers of 500 rows from one device, packed beforehand, four under way. */
async function offerAll(
  url: string,
  code: string,
  edits: readonly Edit[],
  processes: Processes,
): Promise<Cost> {
  const client = await openLoadClient(url, code, newestDictionary(), false);
  const { row } = createRowMaker(client.scope, client.device);
  const offers = slices(edits, rowsPerOffer).map((slice, batch) =>
    client.pack({ type: 'offer', batch, rows: slice.map(row) }),
  );
  const cost = await costOf(edits.length, processes, async () => {
    const underWay: Promise<readonly unknown[]>[] = [];
    for (const [batch, packed] of offers.entries()) {
      underWay.push(client.offer(batch, packed));
      await underWay[batch - offersUnderWay + 1];
    }
    const outcomes = (await Promise.all(underWay)).flat();
    if (outcomes.some((outcome) => typeof outcome !== 'number')) throw new Error('a row was not accepted');
  });
  client.close();
  return cost;
}

async function followAll(url: string, code: string, count: number, processes: Processes): Promise<Cost> {
  const client = await openLoadClient(url, code, newestDictionary(), false);
  const cost = await costOf(count, processes, async () => {
    client.follow(0, true);
    while (client.received() < count) await new Promise((resolve) => setTimeout(resolve, 2));
  });
  client.close();
  return cost;
}

/** Inserts of 500 rows into one table, each its own commit. */
async function insertBare(
  postgresUrl: string,
  edits: readonly Edit[],
  scope: string,
  round: number,
  processes: Processes,
): Promise<Cost> {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  const table = `bare_${round}`;
  await client.query(`create table ${table} (scope text not null, collection text not null, id uuid not null,
    rev text not null, body text not null, primary key (scope, collection, id))`);
  const maker = createRowMaker(v.parse(ScopeSchema, scope), someDevice);
  const rows = edits.map((edit) => {
    maker.row(edit);
    const record = maker.newest(edit.id);
    return [scope, edit.collection, edit.id, record?.rev ?? '', JSON.stringify(record)];
  });
  const cost = await costOf(edits.length, processes, async () => {
    for (const slice of slices(rows, rowsPerOffer)) {
      const places = slice.map(
        (_row, index) => `(${[1, 2, 3, 4, 5].map((column) => `$${index * 5 + column}`)})`,
      );
      const text = `insert into ${table} (scope, collection, id, rev, body) values ${places.join(',')}`;
      await client.query({ name: `${table}-${slice.length}`, text, values: slice.flat() });
    }
  });
  await client.query(`drop table ${table}`);
  await client.end();
  return cost;
}

function slices<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_unused, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
