import { afterEach, describe, expect, test } from 'vitest';
import { type BusDevice, createBus } from '#access/devices/doubles.ts';
import type { OpenShelf } from '#access/devices/open-shelf.ts';
import { openRealShelf, type RealShelfOptions } from '#access/devices/real-shelf.ts';
import { posReports } from '#access/drivers/frames.ts';
import type { WebauthnLibrary } from '#access/windows/webauthn-library.ts';
import { fail, ok } from '#contracts/result.ts';
import { type ScanNews, watchScans } from '#workstation/scan-watch.ts';
import { systemClock, systemRandom, systemTimers } from '#workstation/system-effects.ts';
import { createVirtualKey } from '../virtual-key/authenticator.ts';
import { newKeyMemory } from '../virtual-key/key-memory.ts';
import type { Touch } from '../virtual-key/session.ts';
import { credentialDeviceSuite } from './credential-device-suite.ts';

const fidoKey = { vendorId: 0x1050, productId: 0x0402, usagePage: 0xf1d0, usage: 1, product: 'Key' };
const scanner = { vendorId: 0x05e0, productId: 0x1900, usagePage: 0x8c, usage: 2, product: 'Scanner' };
const open: OpenShelf[] = [];
afterEach(async () => {
  for (const shelf of open.splice(0)) await shelf.close();
});

function openShelf(options: Partial<RealShelfOptions> = {}) {
  const bus = createBus();
  const opened = openRealShelf({
    platform: 'linux',
    timers: systemTimers,
    random: systemRandom,
    now: () => performance.now(),
    openHidHost: async () => ok(bus.host),
    openSmartCardLibrary: async () => fail('library-missing'),
    openWindowsLibraries: async () => fail('library-missing'),
    ...options,
  });
  open.push(opened);
  return { bus, shelf: opened.shelf, close: () => opened.close() };
}

/** Puts a key with its owner's finger on the bus: what it is told and what it says are the bytes of the cable. */
function plugKey(bus: ReturnType<typeof createBus>) {
  let finger: 'right index' | 'left thumb' | 'never' = 'right index';
  const virtual = createVirtualKey({
    random: systemRandom,
    timers: systemTimers,
    memory: newKeyMemory(systemRandom.bytes(32), { fingers: ['right index'], pin: '246810' }),
    touch: (signal) =>
      finger === 'never'
        ? new Promise<Touch>((resolve) =>
            signal.addEventListener('abort', () => resolve({ finger: 'left thumb' }), { once: true }),
          )
        : Promise.resolve({ finger }),
  });
  const device: BusDevice = bus.plug(fidoKey);
  device.onWrite = (report) => virtual.receive(report);
  virtual.onReport((report) => queueMicrotask(() => device.send(report)));
  return {
    device,
    touchBy: (next: typeof finger) => {
      finger = next;
    },
  };
}

const until = (condition: () => boolean) =>
  expect.poll(condition, { timeout: 10_000, interval: 20 }).toBe(true);

credentialDeviceSuite('CTAP key on the shelf of this machine', async () => {
  const { bus, shelf } = openShelf();
  const key = plugKey(bus);
  await until(() => shelf.credentialDevices().length === 1);
  const [device] = shelf.credentialDevices();
  if (device === undefined) throw new Error('no key');
  return {
    device,
    owner: (next) =>
      key.touchBy(next === 'never' ? 'never' : next === 'right-finger' ? 'right index' : 'left thumb'),
    unplug: () => key.device.unplug(),
  };
});

