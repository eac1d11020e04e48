import * as koffi from 'koffi';
import { afterEach, describe, expect, test } from 'vitest';
import { openKeyPresence } from '#access/windows/key-presence.ts';
import { openWebauthnDll } from '#access/windows/webauthn-dll.ts';
import {
  openWindowsLibraries,
  openWindowsRoad,
  type WindowsLibraries,
  type WindowsRoad,
} from '#access/windows/windows-road.ts';
import { systemRandom, systemTimers } from '#workstation/system-effects.ts';
import { createWith, openWindowsBench, secretOf } from './windows-bench.ts';

describe('the library', () => {
  test('of Windows 10 is too old, and one that lacks a function is missing', async () => {
    const { double } = await openWindowsBench();
    double.manners.apiVersion = 3;
    expect(openWebauthnDll(double.loader)).toEqual({ ok: false, error: 'system-too-old' });
    double.manners.apiVersion = 4;
    const load: typeof double.loader.load = (library, name, result, given) => {
      if (name === 'WebAuthNGetCancellationId') throw new Error('not there');
      return double.loader.load(library, name, result, given);
    };
    expect(openWebauthnDll({ koffi, load })).toEqual({ ok: false, error: 'library-missing' });
  });
});

describe('a machine without these libraries', () => {
  const openOf = (libraries: WindowsLibraries) =>
    openWindowsRoad({ libraries, random: systemRandom, timers: systemTimers, onChange: () => undefined });

  test('offers nothing, says why, and goes on', async () => {
    const opened = await openWindowsLibraries('C:\\no such folder');
    if (!opened.ok) throw new Error('koffi does not load');
    expect(opened.value).toEqual({ webauthn: { ok: false, error: 'library-missing' }, presence: undefined });
    const road = openOf(opened.value);
    expect([road.status(), road.credentialDevice(), road.facts()]).toEqual([
      'library-missing',
      undefined,
      undefined,
    ]);
    await road.close();
  });

  test('a list that is not answered any more is shown no longer, locks nobody, and is remembered', async () => {
    const { double } = await openWindowsBench();
    const library = openWebauthnDll(double.loader);
    if (!library.ok) throw new Error(library.error);
    const names = new Set(['HID\\1']);
    let isAnswering = true;
    let removed = 0;
    const polls: (() => void)[] = [];
    let changes = 0;
    const road = openWindowsRoad({
      libraries: {
        webauthn: library,
        presence: { list: async () => (isAnswering ? new Set(names) : undefined) },
      },
      random: systemRandom,
      timers: {
        after: (_waitMs, run) => {
          polls.push(run);
          return () => undefined;
        },
      },
      onChange: () => {
        changes += 1;
      },
    });
    await expect.poll(() => polls.length).toBe(1);
    road.credentialDevice()?.onRemoved(() => {
      removed += 1;
    });
    isAnswering = false;
    for (const [looks, shown] of [
      [1, 1],
      [2, 1],
      [3, undefined],
      [4, undefined],
    ] as const) {
      polls.pop()?.();
      await expect.poll(() => polls.length).toBe(1);
      expect([looks, road.facts()?.length]).toEqual([looks, shown]);
    }
    expect([changes, removed]).toEqual([2, 0]);
    isAnswering = true;
    names.clear();
    polls.pop()?.();
    await expect.poll(() => polls.length).toBe(1);
    expect([road.facts(), removed, changes]).toEqual([[], 1, 3]);
    await road.close();
  });
});

