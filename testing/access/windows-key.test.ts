import * as koffi from 'koffi';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CredentialDevice } from '#access/ports.ts';
import { dilnoza, dilnozaWords, openSlotsRig, type SlotsRig } from '#access/simulated/simulated-slots.ts';
import { openKeyPresence } from '#access/windows/key-presence.ts';
import { openWebauthnDll } from '#access/windows/webauthn-dll.ts';
import { WebauthnKey } from '#access/windows/webauthn-key.ts';
import { webauthnStructures } from '#access/windows/webauthn-layout.ts';
import { openWindowsRoad, type WindowsRoad } from '#access/windows/windows-road.ts';
import { systemRandom, systemTimers } from '#workstation/system-effects.ts';
import { type CtapBench, openCtapBench, operation, ownersFinger } from '../virtual-key/ctap-bench.ts';
import { plugIn } from '../virtual-key/plugged-key.ts';
import { ctap21Profile, type KeyProfile, previewProfile } from '../virtual-key/profiles.ts';
import { credentialDeviceSuite } from './credential-device-suite.ts';
import { openWindowsDialog } from './windows-dialog.ts';
import { createWindowsDouble, type WindowsDouble } from './windows-double.ts';
import { nativeLayouts } from './windows-layout.ts';

const effects = { random: systemRandom, timers: systemTimers };
const user = systemRandom.bytes(16);
const salt = systemRandom.bytes(32);
const doubles: WindowsDouble[] = [];

/** After every test: nothing wrong with the calls, all memory given back, no secret left in it. */
afterEach(() => {
  for (const double of doubles.splice(0)) {
    expect(double.faults).toEqual([]);
    expect(double.held).toBe(0);
    expect(double.leftSecrets).toBe(0);
  }
});

interface Bench extends CtapBench {
  readonly double: WindowsDouble;
  readonly windows: WebauthnKey;
}

