import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Replica } from '#clinic/ports/replica.ts';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import type { Registration } from '#contracts/bridge/requests.ts';
import { DaySchema, type RecordId } from '#contracts/ids.ts';
import { openEnrolledRig, type Rig } from './rig.ts';
import { eventually, type TestScreen } from './test-screen.ts';

let rig: Rig & { readonly head: Awaited<ReturnType<typeof openEnrolledRig>>['head'] };
let screen: TestScreen;
/** Takes the place of the replica's own transact while set. */
let failing: Error | null;

beforeEach(async () => {
  failing = null;
  rig = await openEnrolledRig({
    openReplica: (real) => async (place) => {
      const replica = await real(place);
      const inner = replica.transact.bind(replica);
      replica.transact = (write) => (failing === null ? inner(write) : Promise.reject(failing));
      return replica;
    },
  });
  screen = rig.screen();
});
afterEach(() => rig.close());

const registration = (given: string): Registration => ({
  name: { family: 'Yoʻldosheva', given },
  sex: 'female',
  birth: { date: '1985-03-12' },
  hasConsent: true,
  allergyStatus: 'not-recorded',
});

async function register(given = 'Malika'): Promise<RecordId> {
  const saved = await screen.request('patients.register', registration(given));
  if (!saved.ok) throw new Error(saved.error.code);
  return saved.value.id;
}

async function startVisit(patientId: RecordId): Promise<RecordId> {
  const started = await screen.request('visits.start', {
    patientId,
    reason: 'bosim',
    urgency: 'routine',
    state: 'arrived',
  });
  if (!started.ok) throw new Error(started.error.code);
  return started.value.id;
}

const replica = (): Replica => {
  const session = rig.workstation.session();
  if (session === null) throw new Error('locked');
  return session.replica;
};

describe('messages', () => {
  test.each([
    [{ type: 'request', id: 7, name: 'patients.erase', input: {} }, 'failure', 7, 'bridge.unknown-message'],
    [{ type: 'request', id: 7, name: 'toString', input: {} }, 'failure', 7, 'bridge.unknown-message'],
    [{ type: 'request', id: 7, name: '__proto__', input: {} }, 'failure', 7, 'bridge.unknown-message'],
    [{ type: 'open', id: 7, name: 'everything', input: {} }, 'ended', 7, 'bridge.unknown-message'],
    [{ type: 'shout', id: 7 }, 'failure', 7, 'bridge.unknown-message'],
    [{ type: 'request', id: 7 }, 'failure', 7, 'bridge.invalid-input'],
    [{ type: 'request', id: -1, name: 'sync.now', input: {} }, 'failure', 0, 'bridge.invalid-input'],
    [{ type: 'request', id: 1.5, name: 'sync.now', input: {} }, 'failure', 0, 'bridge.invalid-input'],
    [{ type: 'request', id: 7, name: 'x'.repeat(65), input: {} }, 'failure', 7, 'bridge.invalid-input'],
    [
      { type: 'request', id: 7, name: 'patients.search', input: { text: 'a', limit: 51 } },
      'failure',
      7,
      'bridge.invalid-input',
    ],
    [{ type: 'hello', bridge: 99 }, 'failure', 0, 'bridge.unknown-message'],
    [null, 'failure', 0, 'bridge.unknown-message'],
    ['text', 'failure', 0, 'bridge.unknown-message'],
    [[], 'failure', 0, 'bridge.unknown-message'],
  ])('%j is answered %s %d %s', async (message, type, id, code) => {
    screen.send(message);
    const answer = await eventually(() => screen.heard.at(-1), 'an answer');
    expect(answer).toMatchObject({ type, id, error: { code } });
    expect((await screen.request('session.touch', {})).ok).toBe(true);
  });

  test('names which fields were wrong, without their values', async () => {
    const answer = await screen.ask('patients.search', { text: 5, limit: 'secret name' });
    expect(answer).toEqual({
      ok: false,
      error: { code: 'bridge.invalid-input', detail: { paths: ['text', 'limit'] } },
    });
  });

  test('a screen that only sends garbage is cut off', async () => {
    for (let count = 0; count < 25; count += 1) screen.send({ type: 'garbage' });
    await eventually(() => screen.isClosed || undefined, 'the end');
  });

  test('at most 64 requests and 64 views are open at once', async () => {
    const answers = await Promise.all(
      [...Array(70).keys()].map(() =>
        screen.ask('session.unlock', {
          method: 'passphrase',
          person: rig.head,
          passphrase: 'tog olma 7 daryo',
        }),
      ),
    );
    const codes = answers.map((answer) => (answer.ok ? 'ok' : answer.error.code));
    expect(codes.filter((code) => code === 'bridge.busy')).toHaveLength(6);
    const views = [...Array(70).keys()].map(() => screen.open('workstation.state', {}));
    await eventually(() => views.at(-1)?.ended ?? undefined, 'the refusal');
    expect(views.filter(({ ended }) => ended === 'bridge.busy')).toHaveLength(6);
  });

  test('one id is one request at a time', async () => {
    const message = { type: 'request', id: 500, name: 'icd10.search', input: { text: 'a', limit: 1 } };
    screen.send(message);
    screen.send(message);
    await eventually(
      () => screen.heard.filter((heard) => 'id' in heard && heard.id === 500)[1],
      'both answers',
    );
    const types = screen.heard.filter((heard) => 'id' in heard && heard.id === 500).map(({ type }) => type);
    expect(types.sort()).toEqual(['answer', 'failure']);
  });
});

