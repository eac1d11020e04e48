import { join } from 'node:path';
import * as v from 'valibot';
import { createIdSource, newEntryId, newRecordId } from '#clinic/ids.ts';
import { PersonIdSchema, RecordIdSchema } from '#contracts/ids.ts';
import { createSeededRandom } from '#testing/district/seeded-random.ts';
import { openRelay, type Relay } from '#testing/link/relay.ts';
import type { Calls } from './calls.ts';
import { type BenchDesk, exactNow, openDesk, until } from './desk.ts';
import {
  type Edit,
  patientEdits,
  referral,
  type SavedVisit,
  savedVisits,
  saveEdits,
  visitEdits,
} from './documents.ts';

const OpenSchema = v.object({
  /** "host:port" of the center. */
  center: v.string(),
  code: v.string(),
  name: v.string(),
  /** Cuts every connection after so many milliseconds. */
  cutEveryMs: v.optional(v.number()),
});
const WaitSchema = v.object({ visits: v.number(), limitMs: v.number() });
const SaveSchema = v.object({
  visits: v.optional(v.number()),
  patients: v.optional(v.number()),
  seed: v.number(),
});

/** What a parent process may have a workstation do; see {@link deskCalls}. */
export const SavedSchema = v.object({ id: RecordIdSchema, at: v.number() });
export const SummarySchema = v.object({
  visits: v.number(),
  committedTwice: v.number(),
  pending: v.number(),
  cuts: v.number(),
  troubles: v.array(v.string()),
});

/** One workstation, opened and driven by calls from another process. Its files go below `folder`. */
export function deskCalls(folder: string): Calls {
  const random = createSeededRandom(process.pid);
  let desk: BenchDesk | undefined;
  let proxy: Relay | undefined;
  let savings: SavedVisit[] = [];
  const open = () => {
    if (desk === undefined) throw new Error('no desk is open');
    return desk;
  };
  const save = async (edits: readonly Edit[]) => {
    const at = exactNow();
    await saveEdits(open(), edits, random);
    return at;
  };
  return {
    'desk.open': async (value) => {
      const { center, code, name, cutEveryMs } = v.parse(OpenSchema, value);
      proxy = cutEveryMs === undefined ? undefined : await openRelay(center, { cutEveryMs });
      const address = proxy === undefined ? center : `127.0.0.1:${proxy.port}`;
      desk = await openDesk(join(folder, name), `ws://${address}/sync`, code);
      return null;
    },
    'desk.connect': async () => open().connect(),
    'desk.disconnect': () => open().disconnect(),
    'desk.save': async (value) => {
      const { visits = 0, patients = 0, seed } = v.parse(SaveSchema, value);
      await save(patientEdits(patients, seed));
      return await save(visitEdits(visits, seed));
    },
    'desk.sent': async (limitMs) => {
      const limit = v.parse(v.number(), limitMs);
      await until('everything sent', () => !open().hasPending(), limit);
      return exactNow();
    },
    'desk.wait': async (value) => {
      const { visits, limitMs } = v.parse(WaitSchema, value);
      await until(
        `${visits} visits`,
        () => open().commits.size >= visits && open().count('visits') >= visits,
        limitMs,
        20,
      );
      return exactNow();
    },
    'desk.refer': async () => {
      const edit = urgentReferral(random, Date.now());
      return { id: edit.id, at: await save([edit]) };
    },
    'desk.seen': async (value) => {
      const id = v.parse(RecordIdSchema, value);
      await until('a referral', () => open().commits.has(id), 120_000);
      return open().commits.get(id)?.firstAt ?? Number.NaN;
    },
    'desk.prepare-visits': async (count) => {
      const patients = patientEdits(v.parse(v.number(), count), 77);
      await save(patients);
      savings = [...savedVisits(patients, 78, Date.now())];
      return savings.length;
    },
    /** Milliseconds from the commit that saves a visit to its last durable verdict. */
    'desk.visit': async () => {
      const next = savings.shift();
      if (next === undefined) throw new Error('no visit is prepared');
      await save(next);
      const begun = open().commits.get(next[0].id)?.firstAt ?? Number.NaN;
      await until('the verdicts', () => !open().hasPending(), 60_000, 1);
      return exactNow() - begun;
    },
    'desk.summary': async () => ({
      visits: open().count('visits'),
      committedTwice: [...open().commits.values()].filter(({ times }) => times > 1).length,
      pending: open().pending(),
      cuts: proxy?.cuts() ?? 0,
      troubles: open().troubles.map((trouble) => (trouble instanceof Error ? trouble.message : 'trouble')),
    }),
    'desk.close': async () => {
      await desk?.close();
      await proxy?.close();
      desk = undefined;
      proxy = undefined;
    },
  };
}

const somebody = v.parse(PersonIdSchema, '0199b000-0000-7000-8000-0000000000aa');

/** What must overtake everything else. */
export function urgentReferral(random: { bytes(length: number): Uint8Array }, at: number): Edit {
  const newId = createIdSource({ now: () => at }, random);
  const body = referral(newRecordId(newId), newRecordId(newId), newEntryId(newId), at, somebody);
  return { collection: 'requests', id: newRecordId(newId), at, author: somebody, body };
}
