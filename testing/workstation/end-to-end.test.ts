import { once } from 'node:events';
import { chmod, cp, mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { type RunningCenter, startCenter } from '#center/start-center.ts';
import type { PersonId, RecordId } from '#contracts/ids.ts';
import { facilityA, facilityRecord } from '../center/test-records.ts';
import {
  type ConnectedScreen,
  startWorkstationProcess,
  type WorkstationProcess,
} from './workstation-process.ts';

const passphrase = 'tog olma 7 daryo';
const administrator = { family: 'Karimova', given: 'Dilnoza' };

let folder: string;
let center: RunningCenter;
let port: number;
const processes: WorkstationProcess[] = [];

const openCenter = async (): Promise<RunningCenter> => {
  const opened = await startCenter({
    dataFolder: join(folder, 'center'),
    port,
    log: () => undefined,
  });
  port = Number(new URL(opened.url).port);
  return opened;
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'end-to-end-'));
  // PostgreSQL has an account of its own where everything runs as root.
  await chmod(folder, 0o755);
  port = 0;
  center = await openCenter();
  await center.createFacility(facilityRecord(facilityA));
});
afterEach(async () => {
  for (const each of processes.splice(0)) await each.kill();
});
afterAll(async () => {
  await center.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(name: string): Promise<WorkstationProcess> {
  const started = await startWorkstationProcess(join(folder, name));
  processes.push(started);
  return started;
}

const newCode = async () => (await center.createEnrolmentCode(facilityA)).code;

async function enrol(screen: ConnectedScreen, code: string, address = center.url) {
  return screen.request('workstation.enrol', {
    center: address,
    code,
    label: 'Room 1',
    administrator,
    passphrase,
  });
}

async function unlock(screen: ConnectedScreen, person: PersonId): Promise<void> {
  const outcome = await screen.request('session.unlock', { method: 'passphrase', person, passphrase });
  if (!outcome.ok) throw new Error(outcome.error.code);
}

/** A workstation with a patient and a begun visit. */
async function enrolledWithVisit(name: string) {
  const running = await start(name);
  const screen = await running.connect();
  const enrolled = await enrol(screen, await newCode());
  if (!enrolled.ok) throw new Error(enrolled.error.code);
  const patient = await screen.request('patients.register', {
    name: { family: 'Yoʻldosheva', given: 'Malika' },
    sex: 'female',
    birth: { date: '1985-03-12' },
    hasConsent: true,
    allergyStatus: 'none-known',
  });
  if (!patient.ok) throw new Error(patient.error.code);
  const visit = await screen.request('visits.start', {
    patientId: patient.value.id,
    reason: 'bosim',
    urgency: 'routine',
    state: 'arrived',
  });
  if (!visit.ok) throw new Error(visit.error.code);
  return {
    running,
    screen,
    person: enrolled.value.person,
    patient: patient.value.id,
    visit: visit.value.id,
  };
}

/** What never settles would end the test without a word of where it stood. */
async function within<Value>(
  what: string,
  work: Promise<Value>,
  process?: WorkstationProcess,
): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const limit = setTimeout(
    () => reject(new Error(`waited for ${what}: ${process?.log.join('') ?? ''}`)),
    60_000,
  );
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(limit);
  }
}

const recordPressure = (screen: ConnectedScreen, visit: RecordId) =>
  screen.request('visits.record', {
    id: visit,
    entries: [{ kind: 'vitals', values: { systolicMmHg: 151, diastolicMmHg: 95 } }],
    state: 'in-progress',
  });

describe('a day', () => {
  test('what was answered as saved survives kill -9 without a center, and arrives when one is there', async () => {
    const { running, screen, person, patient, visit } = await enrolledWithVisit('day');
    const summary = screen.open('patients.record', { id: patient });
    await summary.until((record) => record?.delivery.state === 'received');
    const { facility } = await screen.open('workstation.state', {}).until((state) => state.facility !== null);
    expect(facility?.code).toBe(facilityA);

    await within('the end of the center', center.close());
    const recorded = await within('an answer to the save', recordPressure(screen, visit), running);
    await within('the end of the workstation', running.kill(), running);
    expect(recorded).toMatchObject({ ok: true, value: { delivery: { state: 'saved' } } });

    const again = await start('day');
    const reopened = await within('a screen', again.connect(screen.pass), again);
    await within('the unlock', unlock(reopened, person), again);
    const record = await reopened.open('patients.record', { id: patient }).until((value) => value !== null);
    expect(record?.visits[0]?.body.entries.some(({ kind }) => kind === 'vitals')).toBe(true);
    expect(record?.visits[0]?.delivery.state).toBe('saved');
    const unsent = await reopened.open('unsent.list', {}).until((rows) => rows.length > 0);
    expect(unsent.map(({ id }) => id)).toEqual([visit]);

    center = await within('the center', openCenter());
    await within('an answer to the sync', reopened.request('sync.now', {}), again);
    const live = reopened.open('patients.record', { id: patient });
    await live.until((value) => value?.visits[0]?.delivery.state === 'received');
    await reopened
      .open('sync.state', {})
      .until(({ unsent: count, link }) => count === 0 && link === 'online');
    expect(await again.stop()).toBe(0);
  });

  test('a second process on the same folder is told so and changes nothing', async () => {
    const { running } = await enrolledWithVisit('shared');
    await expect(startWorkstationProcess(join(folder, 'shared'))).rejects.toThrow(/store\.in-use/);
    expect((await running.connect().catch(() => null)) === null).toBe(true);
    expect(await running.stop()).toBe(0);
    // Free again at once.
    await (await start('shared')).connect();
  });

  test('kill -9 at any moment of enrolment leaves a folder that enrols or unlocks', async () => {
    const outcomes = new Set<string>();
    for (const waitMs of [0, 500, 1_000, 2_000]) {
      const name = `cut-${waitMs}`;
      const running = await start(name);
      const screen = await running.connect();
      void enrol(screen, await newCode());
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      await running.kill();
      const after = await (await start(name)).connect();
      const state = await after.open('workstation.state', {}).until(() => true);
      outcomes.add(state.phase);
      if (state.phase === 'unenrolled') {
        expect((await enrol(after, await newCode())).ok).toBe(true);
      } else {
        expect(state.phase).toBe('locked');
        const [first] = state.people;
        if (first === undefined) throw new Error('nobody can unlock');
        await unlock(after, first.id);
      }
    }
    expect(outcomes).toContain('unenrolled');
  });
});