describe('the shelf of this machine', () => {
  test('is there at once and loads nothing before the first screen', async () => {
    let loads = 0;
    const { shelf, close } = openShelf({
      openHidHost: async () => {
        loads += 1;
        return fail('library-missing');
      },
    });
    expect(shelf.roads()).toEqual([
      { road: 'usb', status: 'starting' },
      { road: 'smart-card', status: 'starting' },
    ]);
    await close();
    expect(loads).toBe(0);
  });

  test('says what cannot be loaded and goes on with the rest', async () => {
    const { bus, shelf } = openShelf();
    bus.plug(scanner);
    await until(() => shelf.codeScanners().length === 1);
    expect(shelf.roads()).toEqual([
      { road: 'usb', status: 'ready' },
      { road: 'smart-card', status: 'library-missing' },
    ]);
  });

  test('on Windows shows a key as one the system keeps for itself, and does not open it', async () => {
    const { bus, shelf } = openShelf({ platform: 'win32' });
    const device = bus.plug(fidoKey);
    await until(() => shelf.devices().length === 1);
    expect(shelf.devices()).toMatchObject([{ kind: 'key', status: 'not-usable-on-this-system' }]);
    expect(shelf.credentialDevices()).toEqual([]);
    expect(device.opened.count).toBe(0);
  });

  test('on Windows offers whatever key the system reaches, and names the keys as the system lists them', async () => {
    const library: WebauthnLibrary = {
      newCancellation: () => ({ ok: false, code: 0x8000_4005 }),
      cancel: () => undefined,
      makeCredential: () => Promise.reject(new Error('not asked')),
      getAssertion: () => Promise.reject(new Error('not asked')),
    };
    const plugged = new Set<string>();
    const { bus, shelf } = openShelf({
      platform: 'win32',
      openWindowsLibraries: async () =>
        ok({ webauthn: ok(library), presence: { list: async () => new Set(plugged) } }),
    });
    expect(shelf.roads().at(-1)).toEqual({ road: 'system-keys', status: 'starting' });
    await until(() => shelf.credentialDevices().length === 1);
    const [device] = shelf.credentialDevices();
    expect(shelf.roads().at(-1)).toEqual({ road: 'system-keys', status: 'ready' });
    expect(shelf.fingerprintKeys()).toEqual([]);
    // An administrator's node-hid sees the key as well; it is one key all the same.
    bus.plug(fidoKey);
    bus.plug(scanner);
    plugged.add('HID\\VID_1050&PID_0402\\1');
    await until(() => shelf.codeScanners().length === 1 && shelf.devices().length === 2);
    expect(shelf.devices()).toMatchObject([
      { kind: 'scanner', status: 'ready' },
      { kind: 'key', status: 'ready' },
    ]);
    let removed = 0;
    device?.onRemoved(() => {
      removed += 1;
    });
    plugged.clear();
    await until(() => removed === 1);
    expect(shelf.credentialDevices()[0]?.id).not.toBe(device?.id);
  });

  test('elsewhere has no such road', async () => {
    const { shelf } = openShelf();
    expect(shelf.roads().map(({ road }) => road)).toEqual(['usb', 'smart-card']);
  });

  test('a key that is no CTAP2 key is shown as failed', async () => {
    const { bus, shelf } = openShelf();
    bus.plug(fidoKey).onWrite = () => undefined;
    await until(() => shelf.devices()[0]?.status === 'failed');
    expect(shelf.credentialDevices()).toEqual([]);
  });

  test('a key pulled out tells so at once, leaves the shelf, and is another one when it is back', async () => {
    const { bus, shelf } = openShelf();
    const first = plugKey(bus);
    await until(() => shelf.fingerprintKeys().length === 1);
    const [key] = shelf.fingerprintKeys();
    let removed = 0;
    key?.onRemoved(() => {
      removed += 1;
    });
    first.device.unplug();
    expect([removed, shelf.fingerprintKeys().length]).toEqual([1, 0]);
    plugKey(bus);
    await until(() => shelf.fingerprintKeys().length === 1);
    expect(shelf.fingerprintKeys()[0]?.id).not.toBe(key?.id);
  });

  test('what is held to any scanner is told, also of one plugged in later, and no longer once it is ended', async () => {
    const { bus, shelf } = openShelf();
    const news: ScanNews[] = [];
    const end = watchScans(shelf, systemClock, (told) => news.push(told));
    const device = bus.plug(scanner);
    await until(() => shelf.codeScanners().length === 1);
    const scan = (text: string) => {
      for (const report of posReports(text, ']E0')) device.send(report);
    };
    scan('4006381333931');
    expect(news).toEqual([
      { kind: 'scan', reader: 'hid-1', scan: { kind: 'medicine', gtin: '04006381333931', isMarked: false } },
    ]);
    end();
    scan('4006381333931');
    expect(news).toHaveLength(1);
  });
});