/** One virtual key, reached on both roads: by CTAP over HID, and by Windows' library. */
async function openBench(profile: KeyProfile = ctap21Profile, apiVersion = 8): Promise<Bench> {
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

async function create(device: CredentialDevice): Promise<Uint8Array> {
  const made = await device.createCredential({ ...operation(), user });
  if (!made.ok) throw new Error(made.error.failure);
  return made.value.credential;
}

async function secretOf(device: CredentialDevice, credential: Uint8Array, signal?: AbortSignal) {
  const released = await device.releaseSecret({ ...operation(undefined, signal), credential, salt });
  return released.ok ? Buffer.from(released.value.reveal()).toString('hex') : released.error;
}

credentialDeviceSuite('webauthn.dll', async () => {
  const bench = await openBench();
  return {
    device: bench.windows,
    wrongFinger: 'cancelled',
    owner: (next) => {
      if (next === 'never') bench.owner('never');
      else bench.owner(next === 'right-finger' ? ownersFinger : { finger: 'left thumb' });
    },
    unplug: () => bench.windows.remove(),
  };
});

describe('one slot on every road', () => {
  test.each([
    ['CTAP 2.1', ctap21Profile],
    ['FIDO_2_1_PRE', previewProfile],
  ] as const)(
    'what was enrolled over HID gives the same secret through Windows: %s',
    async (_name, profile) => {
      const bench = await openBench(profile);
      const credential = await create(bench.key);
      const overHid = await secretOf(bench.key, credential);
      expect(overHid).toMatch(/^[0-9a-f]{64}$/);
      expect(await secretOf(bench.windows, credential)).toBe(overHid);
    },
  );

  test.each([4, 5, 6, 7, 8])(
    'and the other way round, with version %i of the library',
    async (apiVersion) => {
      const bench = await openBench(ctap21Profile, apiVersion);
      const credential = await create(bench.windows);
      const throughWindows = await secretOf(bench.windows, credential);
      expect(throughWindows).toMatch(/^[0-9a-f]{64}$/);
      expect(await secretOf(bench.key, credential)).toBe(throughWindows);
    },
  );

  test('a key that knows no credProtect is enrolled all the same', async () => {
    const bench = await openBench({ ...ctap21Profile, extensions: ['hmac-secret'] });
    const credential = await create(bench.windows);
    expect(await secretOf(bench.key, credential)).toBe(await secretOf(bench.windows, credential));
  });
});

describe('slots', () => {
  let rig: SlotsRig;
  beforeEach(async () => {
    rig = await openSlotsRig();
  });
  afterEach(() => rig.remove());

  const unlocks = async (device: CredentialDevice) => {
    const unlocked = await (await rig.open()).unlockByDevice(dilnoza.id, device, operation());
    if (!unlocked.ok) return unlocked.error.code;
    return Buffer.compare(unlocked.value.dataKey.reveal(), rig.keyBytes) === 0 ? 'unlocked' : 'another key';
  };
  const enrol = async (device: CredentialDevice, label: string) => {
    const slots = await rig.open();
    const proved = await slots.provePerson(dilnoza.id, { method: 'passphrase', passphrase: dilnozaWords });
    if (!proved.ok) throw new Error(proved.error.code);
    const keys = proved.value;
    const enrolled = await slots.enrolDevice(rig.dataKey(), dilnoza, device, operation(), keys, label);
    if (!enrolled.ok) throw new Error(enrolled.error.code);
  };

  test('enrolled on one road open on the other, both ways', async () => {
    const [one, other] = [await openBench(), await openBench()];
    await enrol(one.key, 'made over HID');
    expect(await unlocks(one.windows)).toBe('unlocked');
    await enrol(other.windows, 'made through Windows');
    expect(await unlocks(other.key)).toBe('unlocked');
  });

  test('of two keys of a person are asked for in one dialog, whichever is plugged in', async () => {
    const [one, other, stranger] = [await openBench(), await openBench(), await openBench()];
    await enrol(one.windows, 'blue');
    await enrol(other.windows, 'red');
    for (const bench of [one, other]) {
      bench.double.calls.length = 0;
      expect(await unlocks(bench.windows)).toBe('unlocked');
      const dialogs = bench.double.calls.filter((name) => name === 'WebAuthNAuthenticatorGetAssertion');
      expect(dialogs).toHaveLength(1);
    }
    expect(await unlocks(stranger.windows)).toBe('access.finger-not-recognised');
  });
});

describe('structures on x64', () => {
  test.each(Object.entries(nativeLayouts))('%s lies as the header says', (name, layout) => {
    const structure = Object.entries(webauthnStructures(koffi)).find(([each]) => each === name)?.[1];
    if (structure === undefined) throw new Error('not declared');
    for (const [field, [offset]] of Object.entries(layout.fields)) {
      const [outer = '', inner] = field.split('.');
      const member = structure.members?.[outer];
      const within = inner === undefined ? 0 : member?.type.members?.[inner]?.offset;
      expect([field, (member?.offset ?? Number.NaN) + (within ?? Number.NaN)]).toEqual([field, offset]);
    }
    // Answers are read as far as they are needed.
    if (name !== 'attestation') expect(koffi.sizeof(structure)).toBe(layout.size);
  });
});

describe('what Windows answers', () => {
  test.each([
    [0x8009_0036, 'cancelled', 'cancelled'],
    [0x8007_04c7, 'cancelled', 'cancelled'],
    [0x8007_05b4, 'timed-out', 'timed-out'],
    [0x8009_0035, 'removed', 'removed'],
    [0x8009_0011, 'refused', 'no-credential'],
    [0x8009_0029, 'not-supported', 'not-supported'],
    [0x8007_0032, 'not-supported', 'not-supported'],
    [0x8009_0027, 'refused', 'refused'],
    [0x8000_4005, 'refused', 'refused'],
  ])('%i when a credential is made: %s, when a secret is asked for: %s', async (answer, made, released) => {
    const { double, windows, key } = await openBench();
    const credential = await create(key);
    double.manners.answer = answer;
    const create2 = await windows.createCredential({ ...operation(), user });
    expect(create2.ok ? '' : create2.error.failure).toBe(made);
    if (made === 'refused') expect(create2).toMatchObject({ error: { status: answer } });
    expect(await secretOf(windows, credential)).toMatchObject({ failure: released });
  });

  test('a key of somebody else is not known', async () => {
    const { windows } = await openBench();
    const other = await openBench();
    expect(await secretOf(windows, await create(other.key))).toEqual({ failure: 'no-credential' });
  });

  test('without a window in front the topmost one has the dialog', async () => {
    const { double, windows } = await openBench();
    double.manners.foreground = 0n;
    await create(windows);
    expect(double.calls).toContain('GetTopWindow');
  });

  test('a PIN instead of a finger is asked for by the dialog, and gives the same secret', async () => {
    const bench = await openBench();
    const credential = await create(bench.windows);
    const byFinger = await secretOf(bench.windows, credential);
    bench.virtual.memory.fingers.length = 0;
    expect(await secretOf(bench.windows, credential)).toBe(byFinger);
  });
});

describe('a system that lies is not believed', () => {
  const flip = (at: number) => (value: Uint8Array) =>
    value.map((byte, place) => (place === (at + value.length) % value.length ? byte ^ 1 : byte));
  const flags = 32;
  const lies: readonly [string, string, (value: Uint8Array) => Uint8Array | null, object][] = [
    ['another relying party', 'authenticatorData', flip(0), { failure: 'untrusted', rule: 'relying-party' }],
    [
      'an owner who was not verified',
      'authenticatorData',
      (value) => value.map((byte, place) => (place === flags ? byte & ~0x04 : byte)),
      { failure: 'untrusted', rule: 'verification' },
    ],
    ['another count', 'authenticatorData', flip(36), { failure: 'untrusted', rule: 'signature' }],
    ['another signature', 'signature', flip(-1), { failure: 'untrusted', rule: 'signature' }],
    ['no signature', 'signature', () => null, { failure: 'untrusted', rule: 'signature' }],
    ['another credential', 'credentialId', flip(3), { failure: 'untrusted', rule: 'credential' }],
    ['no data', 'authenticatorData', () => null, { failure: 'garbled' }],
    ['a part of the data', 'authenticatorData', (value) => value.slice(0, -1), { failure: 'garbled' }],
    ['no secret', 'secret', () => null, { failure: 'untrusted', rule: 'secret' }],
  ];
  test.each(lies)('secret asked for: %s', async (_name, field, change, failure) => {
    const { double, windows } = await openBench();
    const credential = await create(windows);
    double.manners.lie = (each, value) => (each === field ? change(value) : value);
    expect(await secretOf(windows, credential)).toEqual(failure);
    double.manners.lie = undefined;
    expect(await secretOf(windows, credential)).toMatch(/^[0-9a-f]{64}$/);
  });

  test('a secret of the wrong length is none', async () => {
    const { double, windows } = await openBench();
    const credential = await create(windows);
    // Half of it is zeros, so that the double does not mistake it for one that was left behind.
    double.manners.lie = (field, value) => (field === 'secret' ? new Uint8Array(16) : value);
    expect(await secretOf(windows, credential)).toEqual({ failure: 'untrusted', rule: 'secret' });
  });

  test.each([
    ['another relying party', flip(0), { failure: 'untrusted', rule: 'relying-party' }],
    [
      'an owner who was not verified',
      (value: Uint8Array) => value.map((byte, place) => (place === flags ? byte & ~0x04 : byte)),
      { failure: 'untrusted', rule: 'verification' },
    ],
    ['a bit more', (value: Uint8Array) => Uint8Array.from([...value, 0]), { failure: 'garbled' }],
    // The last byte says whether hmac-secret was made; the one of credProtect lies 14 before it.
    [
      'no secret made',
      (value: Uint8Array) => value.map((byte, place) => (place === value.length - 1 ? 0xf4 : byte)),
      { failure: 'not-supported', lacks: 'hmac-secret' },
    ],
    [
      'a weaker protection',
      (value: Uint8Array) => value.map((byte, place) => (place === value.length - 14 ? 2 : byte)),
      { failure: 'untrusted', rule: 'extension' },
    ],
  ] as const)('credential made: %s', async (_name, change, failure) => {
    const { double, windows } = await openBench();
    double.manners.lie = (field, value) => (field === 'authenticatorData' ? change(value) : value);
    expect(await windows.createCredential({ ...operation(), user })).toEqual({ ok: false, error: failure });
  });

  test('credential made: a statement that is none', async () => {
    const { double, windows } = await openBench();
    double.manners.lie = (field, value) => (field === 'statement' ? Uint8Array.of(0x01) : value);
    const made = await windows.createCredential({ ...operation(), user });
    expect(made).toEqual({ ok: false, error: { failure: 'garbled' } });
    double.manners.lie = (field, value) => (field === 'statement' ? null : value);
    expect(await create(windows)).toBeInstanceOf(Uint8Array);
  });
});

describe('an operation', () => {
  test('does not hold up the process while the dialog is open', async () => {
    const { owner, windows, key } = await openBench();
    const credential = await create(key);
    owner('never');
    const abort = new AbortController();
    const waiting = secretOf(windows, credential, abort.signal);
    let ticks = 0;
    for (; ticks < 5; ticks += 1) await new Promise((resolve) => setTimeout(resolve, 5));
    abort.abort();
    expect([ticks, await waiting]).toEqual([5, { failure: 'cancelled' }]);
  });

  test('that Windows does not end is given up, and nothing else is begun until it comes back', async () => {
    const pending: { waitMs: number; run: () => void }[] = [];
    const timers = {
      after: (waitMs: number, run: () => void) => {
        const timer = { waitMs, run };
        pending.push(timer);
        return () => void pending.splice(pending.indexOf(timer), pending.includes(timer) ? 1 : 0);
      },
    };
    const bench = await openBench();
    const library = openWebauthnDll(bench.double.loader);
    if (!library.ok) throw new Error(library.error);
    const windows = new WebauthnKey({
      id: 'deaf',
      library: library.value,
      turn: { isTaken: false },
      random: systemRandom,
      timers,
    });
    const credential = await create(bench.key);
    bench.double.manners.isDeaf = true;
    bench.owner('never');
    const waiting = secretOf(windows, credential);
    await expect.poll(() => bench.double.calls.at(-1)).toBe('WebAuthNAuthenticatorGetAssertion');
    pending.find(({ waitMs }) => waitMs === 120_000)?.run();
    pending.find(({ waitMs }) => waitMs === 3_000)?.run();
    expect(await waiting).toEqual({ failure: 'timed-out' });
    expect(await secretOf(windows, credential)).toEqual({ failure: 'busy' });
    // It is told again and again to end.
    expect(pending.map(({ waitMs }) => waitMs)).toEqual([200]);
    const told = () => bench.double.calls.filter((name) => name === 'WebAuthNCancelCurrentOperation').length;
    const before = told();
    pending.pop()?.run();
    expect([told(), pending.length]).toEqual([before + 1, 1]);
  });

  test('ends when a key is pulled out in the middle', async () => {
    const { owner, windows, key } = await openBench();
    const credential = await create(key);
    owner('never');
    const waiting = secretOf(windows, credential);
    windows.remove();
    expect(await waiting).toEqual({ failure: 'removed' });
  });
});

describe('the library', () => {
  test('of Windows 10 is too old, and one that lacks a function is missing', async () => {
    const { double } = await openBench();
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
    const { double, key, owner } = await openBench();
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
    const credential = await create(key);
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
