import { afterEach, describe, expect, test } from 'vitest';
import { createBus } from '#access/devices/doubles.ts';
import { openRealShelf } from '#access/devices/real-shelf.ts';
import { fail, ok } from '#contracts/result.ts';
import { systemRandom, systemTimers } from '#workstation/system-effects.ts';
import { createVirtualKey } from '../virtual-key/authenticator.ts';
import { openCtapBench, ownersPin } from '../virtual-key/ctap-bench.ts';
import { ctap21Profile } from '../virtual-key/profiles.ts';
import type { Touch } from '../virtual-key/session.ts';
import {
  atWork,
  byFinger,
  closeAll,
  type Desk,
  enrolKey,
  failure,
  phase,
  step,
  unlock,
} from './access-bench.ts';
import {
  addThumb,
  changePin,
  describeKey,
  fingersOf,
  newMemory,
  thumb,
  touchedSoFar,
  withKey,
} from './key-settings-bench.ts';
import { eventually } from './test-screen.ts';

// docs/specs/access.md ACC-33, ACC-35: what a key on this computer can do, its fingers and its PIN, asked by a screen.

afterEach(closeAll);

describe('a key that is pulled out', () => {
  const settings = {
    describe: (desk: Desk) => describeKey(desk, ownersPin),
    'enrol-finger': (desk: Desk) => addThumb(desk),
    'remove-finger': (desk: Desk) =>
      desk.screen.request('keys.remove-finger', { pin: ownersPin, id: 'AAA=' }),
    'change-pin': (desk: Desk) => changePin(desk, ownersPin, '246813'),
  } as const;

  test.each(['describe', 'enrol-finger', 'remove-finger', 'change-pin'] as const)(
    'at any report of keys.%s says so, keeps the key whole, and the next request works',
    async (name) => {
      const { desk, bench: first } = await withKey();
      first.owner(thumb);
      const before = first.pipe.reports;
      await settings[name](desk);
      const reports = first.pipe.reports - before;
      expect(reports).toBeGreaterThan(4);
      first.pipe.unplug();
      for (let at = 1; at <= reports; at += Math.max(1, Math.floor(reports / 12))) {
        const bench = await openCtapBench({
          random: systemRandom,
          timers: systemTimers,
          memory: newMemory(ctap21Profile),
        });
        bench.owner(thumb);
        desk.sockets.plugIn(bench);
        bench.pipe.unplugAt(bench.pipe.reports + at);
        expect(await settings[name](desk), `report ${at}`).toMatchObject(failure('access.device-removed'));
        expect(bench.virtual.memory.pinRetries, `report ${at}`).toBe(8);
        const again = await bench.replug();
        again.owner(thumb);
        desk.sockets.plugIn(again);
        // The new PIN may have been set by the report that did not come back.
        const pin = again.virtual.memory.pinHash;
        expect(pin, `report ${at}`).toBeDefined();
        expect(await describeKey(desk), `report ${at}`).toMatchObject(ok({ hasPin: true }));
        expect(desk.rig.workstation.door.operations.current()).toBeNull();
        again.pipe.unplug();
      }
      expect(phase(desk)).toBe('unlocked');
    },
    30_000,
  );

  test('and is the one that she came in with locks, whatever it was being set to', async () => {
    const { desk, bench } = await withKey();
    await enrolKey(desk, desk.head, null, bench);
    await desk.rig.workstation.lock();
    expect((await unlock(desk, desk.head, byFinger)).ok).toBe(true);
    bench.owner(thumb, 'never');
    const enrolling = addThumb(desk);
    await touchedSoFar(desk, 1);
    bench.pipe.unplug();
    expect((await enrolling).ok).toBe(false);
    await eventually(() => phase(desk) === 'locked' || undefined, 'the lock');
    expect(desk.rig.workstation.state().failure).toMatchObject({ code: 'access.device-removed' });
  });

  test('waits for no key: a touch that is never made leaves the screen free for the next question', async () => {
    const { desk, bench } = await withKey();
    bench.owner('never');
    const enrolling = addThumb(desk);
    await step(desk, 'touch-now');
    const second = addThumb(desk);
    const third = changePin(desk, ownersPin, '246813');
    expect(await enrolling).toMatchObject(failure('access.cancelled'));
    expect(await second).toMatchObject(failure('access.cancelled'));
    expect(await third).toEqual(ok({}));
  });
});

describe('over the registry of this machine', () => {
  const usbKey = { vendorId: 0x1050, productId: 0x0402, usagePage: 0xf1d0, usage: 1, product: 'Key' };

  test('a key that is pulled out while it learns a finger and put in again is found anew, and learns it', async () => {
    const bus = createBus();
    const opened = openRealShelf({
      platform: 'linux',
      timers: systemTimers,
      random: systemRandom,
      now: () => performance.now(),
      openHidHost: async () => ok(bus.host),
      openSmartCardLibrary: async () => fail('library-missing'),
      openWindowsLibraries: async () => fail('library-missing'),
    });
    try {
      const desk = await atWork({ devices: opened.shelf });
      const memory = newMemory(ctap21Profile);
      let waits = 0;
      const plug = (touch: () => Promise<Touch>) => {
        const virtual = createVirtualKey({ random: systemRandom, timers: systemTimers, memory, touch });
        const device = bus.plug(usbKey);
        device.onWrite = (report) => virtual.receive(report);
        virtual.onReport((report) => queueMicrotask(() => device.send(report)));
        return device;
      };
      const hasKeys = (count: number) =>
        eventually(() => opened.shelf.fingerprintKeys().length === count || undefined, `${count} keys`);
      const device = plug(async () => {
        waits += 1;
        return waits <= 2 ? thumb : new Promise<Touch>(() => undefined);
      });
      await hasKeys(1);
      const enrolling = addThumb(desk);
      await touchedSoFar(desk, 2);
      device.unplug();
      expect(await enrolling).toMatchObject(failure('access.device-removed'));
      await hasKeys(0);
      expect(await describeKey(desk)).toEqual(failure('access.device-removed'));
      plug(async () => thumb);
      await hasKeys(1);
      expect(await addThumb(desk)).toEqual(ok({}));
      expect((await fingersOf(desk)).map(({ name }) => name)).toEqual(['right index', 'left thumb']);
      expect(await changePin(desk, ownersPin, '975310')).toEqual(ok({}));
      expect(await describeKey(desk, ownersPin)).toMatchObject(failure('access.pin-not-right'));
    } finally {
      await opened.close();
    }
  });
});
