import { describe, expect, test } from 'vitest';
import type { SampleNews } from '#access/ctap/finger-enrolment.ts';
import type { DeviceProgress, Verification } from '#access/ports.ts';
import { systemRandom, systemTimers } from '#workstation/system-effects.ts';
import {
  byFinger,
  byPin,
  type CtapBench,
  openCtapBench,
  operation,
  ownersFinger,
  ownersPin,
  pinOf,
} from '../virtual-key/ctap-bench.ts';
import { newKeyMemory } from '../virtual-key/key-memory.ts';
import {
  ctap21Profile,
  fingerOnlyProfile,
  type KeyProfile,
  previewProfile,
  protocol1Profile,
  touchOnlyProfile,
} from '../virtual-key/profiles.ts';

const salt = systemRandom.bytes(32);
const otherSalt = systemRandom.bytes(32);
const wrongFinger = { finger: 'left thumb' };
const quietly = { signal: new AbortController().signal };
const withBoth: readonly (readonly [string, KeyProfile])[] = [
  ['CTAP 2.1, protocol 2', ctap21Profile],
  ['CTAP 2.1, protocol 1', protocol1Profile],
  ['FIDO_2_1_PRE', previewProfile],
];

const open = (
  profile: KeyProfile = ctap21Profile,
  memory = undefined as CtapBench['virtual']['memory'] | undefined,
) =>
  openCtapBench({
    random: systemRandom,
    timers: systemTimers,
    profile,
    ...(memory === undefined ? {} : { memory }),
  });

async function credentialOn({ key }: CtapBench): Promise<Uint8Array> {
  const made = await key.createCredential({ ...operation(), user: systemRandom.bytes(16) });
  if (!made.ok) throw new Error(JSON.stringify(made.error));
  return made.value.credential;
}

const release = async ({ key }: CtapBench, credential: Uint8Array, verification: Verification = byFinger) => {
  const released = await key.releaseSecret({ ...operation(verification), credential, salt });
  return released.ok ? Buffer.from(released.value.reveal()).toString('hex') : released.error;
};