describe('bad input', () => {
  test('enrolment codes: unknown, used; an address where nobody answers', async () => {
    const code = await newCode();
    const screen = await (await start('codes')).connect();
    expect(await enrol(screen, 'ZZZZZ-ZZZZZ')).toMatchObject({ error: { code: 'enrolment.code-unknown' } });
    expect(await enrol(screen, code, 'ws://127.0.0.1:9/sync')).toMatchObject({
      error: { code: 'enrolment.center-unreachable' },
    });
    expect((await enrol(screen, code)).ok).toBe(true);
    const other = await (await start('codes-other')).connect();
    expect(await enrol(other, code)).toMatchObject({ error: { code: 'enrolment.code-stale' } });
    const state = await other.open('workstation.state', {}).until(() => true);
    expect(state.phase).toBe('unenrolled');
  });

  test('a center of another protocol version is told at enrolment with both versions', async () => {
    const strange = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(strange, 'listening');
    strange.on('connection', (socket) =>
      socket.on('message', () =>
        socket.send(
          JSON.stringify({ type: 'refused', code: 'sync.protocol-mismatch', protocol: 999, retry: false }),
        ),
      ),
    );
    const screen = await (await start('versions')).connect();
    const address = `ws://127.0.0.1:${(strange.address() as AddressInfo).port}`;
    const outcome = await enrol(screen, 'ABCDE12345', address);
    strange.close();
    expect(outcome).toMatchObject({
      ok: false,
      error: { code: 'sync.protocol-mismatch', detail: { theirs: 999 } },
    });
  });

  test('a center that was replaced by another version: work goes on, nothing is lost', async () => {
    const { running, screen, visit } = await enrolledWithVisit('replaced');
    await screen.open('sync.state', {}).until(({ unsent, link }) => unsent === 0 && link === 'online');
    await center.close();
    const strange = new WebSocketServer({ host: '127.0.0.1', port });
    await once(strange, 'listening');
    strange.on('connection', (socket) =>
      socket.on('message', () =>
        socket.send(
          JSON.stringify({ type: 'refused', code: 'sync.protocol-mismatch', protocol: 999, retry: false }),
        ),
      ),
    );
    const sync = screen.open('sync.state', {});
    await screen.request('sync.now', {});
    const refused = await sync.until(({ link }) => link === 'refused');
    expect(refused.refusal).toBe('sync.protocol-mismatch');
    expect((await recordPressure(screen, visit)).ok).toBe(true);
    for (const socket of strange.clients) socket.terminate();
    await new Promise((resolve) => strange.close(resolve));
    center = await openCenter();
    await screen.request('sync.now', {});
    await sync.until(({ unsent, link }) => unsent === 0 && link === 'online');
    await running.stop();
  });

  test('a cloned data folder is found; both go on working and keep what they have', async () => {
    const { running, screen, person, visit } = await enrolledWithVisit('original');
    await screen.open('sync.state', {}).until(({ unsent, link }) => unsent === 0 && link === 'online');
    expect(await running.stop()).toBe(0);
    await cp(join(folder, 'original'), join(folder, 'clone'), { recursive: true });

    const original = await start('original');
    const first = await original.connect(screen.pass);
    await unlock(first, person);
    await first.open('sync.state', {}).until(({ link }) => link === 'online');
    await original.stop();

    const clone = await (await start('clone')).connect(screen.pass);
    await unlock(clone, person);
    const sync = clone.open('sync.state', {});
    const refused = await sync.until(({ link }) => link === 'refused');
    expect(refused.refusal).toBe('sync.device-cloned');
    expect((await recordPressure(clone, visit)).ok).toBe(true);
    await sync.until(({ unsent }) => unsent === 1);
  });
});
