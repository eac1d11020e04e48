import { fork } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import * as v from 'valibot';
import { postmasterOf } from '#testing/center/center-process.ts';
import { type Side, sideOf } from './calls.ts';
import { processorTimeOf, processorTimeOfTree } from './processor-time.ts';

type Report = (name: string, value: number, unit: string) => void;

const facilities = 100;
const workstationsEach = 10;
const visitsPerMinuteEach = 1;
const steadyMs = 30_000;
const stepMs = 8_000;
const stepsPerSecond = [25, 40, 60, 80, 110, 150, 200, 300];
/** A step is kept up with if nearly all verdicts are back and 95 % of them within this. */
const keepsUpMs = 1_000;
/** Longest wait for the facilities' records at each other. */
const directoriesMs = 120_000;
const none = v.unknown();
const AddressSchema = v.object({ url: v.string(), postgresUrl: v.string() });

const PhaseSchema = v.object({
  total: v.number(),
  answered: v.number(),
  failures: v.number(),
  p50: v.nullable(v.number()),
  p95: v.nullable(v.number()),
});
const MemorySchema = v.object({ center: v.number(), postgres: v.number() });
type Phase = v.InferOutput<typeof PhaseSchema>;

/**
 * 1,000 workstations of 100 facilities on one center, all on this machine, the load included. Each saves a visit of four documents
 * a minute and follows its facility's feed: `center.verdict.p50`, `center.verdict.p95` in milliseconds from push to
 * durable verdict, `center.visit.*_us` what one costs in processor time, passed on to nine others, `center.memory` and `center.memory.postgres` in megabytes. Then more and more of them, `center.saturation`: most
 * visits a second at which 95 % of the verdicts are back within a second.
 */
export async function measureManyWorkstations(report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hamshira-bench-center-'));
  // PostgreSQL has an account of its own where everything runs as root.
  await chmod(folder, 0o755);
  const start = (name: string) => sideOf(fork(join(import.meta.dirname, name), [folder]), name);
  const center = await start('center-side.ts');
  const load = await start('load-side.ts');
  try {
    await connectAll(center, load, report);
    await measureSteady(center, postmasterOf(join(folder, 'center')), load, report);
    await measureSaturation(load, report);
  } finally {
    await load.close();
    await center.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function connectAll(center: Side, load: Side, report: Report): Promise<void> {
  const { url, postgresUrl } = await center.ask('address', AddressSchema);
  const codes: string[][] = [];
  for (let number = 0; number < facilities; number += 1) {
    const scope = `TRN${String(number).padStart(6, '0')}`;
    await center.ask('facility', none, scope);
    codes.push(await center.ask('codes', v.array(v.string()), { scope, count: workstationsEach }));
  }
  await directoriesArrived(postgresUrl);
  const before = await center.ask('memory', MemorySchema);
  report('center.memory.before', before.center / 1e6, 'MB');
  const begun = performance.now();
  const count = await load.ask('connect', v.number(), { url, codes: codes.flat() });
  report('center.connect.per_second', count / ((performance.now() - begun) / 1_000), 'workstations/s');
}

/** The facilities of a region get each other's records (SHR-8): 10,000 deliveries, which are no part of what a day costs. */
async function directoriesArrived(postgresUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  try {
    for (const limit = performance.now() + directoriesMs; performance.now() < limit; ) {
      const { rows } = await client.query('select 1 from scope_head where head < $1 limit 1', [facilities]);
      if (rows.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    throw new Error('the facilities never heard of each other');
  } finally {
    await client.end();
  }
}

const save = (load: Side, perSecond: number, forMs: number): Promise<Phase> =>
  load.ask('save', PhaseSchema, { perSecond, forMs });

async function measureSteady(center: Side, postmaster: number, load: Side, report: Report): Promise<void> {
  const perSecond = (facilities * workstationsEach * visitsPerMinuteEach) / 60;
  await save(load, perSecond, 5_000);
  const before = [processorTimeOf(center.pid), processorTimeOfTree(postmaster)] as const;
  const phase = await save(load, perSecond, steadyMs);
  report('center.visit.center_us', (processorTimeOf(center.pid) - before[0]) / phase.total, 'us/visit');
  report('center.visit.postgres_us', (processorTimeOfTree(postmaster) - before[1]) / phase.total, 'us/visit');
  if (phase.answered !== phase.total)
    throw new Error(`${phase.answered} of ${phase.total} visits got their verdicts`);
  report('center.verdict.p50', phase.p50 ?? Number.NaN, 'ms');
  report('center.verdict.p95', phase.p95 ?? Number.NaN, 'ms');
  const memory = await center.ask('memory', MemorySchema);
  report('center.memory', memory.center / 1e6, 'MB');
  report('center.memory.postgres', memory.postgres / 1e6, 'MB');
  const standing = await load.ask('standing', v.object({ connected: v.number(), received: v.number() }));
  report('center.connected', standing.connected, 'workstations');
  report('center.passed_on', standing.received, 'documents');
}

async function measureSaturation(load: Side, report: Report): Promise<void> {
  let best = 0;
  for (const perSecond of stepsPerSecond) {
    const phase = await save(load, perSecond, stepMs);
    const keepsUp =
      phase.answered >= phase.total * 0.99 && (phase.p95 ?? Number.POSITIVE_INFINITY) <= keepsUpMs;
    console.log(
      `step ${perSecond}/s: ${phase.answered} of ${phase.total} answered, p95 ${Math.round(phase.p95 ?? -1)} ms`,
    );
    if (!keepsUp) break;
    best = perSecond;
  }
  report('center.saturation', best, 'visits/s');
}
