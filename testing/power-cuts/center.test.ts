import { chmodSync, chownSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { type ClusterPlace, prepareClusterPlace } from '#center/postgres/cluster-place.ts';
import { findRunningPostgres, startEmbeddedPostgres } from '#center/postgres/embedded.ts';
import { startCenter } from '#center/start-center.ts';
import { systemEffects } from '#center/system-effects.ts';
import { serveCenter } from '../center/center-process.ts';
import { facilityA, facilityB, facilityRecord } from '../center/test-records.ts';
import { acknowledgedBy, offerForAWhile, type Traffic } from './center-traffic.ts';
import { complaintsAboutCenter } from './center-verdict.ts';
import { CutDisk, takeSnapshot } from './cut-disk.ts';
import { type CutPlan, cutsOf } from './cut-states.ts';
import { RebuiltFolder } from './rebuilt-folder.ts';
import { recover } from './recovered-postgres.ts';
import { folderInMemory, requireSameAsDisk, type Trace } from './run-traced.ts';
import { buildTracingLibrary, type TraceEvent, traceInto } from './trace-log.ts';

// The embedded PostgreSQL under the tracing library, with offers through the real center (docs/specs/center.md POS-5).
// POWER_CUT_TIMES makes so many times as many cuts, POWER_CUT_SEED others.
const times = Number(process.env.POWER_CUT_TIMES ?? 1) || 1;
const seed = Number(process.env.POWER_CUT_SEED ?? 0) || 20_261_122;
/** For each way names last. */
const cuts = Math.ceil(100 * times);
/** In the first moments of a center, each started as the product starts it. */
const startCuts = Math.ceil(40 * times);
const limitMs = 300_000 * Math.max(1, times);
const rounds = 24;
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
  readonly traffic: Traffic;
}

async function traceCenter(dataFolder: string, tracing: string): Promise<TracedCenter> {
  const center = await startCenter({ dataFolder, log: quiet });
  for (const scope of [facilityA, facilityB]) await center.createFacility(facilityRecord(scope));
  const codes = [await center.createEnrolmentCode(facilityA), await center.createEnrolmentCode(facilityA)];
  await center.close();
  const cluster = join(dataFolder, 'postgres', 'cluster');
  const before = takeSnapshot(cluster);
  const tracer = traceInto(join(folder, 'trace'), tracing, cluster);
  const traced = await serveCenter(dataFolder, [], tracer.environment);
  const traffic = await offerForAWhile({
    url: traced.url,
    codes: codes.map(({ code }) => code),
    rounds,
    mark: tracer.mark,
    betweenRounds: async (round) => {
      if (round % 8 === 5) await checkpoint(dataFolder);
    },
  });
  await traced.killEverything();
  const events = tracer.events();
  requireSameAsDisk(before, events, isMadeAnew);
  // Without a checkpoint in it the run would only be about the log.
  expect(events.some((event) => event.kind === 'synced' && event.path.includes('/base/'))).toBe(true);
  requireMixed(traffic);
  return { trace: { events, disk: (names) => new CutDisk(before, names) }, traffic };
}

/** Every kind of row is in the traffic and was answered as that kind is. */
function requireMixed({ offers }: Traffic): void {
  const answered = offers.flatMap(({ rows, answers }) =>
    rows.map(({ kind }, index) => {
      const answer = answers[index];
      return `${kind}: ${typeof answer === 'object' ? answer.verdict : typeof answer}`;
    }),
  );
  const kinds = ['applied: number', 'aside: number', 'quarantined: quarantined'];
  expect([...new Set(answered)].sort()).toEqual(kinds);
}

async function checkpoint(dataFolder: string): Promise<void> {
  const url = await findRunningPostgres(join(dataFolder, 'postgres'), effects);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('checkpoint');
  await client.end();
}

