import { webcrypto } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@noble/hashes/sha2.js';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PersonId, PersonIdSchema } from '#contracts/ids.ts';
import type { DerivePassphraseKey } from './argon2.ts';
import { createSlotFile, openCredentialSlots, type SlotsEnvironment } from './credential-slots.ts';
import type { DeviceOperation } from './ports.ts';
import { Secret } from './secret.ts';
import { createSimulatedKey, type SimulatedTouch } from './simulated/simulated-key.ts';
import { slotBackupName, slotFileName } from './slot-file.ts';
import { SlotFileSchema } from './slot-file-format.ts';

const database = '3f0e8b1c-6a57-4b5e-9a53-1d2c3b4a5f60';
const dilnoza = v.parse(PersonIdSchema, '01930000-0000-7000-8000-000000000001');
const aziz = v.parse(PersonIdSchema, '01930000-0000-7000-8000-000000000002');
const passphrase = 'tog olma 7 daryo';
const otherPassphrase = 'yetti qora mushuk';
const random = { bytes: (length: number) => webcrypto.getRandomValues(new Uint8Array(length)) };

/** Cheap stand-in for Argon2id: these tests are about the slots around it, argon2.test.ts is about itself. */
const quickDerive: DerivePassphraseKey = async (bytes, salt, cost) =>
  sha256(Buffer.concat([bytes, salt, Buffer.from(JSON.stringify(cost))]));

let environment: SlotsEnvironment;
let now: number;
let keyBytes: Uint8Array;
const dataKey = () => new Secret(Uint8Array.from(keyBytes));

beforeEach(async () => {
  now = 1_700_000_000_000;
  keyBytes = random.bytes(32);
  environment = {
    folder: await mkdtemp(join(tmpdir(), 'slots-')),
    clock: { now: () => now },
    random,
    derivePassphraseKey: quickDerive,
  };
  await createSlotFile(environment, database, dataKey(), {
    id: dilnoza,
    name: 'Karimova Dilnoza',
    passphrase,
  });
});
afterEach(() => rm(environment.folder, { recursive: true, force: true }));

const slotPath = () => join(environment.folder, slotFileName);

async function open() {
  const opened = await openCredentialSlots(environment);
  if (!opened.ok || opened.value === null) throw new Error('no slots');
  return opened.value;
}

async function codeOf(person: PersonId, words = passphrase): Promise<string> {
  const opened = await openCredentialSlots(environment);
  if (!opened.ok) return opened.error.code;
  if (opened.value === null) return 'not enrolled';
  const unlocked = await opened.value.unlockByPassphrase(person, words);
  return unlocked.ok ? 'unlocked' : unlocked.error.code;
}

const readFileAsSlots = async () => v.parse(SlotFileSchema, JSON.parse(await readFile(slotPath(), 'utf8')));

