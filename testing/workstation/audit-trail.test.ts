import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createHeadBook } from '#center/audit/head-book.ts';
import { type Database, openDatabase } from '#center/postgres/database.ts';
import { checkSignatures } from '#center/staff/check-signatures.ts';
import { type RunningCenter, startCenter } from '#center/start-center.ts';
import { DeviceIdSchema, type PersonId, type RecordId } from '#contracts/ids.ts';
import { facilityA, facilityRecord } from '../center/test-records.ts';
import {
  type ConnectedScreen,
  startWorkstationProcess,
  type WorkstationProcess,
} from './workstation-process.ts';

// docs/specs/audit.md: a day of the real program, its trail exported, and what was done to it found.
const passphrase = 'tog olma 7 daryo';
const administrator = { family: 'Karimova', given: 'Dilnoza' };
const patientName = { family: 'Yoʻldosheva', given: 'Malika' };

let folder: string;
let center: RunningCenter;
let database: Database;
let workstation: WorkstationProcess;
let screen: ConnectedScreen;
let person: PersonId;
let patient: RecordId;
let visit: RecordId;
const data = () => join(folder, 'desk');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-trail-'));
  // PostgreSQL runs under an account of its own.
  await chmod(folder, 0o755);
  center = await startCenter({ dataFolder: join(folder, 'center'), log: () => undefined });
  await center.createFacility(facilityRecord(facilityA));
  database = openDatabase(center.postgresUrl, () => undefined, 2);
  workstation = await startWorkstationProcess(data());
  screen = await workstation.connect();
  const { code } = await center.createEnrolmentCode(facilityA);
  const enrolled = await screen.request('workstation.enrol', {
    center: center.url,
    code,
    label: 'Room 1',
    administrator,
    passphrase,
  });
  if (!enrolled.ok) throw new Error(enrolled.error.code);
  ({ person } = enrolled.value);
});
afterAll(async () => {
  await workstation?.kill();
  await database?.close();
  await center?.close();
  await rm(folder, { recursive: true, force: true });
});

async function idOf(
  answer: Promise<{ ok: true; value: { id: RecordId } } | { ok: false; error: { code: string } }>,
) {
  const outcome = await answer;
  if (!outcome.ok) throw new Error(outcome.error.code);
  return outcome.value.id;
}

const unlock = (words: string) =>
  screen.request('session.unlock', { method: 'passphrase', person, passphrase: words });

describe('a day at a workstation', () => {
  test('SIG-1, SIG-4: who closes a visit signs it, and later entries are beyond the signature', async () => {
    patient = await idOf(
      screen.request('patients.register', {
        name: patientName,
        sex: 'female',
        birth: { date: '1985-03-12' },
        hasConsent: true,
        allergyStatus: 'none-known',
      }),
    );
    const start = { patientId: patient, reason: 'bosim', urgency: 'routine', state: 'arrived' } as const;
    visit = await idOf(screen.request('visits.start', start));
    const finished = await screen.request('visits.record', {
      id: visit,
      entries: [{ kind: 'vitals', values: { systolicMmHg: 151, diastolicMmHg: 95 } }],
      state: 'finished',
    });
    expect(finished).toMatchObject({ ok: true, value: { id: visit, isSigned: true } });
    const record = screen.open('patients.record', { id: patient });
    const closed = await record.until((shown) => shown?.visits[0]?.signatures !== undefined);
    expect(closed?.visits[0]?.signatures).toMatchObject([{ by: person, verdict: 'valid', beyond: [] }]);
    const after = await screen.request('visits.record', {
      id: visit,
      entries: [{ kind: 'note', text: 'keyin' }],
    });
    // Signed is what was closed, not what is written beyond it.
    expect(after.ok && 'isSigned' in after.value).toBe(false);
    expect(after.ok).toBe(true);
    const later = await record.until((shown) => shown?.visits[0]?.signatures?.[0]?.beyond.length === 1);
    expect(later?.visits[0]?.signatures).toMatchObject([{ verdict: 'valid' }]);
    await vi.waitFor(async () => expect(await checkSignatures(database)).toEqual({ signed: 1, bad: [] }), {
      timeout: 20_000,
      interval: 200,
    });
  });

  test('AUD-4, AUD-5: the head sees who did and saw what, refusals included', async () => {
    await screen.request('session.lock', {});
    expect((await unlock('tog olma 7 daryx')).ok).toBe(false);
    expect((await unlock(passphrase)).ok).toBe(true);
    const unsent = screen.open('unsent.list', {});
    await unsent.until(() => true);
    const about = await screen.open('audit.of-patient', { id: patient }).until(({ rows }) => rows.length > 4);
    expect(about.rows.map(({ action }) => action)).toEqual([
      'view.audit',
      'visits.record',
      'view',
      'visits.record',
      'visits.start',
      'patients.register',
    ]);
    for (const row of about.rows) {
      expect(row).toMatchObject({ personId: person, person: { id: person }, patient: { name: patientName } });
    }
    const recent = await screen.open('audit.recent', {}).until(({ rows }) => rows.length > 8);
    expect(recent.trail).toMatchObject({ rolledBackAt: null, entries: recent.rows[0]?.seq });
    const actions = recent.rows.map(({ action }) => action);
    for (const action of [
      'workstation.enrol',
      'session.unlock',
      'session.lock',
      'view.unsent',
      'view.audit',
    ]) {
      expect(actions).toContain(action);
    }
    expect(recent.rows.find(({ action }) => action === 'session.unlock-failed')).toMatchObject({
      personId: person,
      reason: 'access.wrong-passphrase',
    });
    expect(recent.rows.at(-1)).toMatchObject({ seq: 1, action: 'workstation.enrol' });
  });
});

