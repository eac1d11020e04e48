import { describe, expect, test } from 'vitest';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import { benchPerTest, registration } from './bridge-bench.ts';
import { eventually } from './test-screen.ts';

const bench = benchPerTest();

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
    const { screen } = bench();
    screen.send(message);
    const answer = await eventually(() => screen.heard.at(-1), 'an answer');
    expect(answer).toMatchObject({ type, id, error: { code } });
    expect((await screen.request('session.touch', {})).ok).toBe(true);
  });

  test('names which fields were wrong, without their values', async () => {
    const { screen } = bench();
    const answer = await screen.ask('patients.search', { text: 5, limit: 'secret name' });
    expect(answer).toEqual({
      ok: false,
      error: { code: 'bridge.invalid-input', detail: { paths: ['text', 'limit'] } },
    });
  });

  test('a screen that only sends garbage is cut off', async () => {
    const { screen } = bench();
    for (let count = 0; count < 25; count += 1) screen.send({ type: 'garbage' });
    await eventually(() => screen.isClosed || undefined, 'the end');
  });

  test('at most 64 requests and 64 views are open at once', async () => {
    const { rig, screen } = bench();
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
    const { screen } = bench();
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
    const { screen, replica } = bench();
    const before = replica().outbox.counts().pending;
    const saved = await screen.request('patients.register', registration('Malika'));
    if (!saved.ok) throw new Error(saved.error.code);
    expect(replica().get('patients', saved.value.id)?.rev).toBe(saved.value.rev);
    expect(saved.value.delivery.state).toBe('saved');
    expect(replica().outbox.counts().pending).toBe(before + 1);
    const found = await screen.request('patients.search', { text: 'Юлдашева Малика', limit: 5 });
    expect(found.ok && found.value.patients.map(({ id }) => id)).toEqual([saved.value.id]);
  });

  test('a refused action writes nothing', async () => {
    const { screen, replica, register, startVisit } = bench();
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
    const { screen, replica, fail } = bench();
    fail(new ReplicaFailure('store.disk-full'));
    const before = replica().count('patients', {});
    expect(await screen.request('patients.register', registration('Malika'))).toEqual({
      ok: false,
      error: { code: 'store.disk-full' },
    });
    expect(replica().count('patients', {})).toBe(before);
    fail(null);
    expect((await screen.request('patients.register', registration('Malika'))).ok).toBe(true);
  });

  test('a record that does not fit its schema is refused with its fields', async () => {
    const { screen, register, startVisit } = bench();
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
    const { rig, screen, fail } = bench();
    fail(new TypeError('cannot read Yoʻldosheva Malika'));
    const answer = await screen.request('patients.register', registration('Malika'));
    expect(answer).toMatchObject({ ok: false, error: { code: 'internal.failure' } });
    const incident = answer.ok ? undefined : answer.error.detail?.incident;
    expect(rig.log.join()).toContain(`incident ${incident} TypeError`);
    expect(rig.log.join()).not.toMatch(/ldosheva|Malika/);
  });

  test('a database that proves damaged locks: nothing is written on top', async () => {
    const { rig, screen, fail } = bench();
    const view = screen.open('queue.day', {});
    await view.until(() => true);
    fail(new ReplicaFailure('store.damaged'));
    expect(await screen.request('patients.register', registration('Malika'))).toMatchObject({
      error: { code: 'store.damaged' },
    });
    expect(await view.untilEnded()).toBe('access.locked');
    expect(rig.workstation.state()).toMatchObject({ phase: 'failed', failure: { code: 'store.damaged' } });
  });
});

describe('locking', () => {
  test('ends every view but the state, and refuses what follows', async () => {
    const { screen } = bench();
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
    const { rig, screen, replica } = bench();
    const saving = screen.request('patients.register', registration('Malika'));
    await screen.request('session.lock', {});
    const saved = await saving;
    expect(saved.ok).toBe(true);
    await rig.unlock(rig.head);
    expect(saved.ok && replica().get('patients', saved.value.id)).toBeTruthy();
  });

  test('a request of several steps that is under way ends before the key is dropped', async () => {
    const { rig, screen } = bench();
    const adding = screen.request('staff.enrol', {
      name: { family: 'Azimov', given: 'Jasur' },
      roles: ['nurse'],
      passphrase: 'yetti qora mushuk',
      withSimulatedKey: true,
    });
    await screen.request('session.lock', {});
    const added = await adding;
    expect(added.ok).toBe(true);
    expect(added.ok && (await rig.unlock(added.value.person, 'yetti qora mushuk')).ok).toBe(true);
  });

  test('a switch of person ends views, which can be opened again at once', async () => {
    const { rig, screen } = bench();
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
    const { rig, screen, register, startVisit } = bench();
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
    const { rig, screen } = bench();
    const nurse = await rig.addPerson(['nurse']);
    const first = await screen.request('drafts.key', {});
    await rig.unlock(nurse, 'yetti qora mushuk');
    const second = await screen.request('drafts.key', {});
    if (!first.ok || !second.ok) throw new Error('no key');
    expect(Buffer.from(first.value.key, 'base64')).toHaveLength(32);
    expect(first.value.key).not.toBe(second.value.key);
  });
});