describe.each(withBoth)('a fingerprint key, %s', (_name, profile) => {
  test('gives by PIN the secret it gives by finger', async () => {
    const bench = await open(profile);
    const credential = await credentialOn(bench);
    const secret = await release(bench, credential);
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(await release(bench, credential, byPin())).toBe(secret);
    const byPinMade = await bench.key.createCredential({
      ...operation(byPin()),
      user: systemRandom.bytes(16),
    });
    expect(byPinMade.ok).toBe(true);
  });

  test('gives two secrets by one touch, each the one that its salt gives alone', async () => {
    const bench = await open(profile);
    const credential = await credentialOn(bench);
    const alone = await release(bench, credential);
    bench.owner(ownersFinger, 'never');
    const both = await bench.key.releaseTwoSecrets({ ...operation(), credential, salt, otherSalt });
    if (!both.ok) throw new Error(both.error.failure);
    const [first, second] = both.value.map((secret) => Buffer.from(secret.reveal()).toString('hex'));
    expect(first).toBe(alone);
    expect(second).toMatch(/^[0-9a-f]{64}$/);
    expect(second).not.toBe(first);
  });

  test('counts wrong fingers down to the lockout, and the right PIN ends it', async () => {
    const bench = await open(profile);
    const credential = await credentialOn(bench);
    const secret = await release(bench, credential);
    bench.owner(wrongFinger);
    expect(await release(bench, credential)).toEqual({ failure: 'finger-not-recognised', attemptsLeft: 2 });
    expect(await release(bench, credential)).toEqual({ failure: 'finger-not-recognised', attemptsLeft: 1 });
    const blocked = { failure: 'blocked', method: 'finger', until: 'pin' };
    expect(await release(bench, credential)).toEqual(blocked);
    bench.owner(ownersFinger);
    expect(await release(bench, credential)).toEqual(blocked);
    expect(await bench.key.retries(quietly)).toMatchObject({ value: { finger: 0, pin: 8 } });
    expect(await release(bench, credential, byPin())).toBe(secret);
    expect(await release(bench, credential)).toBe(secret);
    expect(await bench.key.retries(quietly)).toMatchObject({ value: { finger: 3 } });
  });

  test('counts wrong PINs: three until it is plugged in anew, eight until it is reset', async () => {
    let bench = await open(profile);
    const credential = await credentialOn(bench);
    const attempt = () => release(bench, credential, byPin('1357'));
    const untilReplugged = { failure: 'blocked', method: 'pin', until: 'replugged' };
    expect([await attempt(), await attempt(), await attempt()]).toEqual([
      { failure: 'pin-not-right', attemptsLeft: 7 },
      { failure: 'pin-not-right', attemptsLeft: 6 },
      untilReplugged,
    ]);
    expect(await release(bench, credential, byPin())).toEqual(untilReplugged);
    expect(await bench.key.retries(quietly)).toEqual({
      ok: true,
      value: { pin: 5, isPinUntilReplugged: true, finger: 3 },
    });
    bench = await bench.replug();
    expect([await attempt(), await attempt(), await attempt()]).toEqual([
      { failure: 'pin-not-right', attemptsLeft: 4 },
      { failure: 'pin-not-right', attemptsLeft: 3 },
      untilReplugged,
    ]);
    bench = await bench.replug();
    expect([await attempt(), await attempt()]).toEqual([
      { failure: 'pin-not-right', attemptsLeft: 1 },
      { failure: 'blocked', method: 'pin', until: 'reset' },
    ]);
    expect(await release(bench, credential, byPin())).toEqual({
      failure: 'blocked',
      method: 'pin',
      until: 'reset',
    });
    // The finger still opens: nobody is locked out of the records by a forgotten PIN.
    expect(await release(bench, credential)).toMatch(/^[0-9a-f]{64}$/);
  });

  test('takes another PIN, and then only that', async () => {
    const bench = await open(profile);
    const credential = await credentialOn(bench);
    const change = (present: string, next: string) =>
      bench.key.changePin({ ...quietly, present: pinOf(present), next: pinOf(next) });
    expect(await change('1357', '97531')).toEqual({
      ok: false,
      error: { failure: 'pin-not-right', attemptsLeft: 7 },
    });
    expect(await change(ownersPin, 'abc')).toEqual({
      ok: false,
      error: { failure: 'pin-not-allowed', leastLength: 4 },
    });
    expect(await change(ownersPin, 'x'.repeat(64))).toMatchObject({ error: { failure: 'pin-not-allowed' } });
    expect(await change(ownersPin, 'узбек')).toEqual({ ok: true, value: undefined });
    expect(await release(bench, credential, byPin())).toEqual({ failure: 'pin-not-right', attemptsLeft: 7 });
    expect(await release(bench, credential, byPin('узбек'))).toMatch(/^[0-9a-f]{64}$/);
  });

  test('learns a finger touch by touch, names it, forgets it', async () => {
    const bench = await open(profile, newKeyMemory(systemRandom.bytes(32), { pin: ownersPin }));
    const { key } = bench;
    expect(await key.createCredential({ ...operation(), user: systemRandom.bytes(16) })).toEqual({
      ok: false,
      error: { failure: 'not-set-up', lacks: 'finger' },
    });
    expect(await key.fingers(operation(byPin()))).toEqual({ ok: true, value: [] });
    const good = { finger: 'right index' };
    bench.owner(good, { ...good, quality: 7 }, good, 'nothing', good, good, { ...good, quality: 3 }, good);
    const [news, told]: [SampleNews[], DeviceProgress[]] = [[], []];
    const enrolled = await key.enrolFinger({
      ...operation(byPin(), undefined, told),
      name: 'right index',
      onSample: (sample) => news.push(sample),
    });
    expect(news.map(({ good, wanted, last }) => `${good} of ${wanted}: ${last}`)).toEqual([
      '1 of 5: good',
      '1 of 5: poor',
      '2 of 5: good',
      '2 of 5: nobody-touched',
      '3 of 5: good',
      '4 of 5: good',
      '4 of 5: too-left',
      '5 of 5: good',
    ]);
    expect(told).toContain('touch-now');
    if (!enrolled.ok) throw new Error(JSON.stringify(enrolled.error));
    const { id } = enrolled.value;
    expect(await key.fingers(operation(byPin()))).toEqual({ ok: true, value: [{ id, name: 'right index' }] });
    const credential = await credentialOn(bench);
    expect(await release(bench, credential)).toMatch(/^[0-9a-f]{64}$/);
    const renamed = await key.renameFinger({ ...operation(byPin()), finger: id, name: "o'ng ko'rsatkich" });
    expect(renamed).toEqual({ ok: true, value: undefined });
    expect(await key.fingers(operation(byPin()))).toEqual({
      ok: true,
      value: [{ id, name: "o'ng ko'rsatkich" }],
    });
    expect(await key.removeFinger({ ...operation(byPin()), finger: id })).toEqual({
      ok: true,
      value: undefined,
    });
    expect(await key.fingers(operation(byPin()))).toEqual({ ok: true, value: [] });
    expect(await release(bench, credential)).toEqual({ failure: 'not-set-up', lacks: 'finger' });
  });

  test('keeps nothing of an enrolment that is cancelled, or that nobody goes on with', async () => {
    const bench = await open(profile);
    const { key, virtual } = bench;
    const abort = new AbortController();
    bench.owner({ finger: 'left index' }, 'never');
    const news: SampleNews[] = [];
    const enrolling = key.enrolFinger({
      ...operation(byPin(), abort.signal),
      onSample: (sample) => {
        news.push(sample);
        setTimeout(() => abort.abort(), 20);
      },
    });
    expect(await enrolling).toEqual({ ok: false, error: { failure: 'cancelled' } });
    expect(news).toHaveLength(1);
    expect(virtual.isEnrolling).toBe(false);
    bench.owner({ finger: 'left index' }, 'nothing', 'nothing');
    const idle = await key.enrolFinger({ ...operation(byPin()), onSample: (sample) => news.push(sample) });
    expect(idle).toEqual({ ok: false, error: { failure: 'timed-out' } });
    expect(news).toHaveLength(4);
    expect(virtual.isEnrolling).toBe(false);
    expect(virtual.memory.fingers.map(({ finger }) => finger)).toEqual(['right index']);
    bench.owner(ownersFinger);
    expect(await release(bench, await credentialOn(bench))).toMatch(/^[0-9a-f]{64}$/);
  });

  test('says when it has no room for another finger', async () => {
    const known = { pin: ownersPin, fingers: ['a', 'b', 'c'] };
    const bench = await open(profile, newKeyMemory(systemRandom.bytes(32), known));
    const full = await bench.key.enrolFinger({ ...operation(byPin()), onSample: () => undefined });
    expect(full).toEqual({ ok: false, error: { failure: 'no-room' } });
  });

  test('forgets everything when it is reset', async () => {
    const bench = await open(profile);
    const credential = await credentialOn(bench);
    expect(await bench.key.reset(quietly)).toEqual({ ok: true, value: undefined });
    expect(await release(bench, credential, byPin())).toEqual({ failure: 'not-set-up', lacks: 'pin' });
    expect(await bench.key.setPin({ ...quietly, pin: pinOf('123') })).toMatchObject({
      error: { failure: 'pin-not-allowed' },
    });
    expect(await bench.key.setPin({ ...quietly, pin: pinOf('654321') })).toEqual({
      ok: true,
      value: undefined,
    });
    expect(await release(bench, credential, byPin('654321'))).toEqual({ failure: 'no-credential' });
  });
});

