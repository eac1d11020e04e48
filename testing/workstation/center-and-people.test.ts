import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createNewsBus } from '#center/feed/bus.ts';
import { loadIdentity } from '#center/identity.ts';
import type { Applied } from '#center/ingest/batch.ts';
import { type Database, openDatabase } from '#center/postgres/database.ts';
import { createStaffDesk, type StaffDesk } from '#center/staff/staff-keys.ts';
import { type RunningCenter, startCenter } from '#center/start-center.ts';
import { systemEffects } from '#center/system-effects.ts';
import type { Proof } from '#contracts/bridge/access.ts';
import type { PersonId, RecordId } from '#contracts/ids.ts';
import { facilityA, facilityRecord } from '../center/test-records.ts';
import { openRelay, type Relay } from '../link/relay.ts';
import { byWords, failure, nurseWords } from './access-bench.ts';
import { registration } from './bridge-bench.ts';
import { makePaperKey, passphrase } from './rig.ts';
import {
  type ConnectedScreen,
  startWorkstationProcess,
  type WorkstationProcess,
} from './workstation-process.ts';

// docs/specs/access.md ACC-16, ACC-31, docs/specs/audit.md SIG-6: workstations as processes, the real center, a line that is cut.

let folder: string;
let center: RunningCenter;
let sql: pg.Client;
let database: Database;
let desk: StaffDesk;
const processes: WorkstationProcess[] = [];
const relays: Relay[] = [];
const endings: (() => Promise<void>)[] = [];
const quiet = () => undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'center-and-people-'));
  // PostgreSQL has an account of its own where everything runs as root.
  await chmod(folder, 0o755);
  center = await startCenter({ dataFolder: join(folder, 'center'), log: quiet });
  await center.createFacility(facilityRecord(facilityA));
  sql = new pg.Client({ connectionString: center.postgresUrl });
  sql.on('error', quiet);
  await sql.connect();
  const effects = systemEffects(quiet);
  database = openDatabase(center.postgresUrl, quiet, 2);
  // As `npm run center -- revoke-person`, which is a process of its own.
  const { id } = await loadIdentity(database, effects);
  const bus = createNewsBus(database, center.postgresUrl, effects);
  endings.push(() => bus.close());
  const announce = ({ lanes, ...applied }: Applied) =>
    bus.publish({ kind: 'head', ...applied, lanes: [...lanes] });
  desk = createStaffDesk({ database, effects, center: id, announce });
});
afterEach(async () => {
  for (const each of processes.splice(0)) await each.kill();
  for (const each of relays.splice(0)) await each.close();
});
afterAll(async () => {
  for (const end of endings.splice(0)) await end();
  await database?.close();
  await sql?.end().catch(quiet);
  await center?.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(name: string) {
  const running = await startWorkstationProcess(join(folder, name));
  processes.push(running);
  return running;
}

/** A line to the center that can be cut for good. */
async function lineToCenter() {
  const { host, pathname } = new URL(center.url);
  const relay = await openRelay(host);
  relays.push(relay);
  return { relay, url: `ws://127.0.0.1:${relay.port}${pathname}` };
}

async function enrolled(name: string, address = center.url) {
  const running = await start(name);
  const screen = await running.connect();
  const { code } = await center.createEnrolmentCode(facilityA);
  const answer = await screen.request('workstation.enrol', {
    center: address,
    code,
    label: name,
    administrator: { family: 'Karimova', given: 'Dilnoza' },
    passphrase,
  });
  if (!answer.ok) throw new Error(answer.error.code);
  return { running, screen, head: answer.value.person };
}

const unlock = (screen: ConnectedScreen, person: PersonId, proof: Proof) =>
  screen.request('session.unlock', { person, ...proof });
const register = async (screen: ConnectedScreen, given: string): Promise<RecordId> => {
  const saved = await screen.request('patients.register', registration(given));
  if (!saved.ok) throw new Error(saved.error.code);
  return saved.value.id;
};
const sent = (screen: ConnectedScreen) =>
  screen.open('sync.state', {}).until(({ unsent, link }) => unsent === 0 && link === 'online');
const count = async (text: string, values: readonly unknown[] = []): Promise<number> => {
  const { rows } = await sql.query(text, [...values]);
  return Number(rows[0]?.count);
};

describe('an author that is a computer', () => {
  test('ACC-31: what was written by paper key is taken, shown on another workstation, and its trail is told', async () => {
    const { screen, head } = await enrolled('paper-one');
    const groups = await makePaperKey(screen);
    await screen.request('session.lock', {});
    const opened = await screen.request('session.break-glass', {
      method: 'paper',
      code: groups.join('-'),
      name: 'Sattorova Umida',
      reason: 'the head is away',
    });
    if (!opened.ok) throw new Error(opened.error.code);
    const computer = opened.value.person;
    const patient = await register(screen, 'Malika');
    const started = await screen.request('visits.start', {
      patientId: patient,
      reason: 'bosim',
      urgency: 'routine',
      state: 'arrived',
    });
    if (!started.ok) throw new Error(started.error.code);
    const visit = started.value.id;
    const entries = [{ kind: 'vitals', values: { systolicMmHg: 151, diastolicMmHg: 95 } }] as const;
    expect(
      (await screen.request('visits.record', { id: visit, entries: [...entries], state: 'in-progress' })).ok,
    ).toBe(true);
    await sent(screen);
    expect(await screen.open('unsent.list', {}).until(() => true)).toEqual([]);
    expect(await count('select count(*) from quarantine where device = $1', [computer])).toBe(0);
    const stored = await sql.query('select body from doc where scope = $1 and id = $2', [facilityA, visit]);
    expect(JSON.parse(stored.rows[0].body)).toMatchObject({ author: computer, device: computer });
    const own = await screen.open('patients.record', { id: patient }).until((record) => record !== null);
    expect(own?.people.find(({ id }) => id === computer)).toMatchObject({ isComputer: true });

    const other = await enrolled('paper-two');
    const shown = await other.screen
      .open('patients.record', { id: patient })
      .until((record) => (record?.visits[0]?.body.entries.length ?? 0) > 0);
    expect(new Set(shown?.visits[0]?.body.entries.map(({ by }) => by))).toEqual(new Set([computer]));
    expect(shown?.people.find(({ id }) => id === computer)).toMatchObject({ isComputer: true });
    // Somebody goes on with it there; whose the first entry was is still told.
    const more = await other.screen.request('visits.record', {
      id: visit,
      entries: [...entries],
      state: 'in-progress',
    });
    expect(more.ok).toBe(true);
    // No version that is shown was written by the paper key then; where it was used it is still told.
    const said = { id: patient, allergy: { status: 'known', substance: 'Penitsillin' } } as const;
    expect((await other.screen.request('patients.record-allergy', said)).ok).toBe(true);
    await sent(other.screen);
    const later = await screen
      .open('patients.record', { id: patient })
      .until(
        (record) => record?.body.allergyStatus === 'known' && record.visits[0]?.body.entries.length === 4,
      );
    expect(later?.visits[0]?.body.entries.map(({ by }) => by)).toContain(computer);
    expect(later?.people.find(({ id }) => id === computer)).toMatchObject({ isComputer: true });

    // The head's own way in again: the whole trail, that opening in it, is what the center was told.
    await screen.request('session.lock', {});
    expect((await unlock(screen, head, byWords(passphrase))).ok).toBe(true);
    await sent(screen);
    expect(await count('select count(*) from audit_head where device = $1', [computer])).toBeGreaterThan(0);
    expect(
      await count('select count(*) from audit_head where device = $1 and finding is not null', [computer]),
    ).toBe(0);
    expect(await count('select count(*) from quarantine')).toBe(0);
  });
});

describe('SIG-6: a person who is revoked at the center', () => {
  const addNurse = async (screen: ConnectedScreen): Promise<PersonId> => {
    const added = await screen.request('staff.enrol', {
      name: { family: 'Azimov', given: 'Jasur' },
      roles: ['nurse'],
      passphrase: nurseWords,
      withSimulatedKey: true,
    });
    if (!added.ok) throw new Error(added.error.code);
    return added.value.person;
  };
  const state = (screen: ConnectedScreen) => screen.open('workstation.state', {});
  /** The line as it was before it was closed. */
  const lineAgain = async ({ port }: Relay) => {
    const relay = await openRelay(new URL(center.url).host, { port });
    relays.push(relay);
    return relay;
  };

  test('while she works offline, is locked out when the line is back; what she saved arrives with the next person', async () => {
    const { relay, url } = await lineToCenter();
    const { screen, head } = await enrolled('revoked', url);
    const nurse = await addNurse(screen);
    await sent(screen);
    const other = await enrolled('revoked-other');
    await relay.close();
    expect((await unlock(screen, nurse, byWords(nurseWords))).ok).toBe(true);
    await register(screen, 'Nargiza');
    expect(await desk.revoke(facilityA, nurse)).toBe(true);
    // Not told yet: she works on.
    const patient = await register(screen, 'Malika');
    const again = await lineAgain(relay);
    await screen.request('sync.now', {});
    const locked = await state(screen).until(({ phase }) => phase === 'locked');
    expect(locked.failure).toMatchObject({ code: 'access.forbidden' });
    // Offline again: neither her passphrase nor her key opens.
    await again.close();
    expect((await unlock(screen, nurse, byWords(nurseWords))).ok).toBe(false);
    expect((await unlock(screen, nurse, { method: 'simulated-key' })).ok).toBe(false);
    expect((await unlock(screen, head, byWords(passphrase))).ok).toBe(true);
    const { people } = await state(screen).until((shown) => shown.people.length === 1);
    expect(people.map(({ id }) => id)).toEqual([head]);
    await lineAgain(relay);
    await screen.request('sync.now', {});
    await sent(screen);
    const seen = await other.screen
      .open('patients.record', { id: patient })
      .until((record) => record !== null);
    expect(seen?.people).toContainEqual(expect.objectContaining({ id: nurse, name: 'Azimov Jasur' }));
    expect(await count('select count(*) from quarantine')).toBe(0);
  });

  test('while somebody else works: her next unlock is refused, offline too', async () => {
    const { relay, url } = await lineToCenter();
    const { screen, head } = await enrolled('gone', url);
    const nurse = await addNurse(screen);
    await sent(screen);
    expect(await desk.revoke(facilityA, nurse)).toBe(true);
    await state(screen).until(({ people }) => people.every(({ id }) => id !== nurse));
    await screen.request('session.lock', {});
    await relay.close();
    expect(await unlock(screen, nurse, byWords(nurseWords))).toMatchObject(failure('access.unknown-person'));
    expect((await unlock(screen, nurse, { method: 'simulated-key' })).ok).toBe(false);
    expect((await unlock(screen, head, byWords(passphrase))).ok).toBe(true);
  });
});