describe('requests that write', () => {
  test('answer with a revision that is in the replica with its outbox and audit rows', async () => {
    const before = replica().outbox.counts().pending;
    const saved = await screen.request('patients.register', registration('Malika'));
    if (!saved.ok) throw new Error(saved.error.code);
    expect(replica().get('patients', saved.value.id)?.rev).toBe(saved.value.rev);
    expect(saved.value.delivery.receivedAt).toBeNull();
    expect(replica().outbox.counts().pending).toBe(before + 1);
    const found = await screen.request('patients.search', { text: 'Юлдашева Малика', limit: 5 });
    expect(found.ok && found.value.patients.map(({ id }) => id)).toEqual([saved.value.id]);
  });

  test('a refused action writes nothing', async () => {
    const before = replica().outbox.counts().pending;
    const strange = '01930000-0000-7000-8000-00000000dead';
    expect(await screen.ask('visits.move', { id: strange, state: 'finished' })).toMatchObject({
      error: { code: 'record.not-found' },
    });
    const visit = await startVisit(await register());
    const moved = await screen.request('visits.move', { id: visit, state: 'planned' });
    expect(moved.ok).toBe(true);
    const wrong = await screen.request('visits.move', { id: visit, state: 'finished' });
    expect(wrong).toMatchObject({ ok: false, error: { code: 'visit.wrong-state' } });
    expect(replica().outbox.counts().pending).toBe(before + 3);
  });

  test('a full disk is told as such, nothing is saved, and saving works again afterwards', async () => {
    failing = new ReplicaFailure('store.disk-full');
    const before = replica().count('patients', {});
    expect(await screen.request('patients.register', registration('Malika'))).toEqual({
      ok: false,
      error: { code: 'store.disk-full' },
    });
    expect(replica().count('patients', {})).toBe(before);
    failing = null;
    expect((await screen.request('patients.register', registration('Malika'))).ok).toBe(true);
  });

  test('a record that does not fit its schema is refused with its fields', async () => {
    const id = await register();
    const visit = await startVisit(id);
    expect(
      await screen.request('visits.record', { id: visit, entries: [{ kind: 'vitals', values: {} }] }),
    ).toMatchObject({ ok: false, error: { code: 'record.invalid' } });
    expect(
      await screen.ask('visits.record', {
        id: visit,
        entries: [{ kind: 'vitals', values: { systolicMmHg: 3000 } }],
      }),
    ).toMatchObject({
      error: { code: 'bridge.invalid-input', detail: { paths: ['entries.0.values.systolicMmHg'] } },
    });
  });

  test('a defect is an incident number on screen; the log has the place and no patient', async () => {
    failing = new TypeError('cannot read Yoʻldosheva Malika');
    const answer = await screen.request('patients.register', registration('Malika'));
    expect(answer).toMatchObject({ ok: false, error: { code: 'internal.failure' } });
    const incident = answer.ok ? undefined : answer.error.detail?.incident;
    expect(rig.log.join()).toContain(`incident ${incident} TypeError`);
    expect(rig.log.join()).not.toMatch(/ldosheva|Malika/);
  });

  test('a database that proves damaged locks: nothing is written on top', async () => {
    failing = new ReplicaFailure('store.damaged');
    const view = screen.open('queue.day', {});
    await view.until(() => true);
    expect(await screen.request('patients.register', registration('Malika'))).toMatchObject({
      error: { code: 'store.damaged' },
    });
    expect(await view.untilEnded()).toBe('access.locked');
    expect(rig.workstation.state()).toMatchObject({ phase: 'failed', failure: { code: 'store.damaged' } });
  });
});

