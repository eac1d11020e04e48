import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Replica } from '#clinic/ports/replica.ts';
import { layoutOf } from '#workstation/folder-layout.ts';
import { passphrase, type Rig } from './rig.ts';
import { rigsOfTest } from './rigs-of-test.ts';

// docs/specs/audit.md AUD-4, AUD-7, AUD-8: lines that belong to no action of the clinic.
const { enrolled } = rigsOfTest();

/** The replica that the rig opened last, to look into its trail. */
async function rigWithReplica() {
  const replicas: Replica[] = [];
  const rig = await enrolled({
    openReplica: (real) => async (place) => {
      const replica = await real(place);
      replicas.push(replica);
      return replica;
    },
  });
  const trail = () => {
    const replica = replicas.at(-1);
    if (replica === undefined) throw new Error('nothing was opened');
    return [...replica.auditTrail.recent({ before: null, limit: 100 })].reverse();
  };
  return { rig, trail, replica: () => replicas.at(-1) };
}

const fileIn = (rig: Rig, name: string) => join(layoutOf(rig.folder).current, name);

test('AUD-2: the trail begins with the device', async () => {
  const { replica } = await rigWithReplica();
  const start = replica()?.auditTrail.start();
  expect(start?.device).toBe('01930000-0000-7000-8000-0000000000d1');
  expect(start?.hash).not.toBe('0'.repeat(64));
});

test('AUD-8: failed unlocks wait for the trail over a restart, torn line and all', async () => {
  const { rig, trail } = await rigWithReplica();
  await rig.workstation.lock();
  const [first, second] = [rig.clock.now(), rig.clock.now()];
  await rig.unlock(rig.head, 'wrong words here');
  const file = fileIn(rig, 'failed-unlocks.jsonl');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await writeFile(file, `${await readFile(file, 'utf8')}{"at":1,"per`);
  await rig.workstation.close();
  await rig.restart();
  expect((await rig.unlock(rig.head)).ok).toBe(true);
  const failed = trail().filter(({ action }) => action === 'session.unlock-failed');
  expect(failed).toMatchObject([{ person: rig.head, reason: 'access.wrong-passphrase' }]);
  expect(failed[0]?.at).toBeGreaterThanOrEqual(Math.min(first, second));
  await expect(stat(file)).rejects.toThrow('ENOENT');
  // Over open records it is written at once.
  await rig.unlock(rig.head, 'wrong words again');
  expect(trail().filter(({ action }) => action === 'session.unlock-failed')).toHaveLength(2);
});

test('AUD-7: records older than the head that the center was known to keep are noticed when they are opened', async () => {
  const { rig, trail } = await rigWithReplica();
  await rig.workstation.lock();
  await writeFile(fileIn(rig, 'audit-kept.json'), JSON.stringify({ seq: 500, hash: 'f'.repeat(64) }));
  expect((await rig.unlock(rig.head)).ok).toBe(true);
  const screen = rig.screen();
  const shown = await screen.open('audit.recent', {}).until(({ rows }) => rows.length > 0);
  expect(shown.trail.rolledBackAt).toBeGreaterThan(0);
  await rig.workstation.lock();
  expect((await rig.unlock(rig.head)).ok).toBe(true);
  expect(trail().filter(({ action }) => action === 'trail.rolled-back')).toHaveLength(1);
});

test('AUD-7: a head file that holds, or is no head at all, is no finding', async () => {
  const { rig, trail, replica } = await rigWithReplica();
  const head = replica()?.auditTrail.head();
  for (const text of [JSON.stringify(head), '{', '']) {
    await rig.workstation.lock();
    await writeFile(fileIn(rig, 'audit-kept.json'), text);
    expect((await rig.unlock(rig.head, passphrase)).ok).toBe(true);
  }
  expect(trail().map(({ action }) => action)).not.toContain('trail.rolled-back');
});

test('AUD-4: the reason of an emergency goes with every look until the lock', async () => {
  const { rig, trail } = await rigWithReplica();
  rig.exchange.state = { ...rig.exchange.state, isBeyondOfflineLimit: true };
  rig.exchange.tell();
  const screen = rig.screen();
  expect((await screen.request('session.emergency', { reason: 'hushsiz keltirildi' })).ok).toBe(true);
  await screen.open('queue.day', {}).until(() => true);
  expect(trail().slice(-2)).toMatchObject([
    { action: 'session.emergency', reason: 'hushsiz keltirildi' },
    { action: 'view.queue', reason: 'hushsiz keltirildi' },
  ]);
  rig.exchange.state = { ...rig.exchange.state, isBeyondOfflineLimit: false };
  await rig.workstation.lock();
  await rig.unlock(rig.head);
  await screen.open('queue.day', {}).until(() => true);
  expect(trail().at(-1)).toMatchObject({ action: 'view.queue', reason: null });
});
