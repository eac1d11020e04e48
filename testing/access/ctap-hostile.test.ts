import { describe, expect, test } from 'vitest';
import { systemRandom, systemTimers } from '#workstation/system-effects.ts';
import { byPin, type CtapBench, openCtapBench, operation } from '../virtual-key/ctap-bench.ts';
import type { FrameMischief } from '../virtual-key/hid-side.ts';
import { ctap21Profile, type KeyProfile, previewProfile, protocol1Profile } from '../virtual-key/profiles.ts';
import type { Lie } from '../virtual-key/session.ts';

const salt = systemRandom.bytes(32);
const user = systemRandom.bytes(16);
const profiles = { 'CTAP 2.1': ctap21Profile, 'protocol 1': protocol1Profile, FIDO_2_1_PRE: previewProfile };

const open = (profile: KeyProfile): Promise<CtapBench> =>
  openCtapBench({ random: systemRandom, timers: systemTimers, profile });

const create = async ({ key }: CtapBench) => {
  const made = await key.createCredential({ ...operation(), user });
  return made.ok ? made.value.credential : made.error;
};

async function openWithCredential(profile: KeyProfile): Promise<readonly [CtapBench, Uint8Array]> {
  const bench = await open(profile);
  const made = await create(bench);
  if (!(made instanceof Uint8Array)) throw new Error(made.failure);
  return [bench, made];
}

const release = async ({ key }: CtapBench, credential: Uint8Array) => {
  const released = await key.releaseSecret({ ...operation(), credential, salt });
  return released.ok ? Buffer.from(released.value.reveal()).toString('hex') : released.error;
};

const garbled = { failure: 'garbled' };
const untrusted = (rule: string) => ({ failure: 'untrusted', rule });

const brokenCbor: readonly Lie[] = ['truncated', 'duplicate-keys', 'unsorted', 'left-over', 'no-cbor'];
const liesOfRelease = new Map<Lie, unknown>([
  ['off-curve-agreement', untrusted('key-agreement')],
  ['wrong-signature', untrusted('signature')],
  ['signed-by-another', untrusted('signature')],
  ['other-credential', untrusted('credential')],
  ['other-relying-party', untrusted('relying-party')],
  ['unverified', untrusted('verification')],
  ['not-present', untrusted('verification')],
  ['no-secret', untrusted('secret')],
  ['short-secret', untrusted('secret')],
]);
const liesOfMaking = new Map<Lie, unknown>([
  ['off-curve-agreement', untrusted('key-agreement')],
  ['off-curve-public-key', untrusted('public-key')],
  ['wrong-attestation', untrusted('attestation')],
  ['other-relying-party', untrusted('relying-party')],
  ['unverified', untrusted('verification')],
  ['not-present', untrusted('verification')],
  ['unprotected', untrusted('extension')],
  ['no-secret-made', { failure: 'not-supported', lacks: 'hmac-secret' }],
]);

describe.each(Object.entries(profiles))('a key that lies, %s', (_name, profile) => {
  test.each([...liesOfRelease])('gives no secret: %s', async (lie, expected) => {
    const [bench, credential] = await openWithCredential(profile);
    const honest = await release(bench, credential);
    bench.virtual.lie(lie);
    expect(await release(bench, credential)).toEqual(expected);
    bench.virtual.lie(undefined);
    expect(await release(bench, credential)).toBe(honest);
  });

  test.each([...liesOfMaking])('gets no credential enrolled: %s', async (lie, expected) => {
    const bench = await open(profile);
    bench.virtual.lie(lie);
    expect(await create(bench)).toEqual(expected);
    bench.virtual.lie(undefined);
    expect(await create(bench)).toBeInstanceOf(Uint8Array);
  });

  test.each(brokenCbor)('or does not encode as it must: %s', async (lie) => {
    const [bench, credential] = await openWithCredential(profile);
    bench.virtual.lie(lie);
    expect(await create(bench)).toEqual(garbled);
    expect(await release(bench, credential)).toEqual(garbled);
    expect(await bench.key.fingers(operation(byPin()))).toEqual({ ok: false, error: garbled });
    bench.virtual.lie(undefined);
    expect(await release(bench, credential)).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("a key's framing", () => {
  const broken: readonly FrameMischief[] = [
    'oversized',
    'wrong-sequence',
    'unknown-command',
    'empty-answer',
    'error-other',
    'interrupted',
    'short-report',
  ];

  test.each(broken)('that is broken is refused, and the next message goes through: %s', async (mischief) => {
    const [bench, credential] = await openWithCredential(ctap21Profile);
    bench.virtual.breakFraming(mischief);
    expect(await release(bench, credential)).toEqual(garbled);
    bench.virtual.breakFraming(undefined);
    expect(await release(bench, credential)).toMatch(/^[0-9a-f]{64}$/);
  });

  test('may have other channels in between', async () => {
    const [bench, credential] = await openWithCredential(ctap21Profile);
    bench.virtual.breakFraming('foreign-channel-between');
    expect(await release(bench, credential)).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('the answer of another key', () => {
  test('is refused even when that key is honest', async () => {
    const [own, credential] = await openWithCredential(ctap21Profile);
    const other = await open(ctap21Profile);
    expect(await release(other, credential)).toEqual({ failure: 'no-credential' });
    // The other key signs with its own private key, as if it were the one asked for.
    own.virtual.memory.seed = other.virtual.memory.seed;
    expect(await release(own, credential)).toEqual({ failure: 'no-credential' });
  });
});