describe('live views', () => {
  test('the queue is told again when a visit starts, moves and is received', async () => {
    const queue = screen.open('queue.day', {});
    await queue.until(({ rows }) => rows.length === 0);
    const visit = await startVisit(await register());
    const [row] = (await queue.until(({ rows }) => rows.length === 1)).rows;
    expect(row).toMatchObject({ visitId: visit, state: 'arrived', delivery: { receivedAt: null } });
    await screen.request('visits.move', { id: visit, state: 'in-progress', room: '4' });
    await queue.until(({ rows }) => rows[0]?.state === 'in-progress' && rows[0].room === '4');
    await replica().transact((transaction) => {
      for (const [index, { op }] of transaction.outbox.pending(100).entries()) {
        transaction.outbox.accept(op, index + 1, 1_800_000_000_000);
      }
    });
    await queue.until(({ rows }) => rows[0]?.delivery.receivedAt === 1_800_000_000_000);
  });

  test('a slow screen gets the newest answer only, after it has seen the one before', async () => {
    const slow = screen.open('queue.day', {}, { isSlow: true });
    await slow.until(() => true);
    const patient = await register();
    for (let count = 0; count < 20; count += 1) await startVisit(patient);
    await pause(50);
    expect(slow.snapshots).toHaveLength(1);
    slow.seen();
    expect((await slow.until(({ rows }) => rows.length > 0)).rows).toHaveLength(20);
    expect(slow.sequence).toEqual([1, 2]);
    slow.seen();
    await pause(50);
    expect(slow.snapshots).toHaveLength(2);
  });

  test('an acknowledgement of another snapshot counts for nothing', async () => {
    const slow = screen.open('queue.day', {}, { isSlow: true });
    await slow.until(() => true);
    await startVisit(await register());
    const id = screen.heard.findLast((message) => message.type === 'snapshot')?.id ?? 0;
    for (const seq of [0, 2, 99]) screen.send({ type: 'seen', id, seq });
    await pause(30);
    expect(slow.snapshots).toHaveLength(1);
  });

  test('a commit that does not touch a view does not tell it', async () => {
    const reviews = screen.open('reviews.open', {});
    const state = screen.open('workstation.state', {});
    await reviews.until(() => true);
    await state.until(() => true);
    await register();
    await pause(50);
    expect(reviews.snapshots).toHaveLength(1);
    expect(state.snapshots).toHaveLength(1);
  });

  test('a closed view is told nothing more', async () => {
    const queue = screen.open('queue.day', {});
    await queue.until(() => true);
    queue.close();
    await startVisit(await register());
    await pause(30);
    expect(queue.snapshots).toHaveLength(1);
    expect(queue.ended).toBeNull();
  });

  test('a patient record shows entries as they are written, and opening it is in the audit trail', async () => {
    const audited: unknown[] = [];
    const inner = replica().transact.bind(replica());
    replica().transact = (write) =>
      inner((transaction) => {
        const audit = transaction.audit.bind(transaction);
        transaction.audit = (line) => {
          audited.push([line.action, line.record]);
          audit(line);
        };
        return write(transaction);
      });
    const id = await register();
    const visit = await startVisit(id);
    const record = screen.open('patients.record', { id });
    expect((await record.until((value) => value !== null))?.visits).toHaveLength(1);
    expect(audited).toContainEqual(['view', id]);
    await screen.request('visits.record', {
      id: visit,
      entries: [{ kind: 'vitals', values: { systolicMmHg: 151, diastolicMmHg: 95 } }],
      state: 'finished',
    });
    const shown = await record.until((value) => value?.visits[0]?.state === 'finished');
    expect(shown?.visits[0]?.body.entries.some(({ kind }) => kind === 'vitals')).toBe(true);
    expect(shown?.people.map(({ name }) => name)).toEqual(['Karimova Dilnoza']);
    const summary = await screen.open('day.summary', {}).until(() => true);
    expect(summary).toMatchObject({
      patientsSeen: 1,
      patientsRegistered: 1,
      elevatedPressure: 1,
      visitsWithoutDiagnosis: 1,
    });
  });

  test('a full disk does not keep a record from being read', async () => {
    const id = await register();
    failing = new ReplicaFailure('store.disk-full');
    const record = screen.open('patients.record', { id });
    expect(await record.until((value) => value !== null)).toMatchObject({ id });
  });

  test('a record that is not here is null', async () => {
    const view = screen.openRaw('patients.record', { id: '01930000-0000-7000-8000-00000000dead' });
    expect(await view.until(() => true)).toBeNull();
  });

  test('a view that cannot be computed ends with its code', async () => {
    replica().find = () => {
      throw new TypeError('a defect');
    };
    expect(await screen.open('queue.day', {}).untilEnded()).toBe('internal.failure');
  });

  test('what is unsent is listed with its patient', async () => {
    const unsent = screen.open('unsent.list', {});
    const id = await register();
    await startVisit(id);
    const rows = await unsent.until((value) => value.length === 3);
    expect(rows.map(({ collection }) => collection)).toEqual(['visits', 'patients', 'staff']);
    expect(rows[0]?.patient?.id).toBe(id);
    const state = await screen.open('sync.state', {}).until(({ unsent: count }) => count === 3);
    expect(state.link).toBe('offline');
  });

  test('the exchange is shown as it changes', async () => {
    const state = screen.open('sync.state', {});
    await state.until(({ link }) => link === 'offline');
    rig.exchange.state = { ...rig.exchange.state, link: 'refused', refusal: 'sync.device-cloned' };
    rig.exchange.tell();
    await state.until(({ link, refusal }) => link === 'refused' && refusal === 'sync.device-cloned');
    await screen.request('sync.now', {});
    expect(rig.exchange.hurried).toBe(1);
  });

  test('a clock that is wrong by more than five minutes is shown', async () => {
    const state = screen.open('workstation.state', {});
    rig.exchange.state = { ...rig.exchange.state, clockErrorMs: -3 * 3_600_000 };
    rig.exchange.tell();
    await state.until(({ clockErrorMs }) => clockErrorMs === -3 * 3_600_000);
    rig.exchange.state = { ...rig.exchange.state, clockErrorMs: 4 * 60_000 };
    rig.exchange.tell();
    await state.until(({ clockErrorMs }) => clockErrorMs === null);
  });

  test('at midnight the queue of today is that of the new day', async () => {
    const queue = screen.open('queue.day', {});
    const fixed = screen.open('queue.day', { day: v.parse(DaySchema, '2026-03-10') });
    await startVisit(await register());
    await queue.until(({ day, rows }) => day === '2026-03-10' && rows.length === 1);
    for (let hours = 0; hours < 24; hours += 1) {
      rig.workstation.touch();
      for (let minutes = 0; minutes < 60; minutes += 4) {
        rig.timers.advance(4 * 60_000);
        rig.workstation.touch();
      }
    }
    await queue.until(({ day, rows }) => day === '2026-03-11' && rows.length === 0);
    expect(fixed.snapshots.at(-1)?.day).toBe('2026-03-10');
  });
});

