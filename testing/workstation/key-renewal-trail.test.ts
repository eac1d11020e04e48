import { expect, test } from 'vitest';
import { newPaperKey } from '#access/paper-key.ts';
import type { WorkstationParts } from '#workstation/parts.ts';
import { systemRandom } from '#workstation/system-effects.ts';
import { makePaperKey, openEnrolledRig, type Rig, type RigOptions } from './rig.ts';

test('a new data key is a line of the trail, an unlock without one is not', async () => {
  const rig = await openEnrolledRig({ hasSimulatedDevices: true });
  try {
    const actions = async () => {
      const { rows } = await rig
        .screen()
        .open('audit.recent', {})
        .until(({ rows }) => rows.length > 0);
      return rows.map(({ action }) => action);
    };
    await rig.workstation.lock();
    expect((await rig.unlock(rig.head)).ok).toBe(true);
    expect(await actions()).not.toContain('keys.rotate');

    const access = rig.workstation.access();
    expect((await access?.slots.keepPaperKey(access.dataKey, newPaperKey(systemRandom)))?.ok).toBe(true);
    await rig.workstation.lock();
    expect((await rig.unlock(rig.head)).ok).toBe(true);
    expect(await actions()).not.toContain('keys.rotate');

    const again = rig.workstation.access();
    // The old paper ends: what it opens has to be worth nothing.
    expect((await again?.slots.keepPaperKey(again.dataKey, newPaperKey(systemRandom)))?.ok).toBe(true);
    expect((await rig.workstation.renewKey()).ok).toBe(true);
    expect((await actions()).filter((action) => action === 'keys.rotate')).toHaveLength(1);
  } finally {
    await rig.close();
  }
});

/** A workstation whose paper key was made anew: a new data key is due. */
async function dueRig(options: RigOptions = {}) {
  const rig = await openEnrolledRig({ hasSimulatedDevices: false, ...options });
  const screen = rig.screen();
  await makePaperKey(screen);
  const code = (await makePaperKey(screen)).join('-');
  expect(rig.workstation.slots()?.isRotationDue()).toBe(true);
  return { rig, code };
}

/** Who came and went, oldest first. */
const comings = (rig: Rig): readonly string[] =>
  [...(rig.workstation.session()?.replica.auditTrail.recent({ before: null, limit: 100 }) ?? [])]
    .reverse()
    .map(({ action }) => action)
    .filter((action) => action.startsWith('session.') || action === 'keys.rotate');

test('a session that goes on under a new key neither locked nor unlocked; the one after it does', async () => {
  const { rig } = await dueRig();
  try {
    expect((await rig.workstation.renewKey()).ok).toBe(true);
    expect(comings(rig)).toEqual(['session.unlock', 'keys.rotate']);
    await rig.workstation.lock();
    await rig.unlock(rig.head);
    expect(comings(rig).slice(2)).toEqual(['session.lock', 'session.unlock']);
  } finally {
    await rig.close();
  }
});

test('an emergency stands there once, and its reason goes on with every look', async () => {
  const { rig, code } = await dueRig();
  try {
    // The first emergency takes the due key with it: another one is made due after it.
    const emergency = { method: 'paper', code, name: 'Olimov', reason: 'Keys burnt' } as const;
    expect((await rig.workstation.breakGlass(emergency)).ok).toBe(true);
    await makePaperKey(rig.screen());
    expect((await rig.workstation.renewKey()).ok).toBe(true);
    const actions = comings(rig);
    expect(actions.filter((action) => action === 'session.break-glass')).toHaveLength(1);
    expect(actions.at(-1)).toBe('keys.rotate');
    const session = rig.workstation.session();
    if (session === null) throw new Error('locked');
    await rig.workstation.trail.look(session, { action: 'view' });
    expect(session.replica.auditTrail.recent({ before: null, limit: 1 })).toMatchObject([
      { action: 'view', reason: 'Olimov: Keys burnt' },
    ]);
  } finally {
    await rig.close();
  }
});

test('a lock while the key is being replaced is a line, and nothing looks like an unlock', async () => {
  let whileCopied = (): void => undefined;
  const copyRecords =
    (real: WorkstationParts['copyRecords']): WorkstationParts['copyRecords'] =>
    (order) => {
      whileCopied();
      return real(order);
    };
  const { rig } = await dueRig({ copyRecords });
  try {
    whileCopied = () => void rig.workstation.lock();
    expect((await rig.workstation.renewKey()).ok).toBe(false);
    whileCopied = () => undefined;
    await rig.unlock(rig.head);
    expect(comings(rig)).toEqual(['session.unlock', 'keys.rotate', 'session.lock', 'session.unlock']);
  } finally {
    await rig.close();
  }
});

test('whoever looks at the screen sees a renewal before she sees a lock, and until she is back', async () => {
  const { rig } = await dueRig();
  try {
    const seen: string[] = [];
    rig.workstation.onChange(() => {
      const { phase } = rig.workstation.state();
      seen.push(`${phase} ${rig.workstation.renewal() === null ? 'quiet' : 'renewing'}`);
    });
    expect((await rig.workstation.renewKey()).ok).toBe(true);
    expect(seen).toContain('locked renewing');
    expect(seen).not.toContain('locked quiet');
    expect(seen.at(-1)).toBe('unlocked quiet');
  } finally {
    await rig.close();
  }
});
