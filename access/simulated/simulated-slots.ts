import { webcrypto } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@noble/hashes/sha2.js';
import * as v from 'valibot';
import { PersonIdSchema } from '#contracts/ids.ts';
import type { DerivePassphraseKey } from '../argon2.ts';
import {
  type CredentialSlots,
  createSlotFile,
  openCredentialSlots,
  type SlotsEnvironment,
} from '../credential-slots.ts';
import type { DeviceOperation } from '../ports.ts';
import { Secret } from '../secret.ts';
import { createSimulatedKey, type SimulatedKey, type SimulatedTouch } from './simulated-key.ts';

export const slotsDatabase = '3f0e8b1c-6a57-4b5e-9a53-1d2c3b4a5f60';
const personOf = (number: number) =>
  v.parse(PersonIdSchema, `01930000-0000-7000-8000-${String(number).padStart(12, '0')}`);
export const dilnoza = { id: personOf(1), name: 'Karimova Dilnoza' };
export const aziz = { id: personOf(2), name: 'Aziz' };
export const malika = { id: personOf(3), name: 'Malika' };
export const dilnozaWords = 'tog olma 7 daryo';
export const azizWords = 'yetti qora mushuk';
export const malikaWords = 'qizil choynak tomda';

export const trueRandom = { bytes: (length: number) => webcrypto.getRandomValues(new Uint8Array(length)) };

/** Cheap stand-in for Argon2id: tests of slots are about what is around it, argon2.test.ts is about itself. */
const quickDerive: DerivePassphraseKey = async (bytes, salt, cost) =>
  sha256(Buffer.concat([bytes, salt, Buffer.from(JSON.stringify(cost))]));

export const byFinger: DeviceOperation = {
  verification: { method: 'finger' },
  signal: new AbortController().signal,
  onProgress: () => undefined,
};

/** A key that is touched as told; the same seed is the same key. */
export const keyTouched = (touch: SimulatedTouch, seed = 7): SimulatedKey =>
  createSimulatedKey({
    seed: new Uint8Array(32).fill(seed),
    random: trueRandom,
    waitForTouch: async () => touch,
  });

/** Slots in a folder of their own, for tests. */
export interface SlotsRig {
  readonly environment: SlotsEnvironment;
  readonly keyBytes: Uint8Array;
  /** A copy of the data key, to be wiped by whoever takes it. */
  dataKey(): Secret;
  /** Reads the file anew. */
  open(): Promise<CredentialSlots>;
  wait(milliseconds: number): void;
  remove(): Promise<void>;
}

/** An enrolled workstation's slots: Dilnoza by passphrase. */
export async function openSlotsRig(): Promise<SlotsRig> {
  let now = 1_700_000_000_000;
  const keyBytes = trueRandom.bytes(32);
  const environment: SlotsEnvironment = {
    folder: await mkdtemp(join(tmpdir(), 'slots-')),
    clock: { now: () => now },
    random: trueRandom,
    derivePassphraseKey: quickDerive,
  };
  const dataKey = () => new Secret(Uint8Array.from(keyBytes));
  const first = { ...dilnoza, passphrase: dilnozaWords };
  const created = await createSlotFile(environment, slotsDatabase, dataKey(), first);
  if (!created.ok) throw new Error('no slot file');
  created.value.wipe();
  return {
    environment,
    keyBytes,
    dataKey,
    open: async () => {
      const opened = await openCredentialSlots(environment);
      if (!opened.ok || opened.value === null) throw new Error('no slots');
      return opened.value;
    },
    wait: (milliseconds) => {
      now += milliseconds;
    },
    remove: () => rm(environment.folder, { recursive: true, force: true }),
  };
}
