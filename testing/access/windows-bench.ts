import { afterEach, expect } from 'vitest';
import type { CredentialDevice } from '#access/ports.ts';
import { openWebauthnDll } from '#access/windows/webauthn-dll.ts';
import { WebauthnKey } from '#access/windows/webauthn-key.ts';
import { systemRandom, systemTimers } from '#workstation/system-effects.ts';
import { type CtapBench, openCtapBench, operation } from '../virtual-key/ctap-bench.ts';
import { plugIn } from '../virtual-key/plugged-key.ts';
import { ctap21Profile, type KeyProfile } from '../virtual-key/profiles.ts';
import { openWindowsDialog } from './windows-dialog.ts';
import { createWindowsDouble, type WindowsDouble } from './windows-double.ts';

const effects = { random: systemRandom, timers: systemTimers };
export const user = systemRandom.bytes(16);
const salt = systemRandom.bytes(32);
const doubles: WindowsDouble[] = [];

/** After every test: nothing was wrong with the calls, all memory was given back, no secret was left in it. */
afterEach(() => {
  for (const double of doubles.splice(0)) {
    expect(double.faults).toEqual([]);
    expect(double.held).toBe(0);
    expect(double.leftSecrets).toBe(0);
  }
});

export interface WindowsBench extends CtapBench {
  readonly double: WindowsDouble;
  readonly windows: WebauthnKey;
}

/** One virtual key, reached on both roads: by CTAP over HID, and by Windows' library. */
export async function openWindowsBench(
  profile: KeyProfile = ctap21Profile,
  apiVersion = 8,
): Promise<WindowsBench> {
  const bench = await openCtapBench({ ...effects, profile });
  const double = createWindowsDouble(await openWindowsDialog(plugIn(bench.virtual), effects));
  doubles.push(double);
  double.manners.apiVersion = apiVersion;
  const library = openWebauthnDll(double.loader);
  if (!library.ok) throw new Error(library.error);
  const turn = { isTaken: false };
  const windows = new WebauthnKey({ id: 'windows-1', library: library.value, turn, ...effects });
  return { ...bench, double, windows };
}

export async function createWith(device: CredentialDevice): Promise<Uint8Array> {
  const made = await device.createCredential({ ...operation(), user });
  if (!made.ok) throw new Error(made.error.failure);
  return made.value.credential;
}

export async function secretOf(device: CredentialDevice, credential: Uint8Array, signal?: AbortSignal) {
  const released = await device.releaseSecret({ ...operation(undefined, signal), credential, salt });
  return released.ok ? Buffer.from(released.value.reveal()).toString('hex') : released.error;
}
