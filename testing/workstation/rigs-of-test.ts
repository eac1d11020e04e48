import { afterEach } from 'vitest';
import { openEnrolledRig, openRig, type Rig, type RigOptions } from './rig.ts';

/** Opens workstations for the tests of a file; each is closed after the test that opened it. */
export function rigsOfTest() {
  const rigs: Rig[] = [];
  const keep = <R extends Rig>(rig: R): R => {
    rigs.push(rig);
    return rig;
  };
  afterEach(async () => {
    for (const rig of rigs.splice(0)) await rig.close();
  });
  return {
    enrolled: async (options?: RigOptions) => keep(await openEnrolledRig(options)),
    unenrolled: async (options?: RigOptions) => keep(await openRig(options)),
  };
}

export const phaseOf = (rig: Rig) => rig.workstation.state().phase;
