import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { postgresAccount } from '#center/postgres/account.ts';
import { findRunningPostgres, startEmbeddedPostgres } from '#center/postgres/embedded.ts';
import { startCenter } from '#center/start-center.ts';
import { systemEffects } from '#center/system-effects.ts';
import { serveCenter } from '../center/center-process.ts';
import { facilityA, facilityRecord, patientRow, renamed, type TestRow } from '../center/test-records.ts';
import { connect, enrol, type WelcomedClient } from '../center/wire-client.ts';
import { CutDisk, takeSnapshot } from './cut-disk.ts';
import { type CutPlan, cutsOf } from './cut-states.ts';
import { folderInMemory, rebuild, requireSameAsDisk, type Trace } from './run-traced.ts';
import { buildTracingLibrary, type TraceEvent, traceInto } from './trace-log.ts';

// The embedded PostgreSQL under the tracing library, with pushes through the real center (docs/specs/center.md POS-5).
const seed = 20_261_122;
/** For each way names last; a start of PostgreSQL with its recovery each, of nearly a second. */
const cuts = 30;
const limitMs = 300_000;
const quiet = () => undefined;
const effects = systemEffects(quiet);

let folder: string;
let library: string | undefined;
beforeAll(() => {
  folder = folderInMemory('center-cuts');
  // PostgreSQL runs under an account of its own where the tests run as root.
  chmodSync(folder, 0o755);
  library = buildTracingLibrary(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Written through C streams or only while it runs; PostgreSQL makes all of it anew after a crash. */
const isMadeAnew = (path: string): boolean =>
  /(^|\/)(postmaster\.(pid|opts)|pg_internal\.init(\.\d+)?|current_logfiles)$|^(pg_stat|pg_stat_tmp|pg_notify|pg_dynshmem|pg_subtrans|pg_replslot)\//.test(
    path,
  );

interface TracedCenter {
  readonly trace: Trace;
  /** Every row that was pushed, by operation; batches in order. */
  readonly batches: readonly (readonly TestRow[])[];
}

async function traceCenter(dataFolder: string, tracing: string): Promise<TracedCenter> {
  const center = await startCenter({ dataFolder, log: quiet });
  await center.createFacility(facilityRecord(facilityA));
  const { code } = await center.createEnrolmentCode(facilityA);
  await center.close();
  const cluster = join(dataFolder, 'postgres', 'cluster');
  const before = takeSnapshot(cluster);
  const tracer = traceInto(join(folder, 'trace'), tracing, cluster);
  const traced = await serveCenter(dataFolder, [], tracer.environment);
  const identity = await enrol(traced.url, code);
  const client = await connect(traced.url, identity);
  const batches: TestRow[][] = [];
  for (let round = 0; round < 60; round += 1) {
    batches.push(await pushBatch(client, batches.at(-1) ?? [], tracer.mark));
    if (round % 20 === 9) await checkpoint(dataFolder);
  }
  await traced.killEverything();
  const events = tracer.events();
  requireSameAsDisk(before, events, isMadeAnew);
  // Without a checkpoint in it the run would only be about the log.
  expect(events.some((event) => event.kind === 'synced' && event.path.includes('/base/'))).toBe(true);
  return { trace: { events, disk: (names) => new CutDisk(before, names) }, batches };
}

/** New patients, and new names for some of the batch before; each `ok` becomes a mark. */
async function pushBatch(
  client: WelcomedClient,
  earlier: readonly TestRow[],
  mark: (text: string) => void,
): Promise<TestRow[]> {
  const fresh = Array.from({ length: 6 }, () => patientRow(facilityA));
  const rows = [...fresh, ...earlier.slice(0, 2).map((row) => renamed(row, 'Nazarova'))];
  for (const verdict of await client.push(rows)) {
    expect(verdict.verdict).toBe('ok');
    mark(String(verdict.op));
  }
  return rows;
}

async function checkpoint(dataFolder: string): Promise<void> {
  const url = await findRunningPostgres(join(dataFolder, 'postgres'), effects);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('checkpoint');
  await client.end();
}

/** Operations and revisions that a recovered center holds. */
async function readCenter(postgresFolder: string) {
  const postgres = await startEmbeddedPostgres(postgresFolder, effects);
  const client = new pg.Client({ connectionString: postgres.url });
  try {
    await client.connect();
    const column = async (text: string) =>
      new Set((await client.query<{ value: string }>(text)).rows.map(({ value }) => value));
    return {
      operations: await column('select op::text as value from feed where op is not null'),
      fed: await column('select rev as value from feed'),
      documents: await column('select rev as value from doc union select rev from doc_history'),
    };
  } finally {
    await client.end();
    await postgres.stop();
  }
}

/** What is wrong with a recovered center, in words. */
function complaintsAbout(
  held: Awaited<ReturnType<typeof readCenter>>,
  acknowledged: ReadonlySet<string>,
  batches: readonly (readonly TestRow[])[],
): readonly string[] {
  return batches.flat().flatMap(({ op, rev }) => {
    const places = [held.operations.has(op), held.fed.has(rev), held.documents.has(rev)];
    if (places.some((isThere) => isThere !== places[0])) return [`${op} is there by half: ${places}`];
    return acknowledged.has(op) && !places[0] ? [`${op} was answered ok and is lost`] : [];
  });
}

interface CutsToJudge {
  readonly names: 'strict' | 'ordered';
  readonly plan: CutPlan;
  readonly events?: readonly TraceEvent[];
}

/** Rebuilds the cluster after every cut, lets PostgreSQL recover, and compares it with what was answered. */
async function judgeCuts({ trace, batches }: TracedCenter, { names, plan, events }: CutsToJudge) {
  const account = await postgresAccount();
  const recovered = join(folder, 'recovered');
  const complaints: string[] = [];
  let judged = 0;
  for (const cut of cutsOf(trace.disk(names), events ?? trace.events, plan)) {
    rebuild(cut.state, join(recovered, 'cluster'));
    chmodSync(join(recovered, 'cluster'), 0o700);
    cpSync(join(folder, 'center', 'postgres', 'postgres-password'), join(recovered, 'postgres-password'));
    const owner = `${account?.uid}:${account?.gid}`;
    if (account !== undefined) execFileSync('chown', ['-R', owner, join(recovered, 'cluster')]);
    const acknowledged = new Set(cut.marks);
    const wrong = await readCenter(recovered).then(
      (held) => complaintsAbout(held, acknowledged, batches),
      (error: unknown) => [`it does not start: ${String(error)}`],
    );
    complaints.push(...wrong.map((complaint) => `${complaint} (${names}, ${cut.name})`));
    judged += 1;
  }
  expect(judged).toBe(plan.cuts);
  return complaints;
}

describe('a power cut of the center at any moment', { timeout: limitMs }, () => {
  let traced: TracedCenter | undefined;
  const tracedOrSkip = async (context: TestContext): Promise<TracedCenter> => {
    if (library === undefined) context.skip('SKIPPED: no C compiler is here to build the tracing library');
    traced ??= await traceCenter(join(folder, 'center'), library ?? '');
    return traced;
  };

  it.for(['strict', 'ordered'] as const)(
    'with %s names: no row that was answered ok is lost, none is there by half',
    async (names, context) => {
      const plan = { seed, cuts, tearing: 'never' as const };
      expect(await judgeCuts(await tracedOrSkip(context), { names, plan })).toEqual([]);
    },
  );

  it('is seen to lose rows on a disk that only says it has synced the log', async (context) => {
    const known = await tracedOrSkip(context);
    const isLogSync = (event: TraceEvent) => event.kind === 'synced' && event.path.includes('/pg_wal/');
    const events = known.trace.events.filter((event) => !isLogSync(event));
    const plan = { seed, cuts: 4, tearing: 'never' as const };
    const complaints = await judgeCuts(known, { names: 'ordered', plan, events });
    expect(complaints.length).toBeGreaterThan(0);
  });
});
