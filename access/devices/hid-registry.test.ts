import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HidPipe } from '../ctap/hid-pipe.ts';
import { posReports } from '../drivers/frames.ts';
import { hidPosScanner } from '../drivers/hid-pos-scanner.ts';
import { pcprox } from '../drivers/pcprox.ts';
import { type Bus, createBus, createHandTime, type HandTime } from './doubles.ts';
import { type HidRegistry, openHidRegistry } from './hid-registry.ts';
import { openReader } from './reader-session.ts';

const scanner = { vendorId: 0x05e0, productId: 0x1900, usagePage: 0x8c, usage: 2, product: 'Scanner' };
const proximity = { vendorId: 0x0c27, productId: 0x3bfa, usagePage: 1, usage: 6, product: 'pcProx' };
const forbidden = { vendorId: 9, productId: 9, product: 'Kept by the system' };

let bus: Bus;
let time: HandTime;
let registry: HidRegistry;
let changes: number;
/** Pipes that were put to use, to see what is left of them. */
let started: HidPipe[];
let isStartFailing: boolean;
/** Ends a start that takes its time. */
let finishStart: (() => void) | undefined;
let isStartSlow: boolean;

beforeEach(async () => {
  bus = createBus();
  time = createHandTime();
  changes = 0;
  started = [];
  isStartFailing = false;
  isStartSlow = false;
  registry = openHidRegistry({
    host: bus.host,
    timers: time.timers,
    now: time.now,
    onChange: () => {
      changes += 1;
    },
    claim: (device) => {
      const model = [hidPosScanner, pcprox].find(({ matches }) => matches(device));
      if (device.vendorId === 9) return { kind: 'key', isUsable: false, start: async () => null };
      if (model === undefined) return undefined;
      return {
        kind: model.kind,
        isUsable: true,
        start: async (pipe, id) => {
          started.push(pipe);
          if (isStartFailing) throw new Error('it answers nonsense');
          if (isStartSlow) {
            await new Promise<void>((resolve) => {
              finishStart = resolve;
            });
          }
          return openReader(id, model, pipe, { timers: time.timers, now: time.now });
        },
      };
    },
  });
  await time.pass(0);
});
afterEach(() => registry.close());

const statuses = () => registry.facts().map(({ name, status }) => `${name}: ${status}`);

/** Listens to every scanner that is there now. */
function listen(): { readonly codes: string[]; readonly removed: string[] } {
  const heard = { codes: [] as string[], removed: [] as string[] };
  for (const shelved of registry.devices()) {
    if (shelved.kind !== 'scanner') continue;
    shelved.device.onCode(({ text }) => heard.codes.push(text));
    shelved.device.onRemoved(() => heard.removed.push(shelved.device.id));
  }
  return heard;
}

describe('plugging in', () => {
  it('is noticed within a second; mice and keyboards are nobody’s business', async () => {
    expect(registry.facts()).toEqual([]);
    const device = bus.plug(scanner);
    await time.pass(1_000);
    expect(registry.facts()).toEqual([{ id: 'hid-1', kind: 'scanner', name: 'Scanner', status: 'ready' }]);
    const heard = listen();
    for (const report of posReports('4006381333931')) device.send(report);
    expect(heard.codes).toEqual(['4006381333931']);
  });

  it('opens a device once, although it is listed for each of its collections', async () => {
    const device = bus.plug(scanner);
    const { list } = bus.host;
    Object.assign(bus.host, { list: async () => (await list()).flatMap((one) => [one, { ...one }]) });
    await time.pass(10_000);
    expect(device.opened).toEqual({ count: 1, open: 1, mostOpen: 1 });
  });

  it('keeps to 32 devices', async () => {
    for (let at = 0; at < 50; at += 1) bus.plug(scanner);
    await time.pass(2_000);
    expect(registry.devices()).toHaveLength(32);
  });

  it('one that takes for ever to open holds up nobody', async () => {
    const { open } = bus.host;
    bus.plug(proximity, 'slow');
    bus.plug(scanner);
    let finish = (): void => undefined;
    Object.assign(bus.host, {
      open: async (path: string) => {
        if (path === 'slow') {
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
        }
        return open(path);
      },
    });
    await time.pass(3_000);
    expect(statuses()).toEqual(['Scanner: ready']);
    finish();
  });
});