describe('passphrase slots', () => {
  test('the right passphrase gives the data key, also after opening anew', async () => {
    const unlocked = await (await open()).unlockByPassphrase(dilnoza, passphrase);
    expect(unlocked.ok && Buffer.from(unlocked.value.reveal())).toEqual(Buffer.from(keyBytes));
  });

  test('a wrong one and an unknown person have their codes and change no slot', async () => {
    const before = await readFile(slotPath(), 'utf8');
    expect(await codeOf(dilnoza, 'not the right one')).toBe('access.wrong-passphrase');
    expect(await codeOf(aziz)).toBe('access.unknown-person');
    expect(await readFile(slotPath(), 'utf8')).toBe(before);
  });

  test('neither the data key nor a passphrase is in any file', async () => {
    await (await open()).enrolPassphrase(dataKey(), { id: aziz, name: 'Aziz' }, otherPassphrase);
    for (const name of await readdir(environment.folder)) {
      const content = await readFile(join(environment.folder, name), 'latin1');
      for (const secret of [passphrase, otherPassphrase, ...encodings(keyBytes)]) {
        expect(content.includes(secret), `${name} holds a secret`).toBe(false);
      }
    }
  });

  test('files are readable by the owner alone', async () => {
    await codeOf(dilnoza, 'not the right one');
    for (const name of await readdir(environment.folder)) {
      expect((await stat(join(environment.folder, name))).mode & 0o077, name).toBe(0);
    }
  });

  test('a replaced passphrase ends the old one; the other person is untouched', async () => {
    const slots = await open();
    await slots.enrolPassphrase(dataKey(), { id: aziz, name: 'Aziz' }, otherPassphrase);
    await slots.enrolPassphrase(dataKey(), { id: dilnoza, name: 'Karimova Dilnoza' }, 'qizil choynak tomda');
    expect(await codeOf(dilnoza)).toBe('access.wrong-passphrase');
    expect(await codeOf(dilnoza, 'qizil choynak tomda')).toBe('unlocked');
    expect(await codeOf(aziz, otherPassphrase)).toBe('unlocked');
  });

  test('a removed person cannot unlock, and the last one cannot be removed', async () => {
    const slots = await open();
    await slots.enrolPassphrase(dataKey(), { id: aziz, name: 'Aziz' }, otherPassphrase);
    await slots.remove(dataKey(), dilnoza);
    expect(await codeOf(dilnoza)).toBe('access.unknown-person');
    expect(await slots.remove(dataKey(), aziz)).toMatchObject({
      ok: false,
      error: { code: 'access.forbidden' },
    });
  });
});

describe('tampering', () => {
  test('every changed character of the file is found, or changes nothing that is read', async () => {
    await (await open()).enrolPassphrase(dataKey(), { id: aziz, name: 'Aziz' }, otherPassphrase);
    await rm(join(environment.folder, slotBackupName));
    const original = await readFile(slotPath(), 'utf8');
    const meaning = JSON.stringify(JSON.parse(original));
    let unnoticed = 0;
    for (let at = 0; at < original.length; at += 1) {
      const changed = `${original.slice(0, at)}${flipped(original.charCodeAt(at))}${original.slice(at + 1)}`;
      if (meaningOf(changed) === meaning) continue;
      await rm(join(environment.folder, 'attempts.json'), { force: true });
      await writeFile(slotPath(), changed);
      const code = await codeOf(dilnoza);
      if (code === 'unlocked') unnoticed += 1;
    }
    expect(unnoticed).toBe(0);
  }, 60_000);

  test('a slot of one person does not open for another', async () => {
    await (await open()).enrolPassphrase(dataKey(), { id: aziz, name: 'Aziz' }, otherPassphrase);
    const file = await readFileAsSlots();
    const swapped = file.slots.map((slot) => ({ ...slot, person: slot.person === aziz ? dilnoza : aziz }));
    await writeFile(slotPath(), JSON.stringify({ ...file, slots: swapped }));
    expect(await codeOf(aziz, passphrase)).toBe('access.wrong-passphrase');
    expect(await codeOf(dilnoza, otherPassphrase)).toBe('access.wrong-passphrase');
  });

  test('a slot moved to another slot id or database does not open', async () => {
    const file = await readFileAsSlots();
    const moved = file.slots.map((slot) => ({ ...slot, id: '3f0e8b1c-6a57-4b5e-9a53-1d2c3b4a5f61' }));
    await writeFile(slotPath(), JSON.stringify({ ...file, slots: moved }));
    expect(await codeOf(dilnoza)).toBe('access.wrong-passphrase');
    await writeFile(
      slotPath(),
      JSON.stringify({ ...file, database: '3f0e8b1c-6a57-4b5e-9a53-1d2c3b4a5f61' }),
    );
    expect(await codeOf(dilnoza)).toBe('access.wrong-passphrase');
  });

  test('a renamed person is found although every slot still opens', async () => {
    const file = await readFileAsSlots();
    await writeFile(slotPath(), JSON.stringify({ ...file, people: [{ id: dilnoza, name: 'Someone else' }] }));
    expect(await codeOf(dilnoza)).toBe('store.wrong-key');
  });

  test('the list cannot be changed with another key', async () => {
    const slots = await open();
    const other = new Secret(random.bytes(32));
    expect(await slots.enrolPassphrase(other, { id: aziz, name: 'Aziz' }, otherPassphrase)).toMatchObject({
      ok: false,
      error: { code: 'store.wrong-key' },
    });
    expect(await codeOf(dilnoza)).toBe('unlocked');
  });
});

