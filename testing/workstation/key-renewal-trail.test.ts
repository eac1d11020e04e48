import { expect, test } from 'vitest';
import { newPaperKey } from '#access/paper-key.ts';
import { systemRandom } from '#workstation/system-effects.ts';
import { openEnrolledRig } from './rig.ts';

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