interface Run {
  readonly code: number | null;
  readonly output: string;
}

function audit(args: readonly string[], input = ''): Promise<Run> {
  const script = fileURLToPath(new URL('../../scripts/audit.ts', import.meta.url));
  const child = spawn(process.execPath, [script, ...args], { stdio: 'pipe' });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stdin.end(input);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
}

describe('EXP-1: an export', () => {
  const out = () => join(folder, 'trail.jsonl');
  const exportWith = (words: string) => audit(['export', '--data', data(), '--out', out()], `1\n${words}\n`);

  test('is refused while the workstation runs, and without the passphrase of an administrator', async () => {
    expect(await exportWith(passphrase)).toMatchObject({
      code: 1,
      output: expect.stringContaining('store.in-use'),
    });
    await vi.waitFor(async () => expect(await headsOfCenter()).not.toEqual([]), { timeout: 20_000 });
    await workstation.stop();
    const refused = await exportWith('tog olma 7 daryx');
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('access.wrong-passphrase') });
    await expect(stat(out())).rejects.toThrow('ENOENT');
  });

  test('names nobody, is closed to other accounts, and is whole to the last entry', async () => {
    const exported = await exportWith(passphrase);
    expect(exported).toMatchObject({ code: 0 });
    expect(exported.output).not.toContain(passphrase);
    const text = await readFile(out(), 'utf8');
    for (const name of [...Object.values(patientName), ...Object.values(administrator)])
      expect(text).not.toContain(name);
    if (process.platform !== 'win32') expect((await stat(out())).mode & 0o777).toBe(0o600);
    expect(JSON.parse(text.trimEnd().split('\n').at(-2) ?? '')).toMatchObject({
      action: 'audit.export',
      person,
    });
    const verified = await audit(['verify', out()]);
    expect(verified).toMatchObject({ code: 0, output: expect.stringContaining('the trail is whole') });
    expect(await exportWith(passphrase)).toMatchObject({
      code: 2,
      output: expect.stringContaining('EEXIST'),
    });
  });

  test('that was changed, or cut off, is found with what the center was told', async () => {
    const heads = await headsOfCenter();
    const headsFile = join(folder, 'heads.jsonl');
    await writeFile(headsFile, heads.map((head) => `${JSON.stringify(head)}\n`).join(''));
    expect(await audit(['verify', out(), '--heads', headsFile])).toMatchObject({ code: 0 });

    const lines = (await readFile(out(), 'utf8')).trimEnd().split('\n');
    const changed = join(folder, 'changed.jsonl');
    await writeFile(changed, `${lines.with(3, (lines[3] ?? '').replace(/"at":\d/, '"at":9')).join('\n')}\n`);
    expect(await audit(['verify', changed])).toMatchObject({
      code: 1,
      output: expect.stringContaining('entry 3 '),
    });

    const newest = Math.max(...heads.map(({ seq }) => seq));
    const kept = lines.slice(0, newest);
    const last = JSON.parse(kept.at(-1) ?? '');
    const cut = join(folder, 'cut.jsonl');
    await writeFile(cut, `${[...kept, JSON.stringify({ entries: last.seq, hash: last.hash })].join('\n')}\n`);
    expect(await audit(['verify', cut])).toMatchObject({ code: 0 });
    expect(await audit(['verify', cut, '--heads', headsFile])).toMatchObject({
      code: 1,
      output: expect.stringContaining(`entry ${newest} is missing`),
    });
  });

  async function headsOfCenter() {
    const [row] = await database.rows(
      { name: '', text: 'select id from device' },
      v.object({ id: DeviceIdSchema }),
      [],
    );
    if (row === undefined) throw new Error('no device');
    const heads = await createHeadBook(database, { now: () => 0 }).list(facilityA, row.id, 0, 100);
    return heads.map(({ nr: _nr, ...head }) => ({ device: row.id, ...head }));
  }
});