describe('keys that are plugged in', () => {
  const fidoIds = [
    'HID\\VID_1050&UP:F1D0_U:0001',
    'HID_DEVICE_SYSTEM_FIDO',
    'HID_DEVICE_UP:F1D0_U:0001',
    'HID_DEVICE',
  ];
  const mouseIds = ['HID\\VID_046D&UP:0001_U:0002', 'HID_DEVICE_UP:0001_U:0002', 'HID_DEVICE'];
  const roads: WindowsRoad[] = [];
  afterEach(async () => {
    for (const road of roads.splice(0)) await road.close();
  });

  async function openRoad(apiVersion = 8) {
    const { double, key, owner } = await openWindowsBench();
    double.manners.apiVersion = apiVersion;
    double.plugged.set('HID\\VID_046D&PID_C077\\7&1', mouseIds);
    const presence = openKeyPresence(double.loader);
    if (!presence.ok) throw new Error(presence.error);
    let polls: (() => void)[] = [];
    let changes = 0;
    const road = openWindowsRoad({
      libraries: { webauthn: openWebauthnDll(double.loader), presence: presence.value },
      random: systemRandom,
      timers: {
        after: (waitMs, run) => {
          if (waitMs === 1_000) polls.push(run);
          // Grace is short, nobody tells again, and no dialog times out.
          return waitMs === 3_000 ? systemTimers.after(20, run) : () => undefined;
        },
      },
      onChange: () => {
        changes += 1;
      },
    });
    roads.push(road);
    /** Lets it look once more, and waits until it did. */
    const look = async () => {
      await expect.poll(() => polls.length).toBe(1);
      const [next] = polls;
      polls = [];
      next?.();
      await expect.poll(() => polls.length).toBe(1);
    };
    await expect.poll(() => polls.length).toBe(1);
    return { double, key, owner, road, look, changes: () => changes };
  }
  const keyName = 'HID\\VID_1050&PID_0407&MI_01\\7&157bc0b2&0&0000';

  test('are told by their usage, not their maker, and locking follows when one goes', async () => {
    const { double, road, look, changes } = await openRoad();
    expect(road.facts()).toEqual([]);
    const device = road.credentialDevice();
    let removed = 0;
    device?.onRemoved(() => {
      removed += 1;
    });
    double.plugged.set(keyName, fidoIds);
    await look();
    expect(road.facts()).toEqual([{ id: 'windows-key-1', kind: 'key', name: '', status: 'ready' }]);
    expect([removed, road.credentialDevice() === device]).toEqual([0, true]);
    const before = changes();
    await look();
    expect(changes()).toBe(before);
    double.plugged.delete(keyName);
    await look();
    expect([removed, road.facts()]).toEqual([1, []]);
    expect(road.credentialDevice()?.id).not.toBe(device?.id);
    expect(changes()).toBe(before + 1);
    double.plugged.set(keyName, fidoIds);
    await look();
    expect(road.facts()).toMatchObject([{ id: 'windows-key-2' }]);
  });

  test('that come while another goes are news, and the one that unlocked may be the one that went', async () => {
    const { double, road, look } = await openRoad();
    double.plugged.set(keyName, fidoIds);
    await look();
    let removed = 0;
    road.credentialDevice()?.onRemoved(() => {
      removed += 1;
    });
    double.plugged.delete(keyName);
    double.plugged.set(`${keyName}-other`, fidoIds);
    await look();
    expect([removed, road.facts()?.length]).toEqual([1, 1]);
  });

  test('one that is back is busy while the call of the one before has not come back', async () => {
    const { double, key, owner, road, look } = await openRoad();
    const credential = await createWith(key);
    double.plugged.set(keyName, fidoIds);
    await look();
    double.manners.isDeaf = true;
    owner('never');
    const before = road.credentialDevice();
    if (before === undefined) throw new Error('no device');
    const waiting = secretOf(before, credential);
    await expect.poll(() => double.calls.at(-1)).toBe('WebAuthNAuthenticatorGetAssertion');
    double.plugged.delete(keyName);
    await look();
    expect(await waiting).toEqual({ failure: 'removed' });
    const after = road.credentialDevice();
    expect(after && (await secretOf(after, credential))).toEqual({ failure: 'busy' });
  });

  test('a mouse that goes locks nobody', async () => {
    const { double, road, look } = await openRoad();
    double.plugged.set(keyName, fidoIds);
    await look();
    let removed = 0;
    road.credentialDevice()?.onRemoved(() => {
      removed += 1;
    });
    double.plugged.delete('HID\\VID_046D&PID_C077\\7&1');
    await look();
    expect(removed).toBe(0);
  });

  test('are shown as not usable on Windows 10, where no device is offered', async () => {
    const { double, road, look } = await openRoad(3);
    double.plugged.set(keyName, fidoIds);
    await look();
    expect(road.status()).toBe('system-too-old');
    expect(road.credentialDevice()).toBeUndefined();
    expect(road.facts()).toMatchObject([{ status: 'not-usable-on-this-system' }]);
  });
});
