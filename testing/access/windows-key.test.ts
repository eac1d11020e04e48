import * as koffi from 'koffi';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CredentialDevice } from '#access/ports.ts';
import { provedByWords } from '#access/simulated/simulated-people.ts';
import { dilnoza, dilnozaWords, openSlotsRig, type SlotsRig } from '#access/simulated/simulated-slots.ts';
import { openWebauthnDll } from '#access/windows/webauthn-dll.ts';
import { WebauthnKey } from '#access/windows/webauthn-key.ts';
import { webauthnStructures } from '#access/windows/webauthn-layout.ts';
import { systemRandom } from '#workstation/system-effects.ts';
import { operation, ownersFinger } from '../virtual-key/ctap-bench.ts';
import { ctap21Profile, previewProfile } from '../virtual-key/profiles.ts';
import { credentialDeviceSuite } from './credential-device-suite.ts';
import { createWith, openWindowsBench, secretOf, user } from './windows-bench.ts';
import { nativeLayouts } from './windows-layout.ts';

credentialDeviceSuite('webauthn.dll', async () => {
  const bench = await openWindowsBench();
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
      const bench = await openWindowsBench(profile);
      const credential = await createWith(bench.key);
      const overHid = await secretOf(bench.key, credential);
      expect(overHid).toMatch(/^[0-9a-f]{64}$/);
      expect(await secretOf(bench.windows, credential)).toBe(overHid);
    },
  );

  test.each([4, 5, 6, 7, 8])(
    'and the other way round, with version %i of the library',
    async (apiVersion) => {
      const bench = await openWindowsBench(ctap21Profile, apiVersion);
      const credential = await createWith(bench.windows);
      const throughWindows = await secretOf(bench.windows, credential);
      expect(throughWindows).toMatch(/^[0-9a-f]{64}$/);
      expect(await secretOf(bench.key, credential)).toBe(throughWindows);
    },
  );

  test('a key that knows no credProtect is enrolled all the same', async () => {
    const bench = await openWindowsBench({ ...ctap21Profile, extensions: ['hmac-secret'] });
    const credential = await createWith(bench.windows);
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
    const keys = await provedByWords(slots, dilnoza, dilnozaWords);
    const enrolled = await slots.enrolDevice(rig.dataKey(), dilnoza, device, operation(), keys, label);
    if (!enrolled.ok) throw new Error(enrolled.error.code);
  };

  test('enrolled on one road open on the other, both ways', async () => {
    const [one, other] = [await openWindowsBench(), await openWindowsBench()];
    await enrol(one.key, 'made over HID');
    expect(await unlocks(one.windows)).toBe('unlocked');
    await enrol(other.windows, 'made through Windows');
    expect(await unlocks(other.key)).toBe('unlocked');
  });

  test('of two keys of a person are asked for in one dialog, whichever is plugged in', async () => {
    const [one, other, stranger] = [
      await openWindowsBench(),
      await openWindowsBench(),
      await openWindowsBench(),
    ];
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
    [0x8009_000f, 'already-enrolled', 'refused'],
    [0x8009_0029, 'not-supported', 'not-supported'],
    [0x8007_0032, 'not-supported', 'not-supported'],
    [0x8009_0027, 'refused', 'refused'],
    [0x8000_4005, 'refused', 'refused'],
  ])('%i when a credential is made: %s, when a secret is asked for: %s', async (answer, made, released) => {
    const { double, windows, key } = await openWindowsBench();
    const credential = await createWith(key);
    double.manners.answer = answer;
    const failed = await windows.createCredential({ ...operation(), user });
    expect(failed.ok ? '' : failed.error.failure).toBe(made);
    if (made === 'refused') expect(failed).toMatchObject({ error: { status: answer } });
    expect(await secretOf(windows, credential)).toMatchObject({ failure: released });
  });

  test('a key of somebody else is not known', async () => {
    const { windows } = await openWindowsBench();
    const other = await openWindowsBench();
    expect(await secretOf(windows, await createWith(other.key))).toEqual({ failure: 'no-credential' });
  });

  test('without a window in front the topmost one has the dialog', async () => {
    const { double, windows } = await openWindowsBench();
    double.manners.foreground = 0n;
    await createWith(windows);
    expect(double.calls).toContain('GetTopWindow');
  });

  test('a PIN instead of a finger is asked for by the dialog, and gives the same secret', async () => {
    const bench = await openWindowsBench();
    const credential = await createWith(bench.windows);
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
    const { double, windows } = await openWindowsBench();
    const credential = await createWith(windows);
    double.manners.lie = (each, value) => (each === field ? change(value) : value);
    expect(await secretOf(windows, credential)).toEqual(failure);
    double.manners.lie = undefined;
    expect(await secretOf(windows, credential)).toMatch(/^[0-9a-f]{64}$/);
  });

  test('a secret of the wrong length is none', async () => {
    const { double, windows } = await openWindowsBench();
    const credential = await createWith(windows);
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
    const { double, windows } = await openWindowsBench();
    double.manners.lie = (field, value) => (field === 'authenticatorData' ? change(value) : value);
    expect(await windows.createCredential({ ...operation(), user })).toEqual({ ok: false, error: failure });
  });

  test('credential made: a statement that is none', async () => {
    const { double, windows } = await openWindowsBench();
    double.manners.lie = (field, value) => (field === 'statement' ? Uint8Array.of(0x01) : value);
    const made = await windows.createCredential({ ...operation(), user });
    expect(made).toEqual({ ok: false, error: { failure: 'garbled' } });
    double.manners.lie = (field, value) => (field === 'statement' ? null : value);
    expect(await createWith(windows)).toBeInstanceOf(Uint8Array);
  });
});

describe('an operation', () => {
  test('does not hold up the process while the dialog is open', async () => {
    const { owner, windows, key } = await openWindowsBench();
    const credential = await createWith(key);
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
    const bench = await openWindowsBench();
    const library = openWebauthnDll(bench.double.loader);
    if (!library.ok) throw new Error(library.error);
    const windows = new WebauthnKey({
      id: 'deaf',
      library: library.value,
      turn: { isTaken: false },
      random: systemRandom,
      timers,
    });
    const credential = await createWith(bench.key);
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
    const { owner, windows, key } = await openWindowsBench();
    const credential = await createWith(key);
    owner('never');
    const waiting = secretOf(windows, credential);
    windows.remove();
    expect(await waiting).toEqual({ failure: 'removed' });
  });
});
