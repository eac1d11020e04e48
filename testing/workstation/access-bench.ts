import type { Proof } from '#contracts/bridge/access.ts';
import type { PersonId } from '#contracts/ids.ts';
import type { CtapBench } from '../virtual-key/ctap-bench.ts';
import { openEnrolledRig, passphrase, type RigOptions } from './rig.ts';
import { eventually, type TestScreen } from './test-screen.ts';
import { createTestShelf } from './test-shelf.ts';

export const nurseWords = 'yetti qora mushuk';
const opened: { close(): Promise<void> }[] = [];

/** Closes every workstation of the test. */
export async function closeAll(): Promise<void> {
  for (const rig of opened.splice(0)) await rig.close();
}

/** A workstation with sockets, its administrator signed in, and her screen. */
export async function atWork(options: RigOptions = {}) {
  const sockets = createTestShelf();
  const rig = await openEnrolledRig({ hasSimulatedDevices: false, devices: sockets.shelf, ...options });
  opened.push(rig);
  const screen = rig.screen();
  return { rig, sockets, screen, head: rig.head, door: screen.open('access.door', {}) };
}
export type Desk = Awaited<ReturnType<typeof atWork>>;

export const byWords = (words = passphrase): Proof => ({ method: 'passphrase', passphrase: words });
export const byFinger: Proof = { method: 'fido2' };
export const phase = ({ rig }: Desk) => rig.workstation.state().phase;
export const failure = (code: string, detail: object = {}) => ({
  ok: false,
  error: { code, ...(Object.keys(detail).length > 0 ? { detail } : {}) },
});

export async function enrolKey(desk: Desk, person: PersonId, proof: Proof | null, key?: CtapBench) {
  const bench = key ?? (await desk.sockets.newKey());
  if (key === undefined) desk.sockets.plugIn(bench);
  const input = { person, label: 'Blue', method: 'fido2', proof } as const;
  return { bench, enrolled: await desk.screen.request('keys.enrol', input) };
}

export async function waysOf(screen: TestScreen, person: PersonId) {
  const view = screen.open('access.people', {});
  const { people } = await view.until(() => true);
  view.close();
  return people.find(({ id }) => id === person)?.ways ?? [];
}

export const unlock = ({ screen }: Desk, person: PersonId, proof: Proof) =>
  screen.request('session.unlock', { person, ...proof });

/** What the newest snapshot of the door shows, once it fits. */
export function shown(desk: Desk, fits: (door: Desk['door']['snapshots'][number]) => boolean) {
  const newest = () => desk.door.snapshots.at(-1);
  return eventually(() => {
    const door = newest();
    return door !== undefined && fits(door) ? door : undefined;
  }, 'the door');
}

/** Waits until the key is asked, or asked for, and the screen says so. */
export const step = async (desk: Desk, wanted: 'insert-key' | 'touch-now') => {
  await eventually(
    () => desk.rig.workstation.door.operations.current()?.step === wanted || undefined,
    wanted,
  );
  return shown(desk, ({ operation: told }) => told?.step === wanted);
};