describe('a device that takes its time to start', () => {
  beforeEach(() => {
    isStartSlow = true;
  });

  it('is not put on the shelf when it was unplugged meanwhile', async () => {
    const device = bus.plug(scanner);
    await time.pass(1_000);
    expect([registry.facts(), registry.devices()]).toEqual([[], []]);
    device.unplug();
    await time.pass(2_000);
    finishStart?.();
    await time.pass(2_000);
    expect([registry.facts(), registry.devices()]).toEqual([[], []]);
  });

  it('is let go of when the list dropped it meanwhile', async () => {
    const device = bus.plug(scanner, 'p');
    await time.pass(1_000);
    const finishFirst = finishStart;
    isStartSlow = false;
    const other = bus.plug({ ...scanner, product: 'Another' }, 'p');
    await time.pass(1_000);
    finishFirst?.();
    await time.pass(2_000);
    expect(statuses()).toEqual(['Another: ready']);
    expect([device.opened.open, other.opened.open]).toEqual([0, 1]);
  });

  it('is opened once, also when it had to be tried again', async () => {
    const device = bus.plug(scanner);
    device.refusal = 'no-permission';
    await time.pass(1_500);
    device.refusal = null;
    await time.pass(30_000);
    expect(device.opened).toEqual({ count: 1, open: 1, mostOpen: 1 });
    finishStart?.();
    await time.pass(0);
    expect(statuses()).toEqual(['Scanner: ready']);
  });
});

describe('unplugging', () => {
  it('is told at once by the failing read, in the middle of a code too', async () => {
    const device = bus.plug(scanner);
    await time.pass(1_000);
    const heard = listen();
    const [half] = posReports('x'.repeat(80));
    if (half !== undefined) device.send(half);
    device.unplug();
    expect(heard).toEqual({ codes: [], removed: ['hid-1'] });
    expect(registry.facts()).toEqual([]);
    expect(registry.devices()).toEqual([]);
    await time.pass(5_000);
    expect(heard.removed).toEqual(['hid-1']);
  });

  it('gives a new device when it is plugged in again, under the same path too', async () => {
    const device = bus.plug(scanner, '/dev/hidraw3');
    await time.pass(1_000);
    const [before] = registry.devices();
    device.unplug();
    bus.plug(scanner, '/dev/hidraw3');
    await time.pass(2_000);
    const [after] = registry.devices();
    expect(after?.device.id).toBe('hid-2');
    expect(after).not.toBe(before);
  });

  it('another device under the same path is not taken for the old one', async () => {
    bus.plug(scanner, '/dev/hidraw3');
    await time.pass(1_000);
    const heard = listen();
    bus.plug({ ...scanner, product: 'Another' }, '/dev/hidraw3');
    await time.pass(1_000);
    expect(heard.removed).toEqual(['hid-1']);
    expect(statuses()).toEqual(['Another: ready']);
  });

  it('is believed of the list only when two lists in a row say so', async () => {
    const device = bus.plug(scanner);
    await time.pass(1_000);
    const heard = listen();
    bus.hideOnce();
    await time.pass(3_000);
    expect(heard.removed).toEqual([]);
    expect(device.opened.count).toBe(1);
    // A device whose read does not fail although it went.
    const { list } = bus.host;
    Object.assign(bus.host, {
      list: async () => (await list()).filter(({ product }) => product !== 'Scanner'),
    });
    await time.pass(2_000);
    expect(heard.removed).toEqual(['hid-1']);
    expect(device.opened.open).toBe(0);
  });

  it('a reader that has to be asked is gone when it does not answer', async () => {
    const device = bus.plug(proximity);
    device.answerFeature = () => new Uint8Array(8);
    await time.pass(1_000);
    expect(statuses()).toEqual(['pcProx: ready']);
    delete device.answerFeature;
    await time.pass(300);
    expect(registry.facts()).toEqual([]);
    expect(device.opened.open).toBe(0);
  });
});

