import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import { DaySchema } from '#contracts/ids.ts';
import { benchPerTest } from './bridge-bench.ts';

const bench = benchPerTest();

describe('live views', () => {
  test('the queue is told again when a visit starts, moves and is received', async () => {
    const { screen, replica, register, startVisit } = bench();
    const queue = screen.open('queue.day', {});
    await queue.until(({ rows }) => rows.length === 0);
    const visit = await startVisit(await register());
    const [row] = (await queue.until(({ rows }) => rows.length === 1)).rows;
    expect(row).toMatchObject({ visitId: visit, state: 'arrived', delivery: { state: 'saved' } });
    await screen.request('visits.move', { id: visit, state: 'in-progress', room: '4' });
    await queue.until(({ rows }) => rows[0]?.state === 'in-progress' && rows[0].room === '4');
    await replica().transact((transaction) => {
      for (const [index, { op }] of transaction.outbox.pending(100).entries()) {
        transaction.outbox.accept(op, index + 1, 1_800_000_000_000);
      }
    });
    const received = await queue.until(({ rows }) => rows[0]?.delivery.state === 'received');
    expect(received.rows[0]?.delivery).toMatchObject({ receivedAt: 1_800_000_000_000 });
  });

  test('a slow screen gets the newest answer only, after it has seen the one before', async () => {
    const { screen, register, startVisit } = bench();
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
    const { screen, register, startVisit } = bench();
    const slow = screen.open('queue.day', {}, { isSlow: true });
    await slow.until(() => true);
    await startVisit(await register());
    const id = screen.heard.findLast((message) => message.type === 'snapshot')?.id ?? 0;
    for (const seq of [0, 2, 99]) screen.send({ type: 'seen', id, seq });
    await pause(30);
    expect(slow.snapshots).toHaveLength(1);
  });

  test('a commit that does not touch a view does not tell it', async () => {
    const { screen, register } = bench();
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
    const { screen, register, startVisit } = bench();
    const queue = screen.open('queue.day', {});
    await queue.until(() => true);
    queue.close();
    await startVisit(await register());
    await pause(30);
    expect(queue.snapshots).toHaveLength(1);
    expect(queue.ended).toBeNull();
  });

  test('a patient record shows entries as they are written, and opening it is in the audit trail', async () => {
    const { screen, replica, register, startVisit } = bench();
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
    const { screen, register, fail } = bench();
    const id = await register();
    fail(new ReplicaFailure('store.disk-full'));
    const record = screen.open('patients.record', { id });
    expect(await record.until((value) => value !== null)).toMatchObject({ id });
  });

  test('a record that is not here is null', async () => {
    const { screen } = bench();
    const view = screen.openRaw('patients.record', { id: '01930000-0000-7000-8000-00000000dead' });
    expect(await view.until(() => true)).toBeNull();
  });

  test('a view that cannot be computed ends with its code', async () => {
    const { screen, replica } = bench();
    replica().find = () => {
      throw new TypeError('a defect');
    };
    expect(await screen.open('queue.day', {}).untilEnded()).toBe('internal.failure');
  });

  test('what is unsent is listed with its patient', async () => {
    const { screen, register, startVisit } = bench();
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
    const { rig, screen } = bench();
    const state = screen.open('sync.state', {});
    await state.until(({ link }) => link === 'offline');
    rig.exchange.state = { ...rig.exchange.state, link: 'refused', refusal: 'sync.device-cloned' };
    rig.exchange.tell();
    await state.until(({ link, refusal }) => link === 'refused' && refusal === 'sync.device-cloned');
    await screen.request('sync.now', {});
    expect(rig.exchange.hurried).toBe(1);
  });

  test('a clock that is wrong by more than five minutes is shown', async () => {
    const { rig, screen } = bench();
    const state = screen.open('workstation.state', {});
    rig.exchange.state = { ...rig.exchange.state, clockErrorMs: -3 * 3_600_000 };
    rig.exchange.tell();
    await state.until(({ clockErrorMs }) => clockErrorMs === -3 * 3_600_000);
    rig.exchange.state = { ...rig.exchange.state, clockErrorMs: 4 * 60_000 };
    rig.exchange.tell();
    await state.until(({ clockErrorMs }) => clockErrorMs === null);
  });

  test('at midnight the queue of today is that of the new day', async () => {
    const { rig, screen, register, startVisit } = bench();
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

const pause = (waitMs: number) => new Promise((resolve) => setTimeout(resolve, waitMs));
