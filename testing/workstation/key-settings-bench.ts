import { systemRandom, systemTimers } from '#workstation/system-effects.ts';
import { openCtapBench, ownersPin } from '../virtual-key/ctap-bench.ts';
import { newKeyMemory } from '../virtual-key/key-memory.ts';
import { ctap21Profile, type KeyProfile } from '../virtual-key/profiles.ts';
import type { Touch } from '../virtual-key/session.ts';
import { atWork, type Desk, shown } from './access-bench.ts';

export const thumb = { finger: 'left thumb' } as const satisfies Touch;
export const wrongPin = '135790';

export async function withKey(profile: KeyProfile = ctap21Profile, memory = newMemory(profile)) {
  const desk = await atWork();
  const bench = await openCtapBench({ random: systemRandom, timers: systemTimers, profile, memory });
  desk.sockets.plugIn(bench);
  return { desk, bench };
}
export const newMemory = ({ hasPin }: KeyProfile) =>
  newKeyMemory(systemRandom.bytes(32), {
    fingers: ['right index'],
    ...(hasPin ? { pin: ownersPin } : {}),
  });

export const describeKey = ({ screen }: Desk, pin?: string) =>
  screen.request('keys.describe', pin === undefined ? {} : { pin });
export const addThumb = ({ screen }: Desk, pin = ownersPin) =>
  screen.request('keys.enrol-finger', { pin, name: 'left thumb' });
export const changePin = ({ screen }: Desk, present: string | null, next: string) =>
  screen.request('keys.change-pin', { present, next });
export async function fingersOf(desk: Desk) {
  const described = await describeKey(desk, ownersPin);
  if (!described.ok) throw new Error(described.error.code);
  return described.value.fingers ?? [];
}
/** The enrolling of a finger waits for the touch after `good` good ones. */
export const touchedSoFar = (desk: Desk, good: number) =>
  shown(desk, ({ operation }) => operation?.step === 'touch-again' && operation.good === good);
