import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import * as v from 'valibot';
import { postmasterOf } from '#testing/center/center-process.ts';
import { createSeededRandom } from '#testing/district/seeded-random.ts';
import type { Side } from './load/calls.ts';
import { openDesk, until } from './load/desk.ts';
import { saveEdits, visitEdits } from './load/documents.ts';
import { firstThreadTimes, processorTimeOf, processorTimeOfTree } from './load/processor-time.ts';
import { withCenter } from './load/with-center.ts';

type Report = (name: string, value: number, unit: string) => void;

const documents = 10_000;
const rounds = 3;
const limitMs = 300_000;

/**
 * What a document costs a workstation, in both directions, with its store: `exchange.push.*` one that sends 10,000 visits,
 * `exchange.pull.*` a fresh one that gets them. `.client_us`, `.center_us`, `.postgres_us`: processor time for each document;
 * `.passing_us`: what passed by the clock, of which the client's thread was `.running_us`, `.queued_us` in want of a processor and
 * `.waiting_us` without anything to do; the rest it waited for the disk.
 */
export async function run(report: Report): Promise<void> {
  await withCenter('exchange', ({ center, folder }) => measure(center, folder, report));
}

/** Microseconds for each document. */
interface Cost {
  readonly passing: number;
  readonly running: number;
  readonly queued: number;
  readonly waiting: number;
  readonly client: number;
  readonly center: number;
  readonly postgres: number;
}

async function measure(center: Side, folder: string, report: Report): Promise<void> {
  const { url } = await center.ask('address', v.object({ url: v.string() }));
  const costOf = costMeter(center.pid, postmasterOf(join(folder, 'center')));
  const costs = { push: [] as Cost[], pull: [] as Cost[] };
  for (let round = 0; round < rounds; round += 1) {
    const scope = `TRN0001${String(round).padStart(2, '0')}`;
    await center.ask('facility', v.unknown(), scope);
    const desk = async (name: string) =>
      openDesk(join(folder, `${name}-${round}`), url, await center.ask('code', v.string(), scope));
    const writer = await desk('writer');
    await saveEdits(writer, visitEdits(documents, round), createSeededRandom(3, round));
    costs.push.push(
      await costOf(async () => {
        writer.connect();
        await until('everything sent', () => !writer.hasPending(), limitMs);
      }),
    );
    await writer.close();
    const reader = await desk('reader');
    costs.pull.push(
      await costOf(async () => {
        reader.connect();
        await until('everything received', () => reader.commits.size >= documents, limitMs);
      }),
    );
    if (reader.count('visits') !== documents) throw new Error('not everything arrived');
    await reader.close();
  }
  for (const way of ['push', 'pull'] as const) tell(`exchange.${way}`, costs[way], report);
}

/** The least of each: what else the machine does only adds. */
function tell(name: string, costs: readonly Cost[], report: Report): void {
  for (const part of ['passing', 'running', 'queued', 'waiting', 'client', 'center', 'postgres'] as const) {
    report(`${name}.${part}_us`, Math.min(...costs.map((cost) => cost[part])), 'us/document');
  }
}

function costMeter(center: number, postmaster: number): (work: () => Promise<void>) => Promise<Cost> {
  const times = () => ({
    passing: performance.now() * 1_000,
    ...firstThreadTimes(),
    waiting: performance.eventLoopUtilization().idle * 1_000,
    client: processorTimeOf(process.pid),
    center: processorTimeOf(center),
    postgres: processorTimeOfTree(postmaster),
  });
  return async (work) => {
    const before = times();
    await work();
    const after = times();
    const each = (part: keyof Cost) => (after[part] - before[part]) / documents;
    return {
      passing: each('passing'),
      running: each('running'),
      queued: each('queued'),
      waiting: each('waiting'),
      client: each('client'),
      center: each('center'),
      postgres: each('postgres'),
    };
  };
}
