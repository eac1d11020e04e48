import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { Replica } from '#clinic/ports/replica.ts';
import { appError } from '#contracts/errors.ts';
import { RecordIdSchema } from '#contracts/ids.ts';
import { RequestBodySchema } from '#contracts/records/requests.ts';
import { recordLocalWrite } from '#sync/local-write.ts';
import type { Rig } from './rig.ts';
import { rigsOfTest } from './rigs-of-test.ts';

const { enrolled } = rigsOfTest();

/** A signed-in nurse at the first copy's end: everything of the enrolment was accepted. */
async function working(link: 'online' | 'offline') {
  const rig = await enrolled();
  rig.exchange.state = { ...rig.exchange.state, link };
  const replica = replicaOf(rig);
  await acceptAll(replica);
  return { rig, replica };
}

function replicaOf(rig: Rig): Replica {
  const session = rig.workstation.session();
  if (session === null) throw new Error('nobody is at work');
  return session.replica;
}

const acceptAll = (replica: Replica) =>
  replica.transact(({ outbox }) => {
    for (const { op } of outbox.pending(100)) outbox.accept(op, 1, 1);
  });

/** An emergency: lane 0. */
async function writeAlert(rig: Rig): Promise<void> {
  const session = rig.workstation.session();
  if (session === null) throw new Error('nobody is at work');
  const { now: at, person: author, scope, newId } = session.context();
  const matter = { kind: 'access', pinfl: '31203850123459', ground: 'break-glass', reason: 'qon ketishi' };
  const body = v.parse(RequestBodySchema, { matter, urgency: 'emergency', events: [] });
  const id = v.parse(RecordIdSchema, newId());
  const { device, random } = session;
  await session.replica.transact((transaction) =>
    recordLocalWrite(transaction, { collection: 'requests', id, body, scope, author, device, at, random }),
  );
}

const turns = async () => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
/** Locks; says whether the files are closed. */
function lock(rig: Rig, failure: Parameters<Rig['workstation']['lock']>[0] = null) {
  const state = { isClosed: false };
  const locking = rig.workstation.lock(failure).then(() => {
    state.isClosed = true;
  });
  return { state, locking };
}

describe('ACC-22: a lock with something urgent unsent', () => {
  test('locks the screen at once, and closes the records when the center has answered', async () => {
    const { rig, replica } = await working('online');
    const screen = rig.screen();
    await writeAlert(rig);
    const { state, locking } = lock(rig);
    expect(rig.workstation.state()).toMatchObject({ phase: 'locked', session: null });
    await turns();
    expect(state.isClosed).toBe(false);
    expect(rig.exchange.running).toBe(1);
    expect(rig.workstation.session()).toBe(null);
    expect(rig.workstation.exchange()).toBe(null);
    for (const refused of [
      await screen.request('patients.search', { text: 'y', limit: 5 }),
      await screen.request('drafts.key', {}),
    ]) {
      expect(refused).toMatchObject({ ok: false, error: { code: 'access.locked' } });
    }
    await acceptAll(replica);
    await locking;
    expect(rig.exchange.running).toBe(0);
  });

  test('waits ten seconds at most', async () => {
    const { rig } = await working('online');
    await writeAlert(rig);
    const { state, locking } = lock(rig);
    await turns();
    rig.timers.advance(9_900);
    await turns();
    expect(state.isClosed).toBe(false);
    rig.timers.advance(200);
    await locking;
    expect(rig.exchange.running).toBe(0);
  });

  test('closes at once when the center gets out of reach, was not in contact, or nothing is urgent', async () => {
    const away = await working('offline');
    await writeAlert(away.rig);
    await away.rig.workstation.lock();
    const { rig } = await working('online');
    await rig.workstation.lock();
    await rig.unlock(rig.head);
    await writeAlert(rig);
    const { state, locking } = lock(rig);
    await turns();
    expect(state.isClosed).toBe(false);
    rig.exchange.state = { ...rig.exchange.state, link: 'connecting' };
    rig.exchange.tell();
    await locking;
  });

  test('does not keep an unlock waiting, whenever it is asked for', async () => {
    const { rig } = await working('online');
    await writeAlert(rig);
    const { locking } = lock(rig);
    expect(await rig.unlock(rig.head)).toMatchObject({ ok: true });
    await locking;
    const later = lock(rig);
    await turns();
    expect(later.state.isClosed).toBe(false);
    expect(await rig.unlock(rig.head)).toMatchObject({ ok: true });
    expect(rig.workstation.state().phase).toBe('unlocked');
    expect(rig.exchange.running).toBe(1);
  });

  test.each(['a key was pulled out', 'the program ends', 'the center orders to erase'])(
    'waits for nothing when %s, not even if it waited already',
    async (reason) => {
      const end = async (rig: Rig) => {
        if (reason === 'a key was pulled out') return rig.workstation.lock(appError('access.device-removed'));
        if (reason === 'the program ends') return rig.workstation.close();
        await rig.exchange.orders?.wipe();
        rig.timers.advance(1_000);
        await expect.poll(() => rig.exchange.running).toBe(0);
      };
      const first = await working('online');
      await writeAlert(first.rig);
      await end(first.rig);
      expect(first.rig.exchange.running).toBe(0);
      const second = await working('online');
      await writeAlert(second.rig);
      const { state, locking } = lock(second.rig);
      await turns();
      expect(state.isClosed).toBe(false);
      await end(second.rig);
      await locking;
      expect(second.rig.exchange.running).toBe(0);
    },
  );
});
