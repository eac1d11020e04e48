import type { ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { type NarrowLink, openNarrowLink, ruralLink } from '#testing/link/narrow-link.ts';
import { type Side, sideOf } from './load/calls.ts';
import { SavedSchema, SummarySchema } from './load/desk-calls.ts';

type Report = (name: string, value: number, unit: string) => void;

const documents = 10_000;
const uploaded = 2_000;
const savedVisitCount = 25;
const facility = 'TRN000001';
const cutEveryMs = 20_000;
const transferLimitMs = 420_000;
const overtakeEveryMs = 4_000;

const module = (name: string) => join(import.meta.dirname, 'load', name);

/**
 * A workstation with the real store and client behind 64 kbit/s, 600 ms round trip and 5 % loss, and the real center with its
 * PostgreSQL. `link.10k`: seconds from connecting to 10,000 visits of about a kilobyte committed at the workstation.
 * `link.visit.p50`: milliseconds from saving a visit of four documents to its durable verdicts at the workstation.
 * `link.overtake.p95`: seconds from saving a record of lane 0 on one side to its commit on the other, while 10,000 documents come
 * down or 2,000 go up, in both directions. `link.cut.*`: the 10,000 through a proxy that cuts the connection every 20 s.
 */
export async function run(report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hamshira-bench-link-'));
  await chmod(folder, 0o755);
  const link = await openNarrowLink(ruralLink, folder);
  console.log(`link: ${link.kind}`);
  try {
    await measureOver(link, folder, report);
  } finally {
    await link.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Ends {
  readonly link: NarrowLink;
  readonly center: Side;
  readonly workstation: Side;
}

async function measureOver(link: NarrowLink, folder: string, report: Report): Promise<void> {
  const start = (end: 'workstation' | 'center', name: string): ChildProcess =>
    link.start(end, module(name), [join(folder, end)]);
  const center = await sideOf(start('center', 'center-side.ts'), 'center');
  const workstation = await sideOf(start('workstation', 'workstation-side.ts'), 'workstation');
  const ends = { link, center, workstation };
  try {
    await fillCenter(ends);
    await measureTransfer(ends, report);
    await measureUpload(ends, report);
    await measureVisits(ends, report);
    await measureCuts(ends, report);
  } finally {
    await workstation.close();
    await center.close();
  }
}

const none = v.unknown();
const time = v.number();

async function centerPort({ center }: Ends): Promise<number> {
  const { url } = await center.ask('address', v.object({ url: v.string() }));
  return Number(new URL(url).port);
}

const newCode = ({ center }: Ends): Promise<string> => center.ask('code', v.string(), facility);

/** The neighbour enters everything on a fast line. */
async function fillCenter(ends: Ends): Promise<void> {
  const { center } = ends;
  await center.ask('facility', none, facility);
  const address = `127.0.0.1:${await centerPort(ends)}`;
  await center.ask('desk.open', none, { center: address, code: await newCode(ends), name: 'neighbour' });
  await center.ask('desk.save', none, { visits: documents, seed: 1 });
  await center.ask('desk.connect', none);
  await center.ask('desk.sent', none, transferLimitMs);
}

async function openWorkstation(ends: Ends, name: string, more: object = {}): Promise<void> {
  const address = await ends.link.route(await centerPort(ends));
  const code = await newCode(ends);
  await ends.workstation.ask('desk.open', none, { center: address, code, name, ...more });
}

const overtakings: number[] = [];

async function measureTransfer(ends: Ends, report: Report): Promise<void> {
  const { link, workstation } = ends;
  await openWorkstation(ends, 'first');
  const before = await link.traffic();
  const begun = performance.now();
  await workstation.ask('desk.connect', none);
  const arrived = workstation.ask('desk.wait', time, { visits: documents, limitMs: transferLimitMs });
  const overtaken = await overtakeUntil(arrived, ends);
  await arrived;
  report('link.10k', (performance.now() - begun) / 1_000, 's');
  const after = await link.traffic();
  report('link.10k.down_bytes', (after.down.bytes - before.down.bytes) / documents, 'bytes/document');
  report('link.10k.up_bytes', (after.up.bytes - before.up.bytes) / documents, 'bytes/document');
  reportOvertaking('link.overtake.down', overtaken, report);
}

/** Offline for some weeks: what was entered goes up, and what is urgent overtakes it. */
async function measureUpload(ends: Ends, report: Report): Promise<void> {
  const { workstation } = ends;
  await workstation.ask('desk.disconnect', none);
  await workstation.ask('desk.save', none, { visits: uploaded, seed: 2 });
  const begun = performance.now();
  await workstation.ask('desk.connect', none);
  const sent = workstation.ask('desk.sent', time, transferLimitMs);
  const overtaken = await overtakeUntil(sent, ends);
  await sent;
  report('link.2k.up', (performance.now() - begun) / 1_000, 's');
  reportOvertaking('link.overtake.up', overtaken, report);
  report('link.overtake.p95', quantile(overtakings, 0.95) / 1_000, 's');
  report('link.overtake.count', overtakings.length, 'records');
}

/** Saves records of lane 0 at both ends by turns as long as `transfer` goes on; milliseconds each took. */
async function overtakeUntil(transfer: Promise<unknown>, ends: Ends): Promise<readonly number[]> {
  let isOver = false;
  const over = transfer.finally(() => {
    isOver = true;
  });
  const taken: Promise<number>[] = [];
  for (let turn = 0; !isOver; turn += 1) {
    await Promise.race([over, new Promise((resolve) => setTimeout(resolve, overtakeEveryMs))]);
    if (isOver) break;
    const [from, to] = turn % 2 === 0 ? [ends.center, ends.workstation] : [ends.workstation, ends.center];
    const saved = await from.ask('desk.refer', SavedSchema);
    const way = from === ends.center ? 'down' : 'up';
    taken.push(
      to.ask('desk.seen', time, saved.id).then((at) => {
        console.log(`overtaking ${way} ${Math.round(at - saved.at)} ms`);
        return at - saved.at;
      }),
    );
  }
  return await Promise.all(taken);
}

function reportOvertaking(name: string, taken: readonly number[], report: Report): void {
  overtakings.push(...taken);
  report(`${name}.p50`, quantile(taken, 0.5) / 1_000, 's');
  report(`${name}.max`, Math.max(...taken) / 1_000, 's');
}

/** On a connection that is warm and quiet. */
async function measureVisits(ends: Ends, report: Report): Promise<void> {
  const { link, workstation } = ends;
  await workstation.ask('desk.prepare-visits', none, savedVisitCount);
  await workstation.ask('desk.sent', none, transferLimitMs);
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  const before = await link.traffic();
  const times: number[] = [];
  for (let count = 0; count < savedVisitCount; count += 1) {
    times.push(await workstation.ask('desk.visit', time));
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  }
  const after = await link.traffic();
  report('link.visit.p50', quantile(times, 0.5), 'ms');
  report('link.visit.p95', quantile(times, 0.95), 'ms');
  const bytes = after.up.bytes + after.down.bytes - before.up.bytes - before.down.bytes;
  report('link.visit.ip_bytes', bytes / savedVisitCount, 'bytes');
  await workstation.ask('desk.close', none);
}

async function measureCuts(ends: Ends, report: Report): Promise<void> {
  const { workstation } = ends;
  await openWorkstation(ends, 'cut', { cutEveryMs });
  const begun = performance.now();
  await workstation.ask('desk.connect', none);
  const all = documents + uploaded + 2 * savedVisitCount;
  await workstation.ask('desk.wait', time, { visits: all, limitMs: 2 * transferLimitMs });
  report('link.cut.12k', (performance.now() - begun) / 1_000, 's');
  const summary = await workstation.ask('desk.summary', SummarySchema);
  report('link.cut.cuts', summary.cuts, 'cuts');
  report('link.cut.missing', all - summary.visits, 'documents');
  report('link.cut.twice', summary.committedTwice, 'documents');
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
