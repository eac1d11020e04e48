import { cpSync } from 'node:fs';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { layoutOf } from '#workstation/folder-layout.ts';
import { administrator, diskFull, type Rig } from './rig.ts';
import { phaseOf, rigsOfTest } from './rigs-of-test.ts';

const { enrolled, unenrolled } = rigsOfTest();

describe('enrolment', () => {
  test('makes an unlocked workstation with its first administrator', async () => {
    const rig = await unenrolled();
    expect(phaseOf(rig)).toBe('unenrolled');
    const outcome = await rig.enrol();
    expect(outcome.ok).toBe(true);
    const state = rig.workstation.state();
    expect(state).toMatchObject({
      phase: 'unlocked',
      session: { person: { roles: ['technician', 'head'] } },
    });
    expect(state.people.map(({ name }) => name)).toEqual(['Karimova Dilnoza']);
    expect(rig.workstation.session()?.replica.outbox.counts().pending).toBe(1);
    expect(rig.exchange.running).toBe(1);
  });

  test('a second one is refused', async () => {
    const rig = await enrolled();
    expect(await rig.enrol()).toMatchObject({ ok: false, error: { code: 'enrolment.already-enrolled' } });
  });

  test.each([
    'enrolment.code-unknown',
    'enrolment.code-stale',
    'enrolment.center-unreachable',
    'sync.protocol-mismatch',
  ] as const)('%s leaves an unenrolled workstation that can try again', async (code) => {
    const rig = await unenrolled();
    rig.refusal = { code };
    expect(await rig.enrol()).toEqual({ ok: false, error: { code } });
    expect(phaseOf(rig)).toBe('unenrolled');
    rig.refusal = null;
    expect((await rig.enrol()).ok).toBe(true);
  });

  test('a weak passphrase is refused before the center is asked', async () => {
    const rig = await unenrolled();
    rig.whileEnrolling = () => {
      throw new Error('the center was asked');
    };
    const outcome = await rig.workstation.enrol({
      center: 'ws://127.0.0.1:9',
      code: 'X',
      label: 'Room 1',
      administrator,
      passphrase: 'Karimova Dilnoza',
    });
    expect(outcome).toMatchObject({ ok: false, error: { code: 'access.weak-passphrase' } });
  });

  test('a full disk is found before the code is used up', async () => {
    const { ReplicaFailure } = await import('#clinic/ports/replica-failure.ts');
    const rig = await unenrolled({
      openReplica: () => async () => {
        throw new ReplicaFailure('store.disk-full');
      },
    });
    rig.whileEnrolling = () => {
      throw new Error('the center was asked');
    };
    expect(await rig.enrol()).toEqual({ ok: false, error: diskFull });
    expect(phaseOf(rig)).toBe('unenrolled');
  });

  test('a power cut while the center answers leaves nothing but the need for a new code', async () => {
    const rig = await unenrolled();
    const copy = join(rig.folder, '..', `${rig.folder.split('/').at(-1)}-cut`);
    rig.whileEnrolling = () => cpSync(rig.folder, copy, { recursive: true });
    await rig.enrol();
    await restore(rig, copy);
    expect(phaseOf(rig)).toBe('unenrolled');
    expect(await readdir(rig.folder)).not.toContain('enrolling');
    rig.whileEnrolling = () => undefined;
    expect((await rig.enrol()).ok).toBe(true);
  });

  test('a power cut just before the renaming is an enrolled workstation', async () => {
    const rig = await enrolled();
    await rig.workstation.lock();
    const { current, enrolling } = layoutOf(rig.folder);
    await cp(current, enrolling, { recursive: true });
    await rm(current, { recursive: true });
    await rig.restart();
    expect(phaseOf(rig)).toBe('locked');
    expect((await rig.unlock(rig.head)).ok).toBe(true);
    expect(await readdir(rig.folder)).not.toContain('enrolling');
  });

  test('a staging folder without a slot file is removed', async () => {
    const rig = await unenrolled();
    await mkdir(layoutOf(rig.folder).enrolling);
    await writeFile(join(layoutOf(rig.folder).enrolling, 'records.sqlite'), 'half');
    await rig.restart();
    expect(phaseOf(rig)).toBe('unenrolled');
    expect(await readdir(rig.folder)).toEqual([]);
  });
});

async function restore(rig: Rig, copy: string): Promise<void> {
  await rig.workstation.lock();
  for (const name of await readdir(rig.folder)) await rm(join(rig.folder, name), { recursive: true });
  await cp(copy, rig.folder, { recursive: true });
  await rm(copy, { recursive: true });
  await rig.restart();
}