describe('devices that cannot be used', () => {
  it.each(['no-permission', 'in-use', 'failed'] as const)('%s is shown, and over once it is', async (why) => {
    const device = bus.plug(scanner);
    device.refusal = why;
    await time.pass(1_000);
    expect(statuses()).toEqual([`Scanner: ${why}`]);
    await time.pass(60_000);
    expect(statuses()).toEqual([`Scanner: ${why}`]);
    device.refusal = null;
    await time.pass(16_000);
    expect(statuses()).toEqual(['Scanner: ready']);
    device.unplug();
    expect(registry.facts()).toEqual([]);
  });

  it('is tried again soon at first, as permissions come a moment late, then seldom', async () => {
    const device = bus.plug(scanner);
    let tries = 0;
    const { open } = bus.host;
    Object.assign(bus.host, {
      open: (path: string) => {
        tries += 1;
        return open(path);
      },
    });
    device.refusal = 'no-permission';
    await time.pass(3_000);
    expect(tries).toBeGreaterThanOrEqual(2);
    await time.pass(57_000);
    expect(tries).toBeLessThanOrEqual(10);
  });

  it('what the system keeps for itself is shown and never opened', async () => {
    const device = bus.plug(forbidden);
    await time.pass(10_000);
    expect(statuses()).toEqual(['Kept by the system: not-usable-on-this-system']);
    expect(device.opened.count).toBe(0);
    device.unplug();
    await time.pass(1_000);
    expect(registry.facts()).toEqual([]);
  });

  it('one that answers nonsense is closed, shown as failed, and tried seldom', async () => {
    isStartFailing = true;
    const device = bus.plug(scanner);
    await time.pass(60_000);
    expect(statuses()).toEqual(['Scanner: failed']);
    expect(device.opened.open).toBe(0);
    expect(device.opened.count).toBeLessThanOrEqual(10);
  });

  it('one whose cable fails again and again is not opened every second', async () => {
    const device = bus.plug(scanner);
    for (let second = 0; second < 120; second += 1) {
      await time.pass(1_000);
      device.breakCable();
    }
    expect(device.opened.count).toBeLessThanOrEqual(15);
    expect(device.opened.mostOpen).toBe(1);
  });
});

describe('the list', () => {
  it('that fails is asked again, and said after the third time', async () => {
    bus.isListFailing = true;
    await time.pass(2_000);
    expect(registry.isAnswering()).toBe(true);
    await time.pass(2_000);
    expect(registry.isAnswering()).toBe(false);
    bus.isListFailing = false;
    bus.plug(scanner);
    await time.pass(1_000);
    expect(registry.isAnswering()).toBe(true);
    expect(statuses()).toEqual(['Scanner: ready']);
  });

  it('that fails takes no device away', async () => {
    bus.plug(scanner);
    await time.pass(1_000);
    bus.isListFailing = true;
    await time.pass(10_000);
    expect(statuses()).toEqual(['Scanner: ready']);
  });

  it('that takes long is asked for less often', async () => {
    const { list } = bus.host;
    Object.assign(bus.host, {
      list: async () => {
        await new Promise<void>((resolve) => {
          time.timers.after(400, resolve);
        });
        return list();
      },
    });
    const before = bus.lists;
    await time.pass(84_000);
    expect(bus.lists - before).toBeLessThanOrEqual(12);
    expect(bus.lists - before).toBeGreaterThanOrEqual(9);
  });
});

it('closing lets go of everything and asks no more', async () => {
  const device = bus.plug(scanner);
  const asked = bus.plug(proximity);
  asked.answerFeature = () => new Uint8Array(8);
  await time.pass(1_000);
  expect(registry.devices()).toHaveLength(2);
  await registry.close();
  const lists = bus.lists;
  expect([device.opened.open, asked.opened.open]).toEqual([0, 0]);
  await time.pass(10_000);
  expect(bus.lists).toBe(lists);
  expect(time.waiting()).toBe(0);
});

it('a device that opens while everything closes is closed too', async () => {
  const device = bus.plug(scanner);
  const passing = time.pass(1_000);
  await registry.close();
  await passing;
  expect(device.opened.open).toBe(0);
});

it('through 2,000 random pulls and plugs, at most one session per device, no news of devices that are gone', async () => {
  let state = 17;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const plugged: ReturnType<Bus['plug']>[] = [];
  for (let step = 0; step < 2_000; step += 1) {
    const device = plugged[Math.floor(random() * plugged.length)];
    const dice = random();
    if (dice < 0.3 && plugged.length < 6)
      plugged.push(bus.plug(scanner, `p${Math.floor(random() * 9)}-${step}`));
    else if (dice < 0.5 && device !== undefined) {
      device.unplug();
      plugged.splice(plugged.indexOf(device), 1);
    } else if (dice < 0.6) device?.breakCable();
    else if (dice < 0.7 && device !== undefined) device.refusal = random() < 0.5 ? 'in-use' : null;
    else for (const report of posReports('123')) device?.send(report);
    await time.pass(random() * 900);
    for (const one of plugged) expect(one.opened.mostOpen).toBeLessThanOrEqual(1);
  }
  for (const device of plugged) device.refusal = null;
  await time.pass(40_000);
  expect(registry.devices()).toHaveLength(plugged.length);
  expect(new Set(registry.facts().map(({ id }) => id)).size).toBe(plugged.length);
  expect(changes).toBeGreaterThan(100);
});
