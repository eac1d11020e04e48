import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCredentialSlots } from '#access/credential-slots.ts';
import { checkIntegrity } from '#store/check-integrity.ts';
import { layoutOf, recoverEnrolment } from '#workstation/folder-layout.ts';
import { MemoryReplica } from '../doubles/memory-replica.ts';
import { testKey } from '../store/replica-under-test.ts';
import { cutsOf } from './cut-states.ts';
import { folderInMemory, rebuild, traceRun } from './run-traced.ts';
import { buildTracingLibrary } from './trace-log.ts';
import {
  databaseFileName,
  dataFolderOf,
  nurse,
  nursePassphrase,
  openRecords,
  slotsEnvironment,
} from './workstation-parts.ts';
import { act, fingerprint } from './workstation-script.ts';

// docs/specs/access.md ACC-24. A failing cut tells its name; the same plan gives the same one again.
const actions = 12;
const seed = 20_261_122;

let folder: string;
let library: string | undefined;
beforeAll(() => {
  folder = folderInMemory('rotation-cuts');
  library = buildTracingLibrary(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function fingerprintInMemory(): Promise<string> {
  const replica = new MemoryReplica();
  for (let number = 0; number < actions; number += 1) {
    await replica.transact((transaction) => act(transaction, number));
  }
  return fingerprint(replica);
}

/** Starts on what a cut left; which key it has then, or what is wrong. */
async function startOn(traced: string, expected: string): Promise<'not enrolled' | 'old key' | 'new key'> {
  const dataFolder = dataFolderOf(traced);
  if (!(await recoverEnrolment(dataFolder))) return 'not enrolled';
  const { current } = layoutOf(dataFolder);
  const slots = await openCredentialSlots(slotsEnvironment(current));
  if (!slots.ok || slots.value === null) throw new Error('no slots');
  const unlocked = await slots.value.unlockByPassphrase(nurse, nursePassphrase);
  if (!unlocked.ok) throw new Error(unlocked.error.code);
  const key = unlocked.value.dataKey.reveal();
  const replica = await openRecords(current, 'product', key);
  const found = fingerprint(replica);
  const audit = replica.verifyAudit();
  await replica.close();
  if (found !== expected) throw new Error('other records');
  if (audit.firstBroken !== null) throw new Error('a broken trail');
  const { damagedPages } = checkIntegrity(join(current, databaseFileName), key);
  if (damagedPages > 0) throw new Error(`${damagedPages} damaged pages`);
  return Buffer.from(key).equals(Buffer.from(testKey)) ? 'old key' : 'new key';
}

describe('a power cut while the data key is replaced', { timeout: 300_000 }, () => {
  it.for(['strict', 'ordered'] as const)(
    'with %s names leaves the old pair or the new one',
    async (names, context) => {
      if (library === undefined) context.skip('SKIPPED: no C compiler is here to build the tracing library');
      const run = { folder, library: library ?? '', script: './rotation-process.ts' };
      const trace = traceRun({ ...run, name: `rotation-${names}`, args: [String(actions)] });
      const expected = await fingerprintInMemory();
      const place = join(folder, `rebuilt-${names}`);
      const outcomes: string[] = [];
      const plan = { seed, cuts: 300, tearing: 'written' as const };
      for (const cut of cutsOf(trace.disk(names), trace.events, plan)) {
        rebuild(cut.state, place);
        const outcome = await startOn(place, expected).catch((error: unknown) => `throws ${String(error)}`);
        const isRight =
          outcome === 'new key' ||
          (outcome === 'old key' && !cut.marks.includes('rotated')) ||
          (outcome === 'not enrolled' && !cut.marks.includes('ready'));
        outcomes.push(isRight ? outcome : `${outcome} (${cut.name}, ${JSON.stringify(cut.survival)})`);
      }
      const kinds = new Set(['not enrolled', 'old key', 'new key']);
      expect(outcomes.filter((outcome) => !kinds.has(outcome))).toEqual([]);
      // The cuts fall before and after the step that makes the new pair count.
      expect(outcomes.filter((outcome) => outcome === 'old key').length).toBeGreaterThan(30);
      expect(outcomes.filter((outcome) => outcome === 'new key').length).toBeGreaterThan(10);
    },
  );
});