describe('damage', () => {
  test('the version before is used when the present one cannot be read', async () => {
    await (await open()).enrolPassphrase(dataKey(), { id: aziz, name: 'Aziz' }, otherPassphrase);
    await writeFile(slotPath(), '{"format":1,');
    const slots = await open();
    expect(slots.isFromBackup).toBe(true);
    expect(await codeOf(dilnoza)).toBe('unlocked');
  });

  test('a damaged file never displaces the good backup', async () => {
    await (await open()).enrolPassphrase(dataKey(), { id: aziz, name: 'Aziz' }, otherPassphrase);
    await writeFile(slotPath(), 'garbage');
    await (await open()).enrolPassphrase(dataKey(), { id: aziz, name: 'Aziz' }, otherPassphrase);
    await writeFile(slotPath(), 'garbage');
    expect(await codeOf(dilnoza)).toBe('unlocked');
  });

  test('without a good version: damaged; of a newer program: newer; nothing at all: not enrolled', async () => {
    await writeFile(slotPath(), 'garbage');
    expect(await codeOf(dilnoza)).toBe('store.damaged');
    expect(await readFile(slotPath(), 'utf8')).toBe('garbage');
    await writeFile(slotPath(), '{"format":2}');
    expect(await codeOf(dilnoza)).toBe('store.newer');
    await rm(slotPath());
    expect(await codeOf(dilnoza)).toBe('not enrolled');
  });
});

describe('device slots', () => {
  const seed = new Uint8Array(32).fill(7);
  const operation: DeviceOperation = {
    verification: { method: 'finger' },
    signal: new AbortController().signal,
    onProgress: () => undefined,
  };
  const keyWith = (touch: SimulatedTouch, keySeed = seed) =>
    createSimulatedKey({ seed: keySeed, random, waitForTouch: async () => touch });

  test('the enrolled key opens, another key and a wrong finger do not', async () => {
    const slots = await open();
    const person = { id: dilnoza, name: 'Karimova Dilnoza' };
    expect(await slots.enrolDevice(dataKey(), person, keyWith('right-finger'), operation)).toMatchObject({
      ok: true,
    });
    const unlocked = await (await open()).unlockByDevice(dilnoza, keyWith('right-finger'), operation);
    expect(unlocked.ok && Buffer.from(unlocked.value.reveal())).toEqual(Buffer.from(keyBytes));
    const strange = keyWith('right-finger', new Uint8Array(32).fill(8));
    for (const [device, code] of [
      [strange, 'access.finger-not-recognised'],
      [keyWith('wrong-finger'), 'access.finger-not-recognised'],
      [keyWith('unplugs'), 'access.device-removed'],
    ] as const) {
      expect(await slots.unlockByDevice(dilnoza, device, operation)).toMatchObject({
        ok: false,
        error: { code },
      });
    }
    expect(slots.people()[0]?.methods).toEqual(['passphrase', 'simulated-key']);
  });
});

const encodings = (bytes: Uint8Array) => [
  Buffer.from(bytes).toString('latin1'),
  Buffer.from(bytes).toString('hex'),
  Buffer.from(bytes).toString('base64'),
];
/** Another printable character in the same place. */
const flipped = (code: number) => String.fromCharCode(code === 0x61 ? 0x62 : 0x61);
const meaningOf = (text: string) => {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return undefined;
  }
};