describe('a key of CTAP 2.1', () => {
  test('does not take a second touch for the second slot of its owner', async () => {
    const own = await open();
    const other = await open();
    const foreign = await credentialOn(other);
    const credential = await credentialOn(own);
    own.owner(ownersFinger, 'never');
    expect(await release(own, foreign)).toEqual({ failure: 'no-credential' });
    expect(await release(own, credential)).toMatch(/^[0-9a-f]{64}$/);
    // Once only: the next one wants a finger again.
    const abort = new AbortController();
    const waiting = own.key.releaseSecret({ ...operation(byFinger, abort.signal), credential, salt });
    setTimeout(() => abort.abort(), 30);
    expect(await waiting).toEqual({ ok: false, error: { failure: 'cancelled' } });
  });

  test('waits for a touch with a PIN too', async () => {
    const bench = await open();
    const credential = await credentialOn(bench);
    const told: DeviceProgress[] = [];
    await bench.key.releaseSecret({ ...operation(byPin(), undefined, told), credential, salt });
    expect(told[0]).toBe('touch-now');
    bench.owner('nothing');
    expect(await release(bench, credential, byPin())).toEqual({ failure: 'timed-out' });
  });

  test('tells what it is', async () => {
    const { key } = await open();
    expect(await key.info(quietly)).toMatchObject({
      ok: true,
      value: {
        versions: ['FIDO_2_0', 'FIDO_2_1'],
        pinUvProtocols: [2, 1],
        finger: { can: true, is: true },
        pin: { can: true, is: true },
        hasHmacSecret: true,
        hasCredentialProtection: true,
      },
    });
  });

  test('that verifies nobody is refused, and one without hmac-secret', async () => {
    const plain = await open(touchOnlyProfile, newKeyMemory(systemRandom.bytes(32)));
    expect(await plain.key.createCredential({ ...operation(), user: systemRandom.bytes(16) })).toEqual({
      ok: false,
      error: { failure: 'not-supported', lacks: 'user-verification' },
    });
    const secretless = await open({ ...ctap21Profile, extensions: ['credProtect'] });
    expect(await secretless.key.createCredential({ ...operation(), user: systemRandom.bytes(16) })).toEqual({
      ok: false,
      error: { failure: 'not-supported', lacks: 'hmac-secret' },
    });
    const pinless = await open(fingerOnlyProfile);
    expect(
      await pinless.key.createCredential({ ...operation(byPin()), user: systemRandom.bytes(16) }),
    ).toEqual({
      ok: false,
      error: { failure: 'not-supported', lacks: 'pin' },
    });
    expect(await pinless.key.fingers(operation())).toEqual({
      ok: false,
      error: { failure: 'not-supported', lacks: 'finger-enrolment' },
    });
  });
});
