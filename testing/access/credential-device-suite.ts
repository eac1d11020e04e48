import { webcrypto } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { CredentialDevice, DeviceOperation, DeviceProgress } from '#access/ports.ts';

/** How the suite makes the owner of a device behave. */
export interface DeviceBench {
  readonly device: CredentialDevice;
  /** What the owner does at the next touch; `never` waits until cancelled. */
  owner(next: 'right-finger' | 'wrong-finger' | 'never'): void;
  unplug(): void;
  /** What comes of a wrong finger, where it is not the key's own word: Windows' dialog keeps that, and is closed by its owner. */
  readonly wrongFinger?: 'cancelled';
}

const random = (length: number) => webcrypto.getRandomValues(new Uint8Array(length));

/** What every credential device keeps (docs/specs/access.md ACC-8). */
export function credentialDeviceSuite(
  name: string,
  makeBench: () => DeviceBench | Promise<DeviceBench>,
): void {
  const user = random(16);
  const operation = (
    signal = new AbortController().signal,
    told: DeviceProgress[] = [],
  ): DeviceOperation => ({
    verification: { method: 'finger' },
    signal,
    onProgress: (progress) => void told.push(progress),
  });

  const withCredential = async () => {
    const bench = await makeBench();
    bench.owner('right-finger');
    const created = await bench.device.createCredential({ ...operation(), user });
    if (!created.ok) throw new Error(created.error.failure);
    return { ...bench, credential: created.value.credential };
  };
  const secretOf = async (device: CredentialDevice, credential: Uint8Array, salt: Uint8Array) => {
    const released = await device.releaseSecret({ ...operation(), credential, salt });
    return released.ok ? Buffer.from(released.value.reveal()).toString('hex') : released.error.failure;
  };

  describe(`credential device: ${name}`, () => {
    test('gives the same 32 bytes for the same credential and salt, others for others', async () => {
      const { device, credential } = await withCredential();
      const salt = random(32);
      const first = await secretOf(device, credential, salt);
      expect(first).toMatch(/^[0-9a-f]{64}$/);
      expect(await secretOf(device, credential, salt)).toBe(first);
      expect(await secretOf(device, credential, random(32))).not.toBe(first);
      const other = await device.createCredential({ ...operation(), user });
      if (!other.ok) throw new Error(other.error.failure);
      expect(await secretOf(device, other.value.credential, salt)).not.toBe(first);
      expect(credential.length).toBeLessThanOrEqual(1023);
    });

    test('asks for a touch, and says so', async () => {
      const { device, credential } = await withCredential();
      const told: DeviceProgress[] = [];
      await device.releaseSecret({ ...operation(undefined, told), credential, salt: random(32) });
      expect(told[0]).toBe('touch-now');
    });

    test('another finger gives no secret', async () => {
      const { device, credential, owner, wrongFinger = 'finger-not-recognised' } = await withCredential();
      owner('wrong-finger');
      expect(await secretOf(device, credential, random(32))).toBe(wrongFinger);
    });

    test('a credential of another device is not known', async () => {
      const { device } = await withCredential();
      expect(await secretOf(device, random(64), random(32))).toBe('no-credential');
    });

    test('that holds a known credential makes no other; one that holds none of them does', async () => {
      const { device, credential } = await withCredential();
      const strange = (await makeBench()).device;
      const foreign = await strange.createCredential({ ...operation(), user });
      if (!foreign.ok) throw new Error(foreign.error.failure);
      const known = [foreign.value.credential, credential];
      expect(await device.createCredential({ ...operation(), user, known })).toEqual({
        ok: false,
        error: { failure: 'already-enrolled' },
      });
      const unknown = { ...operation(), user, known: [foreign.value.credential] };
      expect((await device.createCredential(unknown)).ok).toBe(true);
    });

    test('is cancelled by the signal and free again at once', async () => {
      const { device, credential, owner } = await withCredential();
      owner('never');
      const abort = new AbortController();
      const waiting = device.releaseSecret({ ...operation(abort.signal), credential, salt: random(32) });
      expect(await secretOf(device, credential, random(32))).toBe('busy');
      abort.abort();
      expect(await waiting).toEqual({ ok: false, error: { failure: 'cancelled' } });
      owner('right-finger');
      expect(await secretOf(device, credential, random(32))).toMatch(/^[0-9a-f]{64}$/);
    });

    test('tells once when it is unplugged, and answers removed from then on', async () => {
      const { device, credential, unplug } = await withCredential();
      let told = 0;
      let toldOther = 0;
      device.onRemoved(() => (told += 1));
      device.onRemoved(() => (toldOther += 1))();
      unplug();
      unplug();
      expect([told, toldOther]).toEqual([1, 0]);
      expect(await secretOf(device, credential, random(32))).toBe('removed');
    });
  });
}