interface CutsToJudge {
  readonly names: 'strict' | 'ordered';
  readonly plan: CutPlan;
  readonly events?: readonly TraceEvent[];
  /** Of so many cuts one is started as the product starts it, with all it clears away; the others faster. */
  readonly cutsPerProductStart?: number;
}

/** Rebuilds the cluster after every cut, lets PostgreSQL recover, and compares it with what was answered. */
async function judgeCuts(
  { trace, traffic }: TracedCenter,
  { names, plan, events = trace.events, cutsPerProductStart = 20 }: CutsToJudge,
) {
  const recovered = join(folder, `recovered-${names}`);
  const place = await preparePlace(recovered);
  const rebuilt = new RebuiltFolder(place.cluster, place.account);
  const complaints: string[] = [];
  let judged = 0;
  for (const cut of cutsOf(trace.disk(names), events, plan)) {
    rebuilt.lay(cut.state);
    const acknowledged = acknowledgedBy(cut.marks);
    const starting =
      judged % cutsPerProductStart === 0 ? startAsProduct(recovered) : recover(place, join(recovered, 'run'));
    const wrong = await starting.then(
      ({ url, drop }) =>
        complaintsAboutCenter(url, traffic, acknowledged)
          .catch((error: unknown) => [`it cannot be asked: ${String(error)}`])
          .finally(drop),
      (error: unknown) => [`it does not start: ${String(error)}`],
    );
    complaints.push(...wrong.map((complaint) => `${complaint} (${names}, ${cut.name})`));
    judged += 1;
  }
  expect(judged).toBe(plan.cuts);
  return complaints;
}

/** Where cut clusters of the traced one are laid down and started. */
async function preparePlace(recovered: string): Promise<ClusterPlace> {
  const place = await prepareClusterPlace(recovered, effects.random, quiet);
  cpSync(join(folder, 'center', 'postgres', 'postgres-password'), place.passwordFile);
  const run = join(recovered, 'run');
  mkdirSync(run, { recursive: true, mode: 0o700 });
  if (place.account !== undefined) chownSync(run, place.account.uid, place.account.gid);
  return place;
}

async function startAsProduct(recovered: string) {
  const { url, stop } = await startEmbeddedPostgres(recovered, effects);
  return { url, drop: stop };
}

describe('POS-5: a power cut of the center at any moment', { timeout: limitMs }, () => {
  let traced: TracedCenter | undefined;
  const tracedOrSkip = async (context: TestContext): Promise<TracedCenter> => {
    if (library === undefined) context.skip('SKIPPED: no C compiler is here to build the tracing library');
    traced ??= await traceCenter(join(folder, 'center'), library ?? '');
    return traced;
  };

  it.for(['strict', 'ordered'] as const)(
    'with %s names: no row that was answered is lost, none is there by half, and the center goes on',
    async (names, context) => {
      const plan = { seed, cuts, tearing: 'never' as const };
      expect(await judgeCuts(await tracedOrSkip(context), { names, plan })).toEqual([]);
    },
  );

  it('POS-3: while it starts: it starts again', async (context) => {
    const known = await tracedOrSkip(context);
    const firstAnswer = known.trace.events.findIndex(({ kind }) => kind === 'mark');
    const events = known.trace.events.slice(0, firstAnswer + 1);
    const plan = { seed, cuts: startCuts, tearing: 'never' as const };
    expect(await judgeCuts(known, { names: 'strict', plan, events, cutsPerProductStart: 1 })).toEqual([]);
  });

  it('is seen to lose rows on a disk that only says it has synced the log', async (context) => {
    const known = await tracedOrSkip(context);
    const isLogSync = (event: TraceEvent) => event.kind === 'synced' && event.path.includes('/pg_wal/');
    const events = known.trace.events.filter((event) => !isLogSync(event));
    const plan = { seed, cuts: 4, tearing: 'never' as const };
    const complaints = await judgeCuts(known, { names: 'ordered', plan, events });
    expect(complaints.length).toBeGreaterThan(0);
  });
});