describe('locking', () => {
  test('ends every view but the state, and refuses what follows', async () => {
    const queue = screen.open('queue.day', {});
    const state = screen.open('workstation.state', {});
    await queue.until(() => true);
    expect((await screen.request('session.lock', {})).ok).toBe(true);
    expect(await queue.untilEnded()).toBe('access.locked');
    await state.until(({ phase }) => phase === 'locked');
    expect(state.ended).toBeNull();
    expect(await screen.request('patients.search', { text: 'a', limit: 1 })).toMatchObject({
      error: { code: 'access.locked' },
    });
  });

  test('a save that is under way is answered, and is there after unlocking', async () => {
    const saving = screen.request('patients.register', registration('Malika'));
    await screen.request('session.lock', {});
    const saved = await saving;
    expect(saved.ok).toBe(true);
    await rig.unlock(rig.head);
    expect(saved.ok && replica().get('patients', saved.value.id)).toBeTruthy();
  });

  test('a switch of person ends views, which can be opened again at once', async () => {
    const nurse = await rig.addPerson(['nurse']);
    const queue = screen.open('queue.day', {});
    await queue.until(() => true);
    await screen.request('session.unlock', {
      method: 'passphrase',
      person: nurse,
      passphrase: 'yetti qora mushuk',
    });
    expect(await queue.untilEnded()).toBe('access.locked');
    await screen.open('queue.day', {}).until(() => true);
  });

  test('two screens share the session; a link that breaks takes nothing with it', async () => {
    const other = rig.screen();
    const queue = other.open('queue.day', {});
    await queue.until(() => true);
    const visit = await startVisit(await register());
    await queue.until(({ rows }) => rows[0]?.visitId === visit);
    screen.close();
    const again = rig.screen();
    const reopened = again.open('queue.day', {});
    expect((await reopened.until(() => true)).rows).toHaveLength(1);
  });

  test('draft keys differ by person and are 32 bytes', async () => {
    const nurse = await rig.addPerson(['nurse']);
    const first = await screen.request('drafts.key', {});
    await rig.unlock(nurse, 'yetti qora mushuk');
    const second = await screen.request('drafts.key', {});
    if (!first.ok || !second.ok) throw new Error('no key');
    expect(Buffer.from(first.value.key, 'base64')).toHaveLength(32);
    expect(first.value.key).not.toBe(second.value.key);
  });
});

const pause = (waitMs: number) => new Promise((resolve) => setTimeout(resolve, waitMs));
