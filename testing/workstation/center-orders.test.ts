import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { layoutOf } from '#workstation/folder-layout.ts';
import type { Rig } from './rig.ts';
import { phaseOf, rigsOfTest } from './rigs-of-test.ts';

const { enrolled } = rigsOfTest();
const registration = {
  name: { family: 'Yusupova', given: 'Nargiza' },
  sex: 'female',
  birth: { date: '1985-03-12' },
  hasConsent: true,
  allergyStatus: 'not-recorded',
} as const;

const contentOf = async (rig: Rig) => (await readdir(rig.folder)).filter((name) => name !== 'lock.sqlite');

describe('the order to erase (WIP-1)', () => {
  test('ends the session at once, destroys the slots before it answers, then the records', async () => {
    const rig = await enrolled();
    const screen = rig.screen();
    await rig.exchange.orders?.wipe();
    expect(phaseOf(rig)).not.toBe('unlocked');
    const left = await readdir(layoutOf(rig.folder).current);
    expect(left.filter((name) => name.includes('slots'))).toEqual([]);
    expect(await rig.unlock(rig.head)).toMatchObject({ ok: false });
    await rig.timers.advance(1000);
    await expect.poll(() => phaseOf(rig)).toBe('unenrolled');
    expect(await contentOf(rig)).toEqual(['erased-by-center']);
    expect(rig.workstation.state()).toMatchObject({ failure: { code: 'sync.device-wiped' }, people: [] });
    expect((await screen.request('patients.search', { text: 'y', limit: 5 })).ok).toBe(false);
    expect(rig.exchange.running).toBe(0);
  });

  test('is finished at the next start when the power was cut in the middle', async () => {
    const rig = await enrolled();
    await rig.workstation.lock();
    // The mark is written first: everything else may still be there.
    await writeFile(join(rig.folder, 'erased-by-center'), '');
    await rig.restart();
    expect(phaseOf(rig)).toBe('unenrolled');
    expect(rig.workstation.state().failure?.code).toBe('sync.device-wiped');
    expect(await contentOf(rig)).toEqual(['erased-by-center']);
  });

  test('leaves a workstation that can be enrolled again', async () => {
    const rig = await enrolled();
    await rig.exchange.orders?.wipe();
    await rig.timers.advance(1000);
    await expect.poll(() => phaseOf(rig)).toBe('unenrolled');
    expect((await rig.enrol()).ok).toBe(true);
    expect(phaseOf(rig)).toBe('unlocked');
    await rig.workstation.lock();
    await rig.restart();
    expect(phaseOf(rig)).toBe('locked');
  });
});

describe('beyond the offline limit (WIP-2)', () => {
  const pass = (rig: Rig, isBeyondOfflineLimit: boolean) => {
    rig.exchange.state = { ...rig.exchange.state, isBeyondOfflineLimit };
    rig.exchange.tell();
  };

  test('no record is shown or written, and the exchange can be hurried', async () => {
    const rig = await enrolled();
    await rig.workstation.lock();
    pass(rig, true);
    expect((await rig.unlock(rig.head)).ok).toBe(true);
    expect(rig.workstation.state()).toMatchObject({ phase: 'unlocked', mustConnect: true });
    const screen = rig.screen();
    const refused = { ok: false, error: { code: 'sync.offline-too-long' } };
    expect(await screen.request('patients.search', { text: 'y', limit: 5 })).toMatchObject(refused);
    expect((await screen.request('sync.now', {})).ok).toBe(true);
    pass(rig, false);
    expect(rig.workstation.state().mustConnect).toBe(false);
    expect((await screen.request('patients.search', { text: 'y', limit: 5 })).ok).toBe(true);
  });

  test('a view that was open when the limit passed ends', async () => {
    const rig = await enrolled();
    const nurse = await rig.addPerson(['nurse']);
    await rig.unlock(nurse, 'yetti qora mushuk');
    const screen = rig.screen();
    const queue = screen.open('queue.day', {});
    await queue.until(() => true);
    pass(rig, true);
    expect(await queue.untilEnded()).toBe('access.locked');
    expect((await screen.request('patients.register', registration)).ok).toBe(false);
  });

  test('an emergency opens the records until the lock, and the reason is kept', async () => {
    const rig = await enrolled();
    const nurse = await rig.addPerson(['nurse']);
    pass(rig, true);
    await rig.unlock(nurse, 'yetti qora mushuk');
    const screen = rig.screen();
    expect((await screen.request('session.emergency', { reason: ' ' })).ok).toBe(false);
    expect((await screen.request('session.emergency', { reason: 'Seizure' })).ok).toBe(true);
    expect((await screen.request('patients.register', registration)).ok).toBe(true);
    await rig.workstation.lock();
    await rig.unlock(nurse, 'yetti qora mushuk');
    expect(rig.workstation.state().mustConnect).toBe(true);
  });
});
