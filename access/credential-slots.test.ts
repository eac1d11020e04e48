import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PersonId } from '#contracts/ids.ts';
import { openCredentialSlots, type SlotsEnvironment } from './credential-slots.ts';
import { Secret } from './secret.ts';
import { provedByWords } from './simulated/simulated-people.ts';
import {
  aziz as azizPerson,
  byFinger,
  dilnoza as dilnozaPerson,
  keyTouched,
  openSlotsRig,
  azizWords as otherPassphrase,
  dilnozaWords as passphrase,
  trueRandom as random,
  type SlotsRig,
} from './simulated/simulated-slots.ts';
import { slotBackupName, slotFileName } from './slot-file.ts';
import { SlotFileSchema } from './slot-file-format.ts';

const [dilnoza, aziz] = [dilnozaPerson.id, azizPerson.id];

let rig: SlotsRig;
let environment: SlotsEnvironment;
let keyBytes: Uint8Array;
const dataKey = () => rig.dataKey();
const open = () => rig.open();

beforeEach(async () => {
  rig = await openSlotsRig();
  ({ environment, keyBytes } = rig);
});
afterEach(() => rig.remove());

const slotPath = () => join(environment.folder, slotFileName);

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
    expect(unlocked.ok && Buffer.from(unlocked.value.dataKey.reveal())).toEqual(Buffer.from(keyBytes));
  });

  test('a wrong one and an unknown person have their codes and change no slot', async () => {
    const before = await readFile(slotPath(), 'utf8');
    expect(await codeOf(dilnoza, 'not the right one')).toBe('access.wrong-passphrase');
    expect(await codeOf(aziz)).toBe('access.unknown-person');
    expect(await readFile(slotPath(), 'utf8')).toBe(before);
  });

  test('neither the data key nor a passphrase is in any file', async () => {
    await (await open()).enrolPassphrase(dataKey(), { id: aziz, name: 'Aziz' }, otherPassphrase, 'new');
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
    await slots.enrolPassphrase(dataKey(), { id: aziz, name: 'Aziz' }, otherPassphrase, 'new');
    await slots.enrolPassphrase(
      dataKey(),
      { id: dilnoza, name: 'Karimova Dilnoza' },
      'qizil choynak tomda',
      'new',
    );
    expect(await codeOf(dilnoza)).toBe('access.wrong-passphrase');
    expect(await codeOf(dilnoza, 'qizil choynak tomda')).toBe('unlocked');
    expect(await codeOf(aziz, otherPassphrase)).toBe('unlocked');
  });

  test('a removed person cannot unlock, and the last one cannot be removed', async () => {
    const slots = await open();
    await slots.enrolPassphrase(dataKey(), { id: aziz, name: 'Aziz' }, otherPassphrase, 'new');
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
    const key = keyTouched('right-finger');
    // By key: each guess at a passphrase is synced to the disk.
    await (await open()).enrolDevice(dataKey(), dilnozaPerson, key, byFinger, 'new');
    await rm(join(environment.folder, slotBackupName));
    const original = JSON.stringify(await readFileAsSlots());
    const unnoticed: number[] = [];
    // Every third: no field is shorter than that, and the test stays quick.
    for (let at = 0; at < original.length; at += 3) {
      const changed = `${original.slice(0, at)}${flipped(original.charCodeAt(at))}${original.slice(at + 1)}`;
      if (meaningOf(changed) === original) continue;
      await writeFile(slotPath(), changed);
      const opened = await openCredentialSlots(environment);
      if (!opened.ok || opened.value === null) continue;
      const unlocked = await opened.value.unlockByDevice(dilnoza, key, byFinger);
      if (unlocked.ok) unnoticed.push(at);
    }
    expect(unnoticed).toEqual([]);
    await writeFile(slotPath(), original);
    expect(await (await open()).unlockByDevice(dilnoza, key, byFinger)).toMatchObject({ ok: true });
  }, 60_000);

  test('a slot of one person does not open for another', async () => {
    await (await open()).enrolPassphrase(dataKey(), { id: aziz, name: 'Aziz' }, otherPassphrase, 'new');
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
    await writeFile(
      slotPath(),
      JSON.stringify({ ...file, people: file.people.map((person) => ({ ...person, name: 'Someone else' })) }),
    );
    expect(await codeOf(dilnoza)).toBe('store.wrong-key');
  });

  test('the list cannot be changed with another key', async () => {
    const slots = await open();
    const other = new Secret(random.bytes(32));
    expect(
      await slots.enrolPassphrase(other, { id: aziz, name: 'Aziz' }, otherPassphrase, 'new'),
    ).toMatchObject({
      ok: false,
      error: { code: 'store.wrong-key' },
    });
    expect(await codeOf(dilnoza)).toBe('unlocked');
  });
});

describe('damage', () => {
  test('the version before is used when the present one cannot be read', async () => {
    await (await open()).enrolPassphrase(dataKey(), { id: aziz, name: 'Aziz' }, otherPassphrase, 'new');
    await writeFile(slotPath(), '{"format":1,');
    const slots = await open();
    expect(slots.isFromBackup).toBe(true);
    expect(await codeOf(dilnoza)).toBe('unlocked');
  });

  test('a damaged file never displaces the good backup', async () => {
    await (await open()).enrolPassphrase(dataKey(), { id: aziz, name: 'Aziz' }, otherPassphrase, 'new');
    await writeFile(slotPath(), 'garbage');
    await (await open()).enrolPassphrase(dataKey(), { id: aziz, name: 'Aziz' }, otherPassphrase, 'new');
    await writeFile(slotPath(), 'garbage');
    expect(await codeOf(dilnoza)).toBe('unlocked');
  });

  test('without a good version: damaged; of a newer program: newer; nothing at all: not enrolled', async () => {
    await writeFile(slotPath(), 'garbage');
    expect(await codeOf(dilnoza)).toBe('store.damaged');
    expect(await readFile(slotPath(), 'utf8')).toBe('garbage');
    await writeFile(slotPath(), '{"format":3}');
    expect(await codeOf(dilnoza)).toBe('store.newer');
    await rm(slotPath());
    expect(await codeOf(dilnoza)).toBe('not enrolled');
  });
});

describe('device slots', () => {
  test('the enrolled key opens, another key and a wrong finger do not', async () => {
    const slots = await open();
    const keys = await provedByWords(slots, dilnozaPerson, passphrase);
    const key = keyTouched('right-finger');
    const enrolled = await slots.enrolDevice(dataKey(), dilnozaPerson, key, byFinger, keys, 'blue');
    expect(enrolled).toMatchObject({ ok: true });
    const unlocked = await (await open()).unlockByDevice(dilnoza, keyTouched('right-finger'), byFinger);
    expect(unlocked.ok && Buffer.from(unlocked.value.dataKey.reveal())).toEqual(Buffer.from(keyBytes));
    for (const [device, code] of [
      [keyTouched('right-finger', 8), 'access.finger-not-recognised'],
      [keyTouched('wrong-finger'), 'access.finger-not-recognised'],
      [keyTouched('unplugs'), 'access.device-removed'],
    ] as const) {
      expect(await slots.unlockByDevice(dilnoza, device, byFinger)).toMatchObject({
        ok: false,
        error: { code },
      });
    }
    expect(slots.people()[0]?.methods).toEqual(['passphrase', 'simulated-key']);
    expect(slots.keysOf(dilnoza)).toMatchObject([
      { method: 'passphrase', lostAt: null, canSign: true },
      { method: 'simulated-key', label: 'blue', enrolledAt: 1_700_000_000_000, canSign: true },
    ]);
  });

  test('while a key waits for its owner others can unlock; a lock meanwhile ends the enrolment', async () => {
    const slots = await open();
    const key = keyTouched('right-finger');
    const touched = Promise.withResolvers<void>();
    const slow = {
      kind: key.kind,
      id: key.id,
      onRemoved: key.onRemoved,
      createCredential: key.createCredential,
      releaseSecret: async (request: Parameters<typeof key.releaseSecret>[0]) => {
        await touched.promise;
        return key.releaseSecret(request);
      },
    };
    const sessionKey = dataKey();
    const enrolling = slots.enrolDevice(sessionKey, azizPerson, slow, byFinger, 'new');
    expect(await slots.unlockByPassphrase(dilnoza, passphrase)).toMatchObject({ ok: true });
    const before = await readFile(slotPath(), 'utf8');
    sessionKey.wipe();
    touched.resolve();
    expect(await enrolling).toMatchObject({ ok: false, error: { code: 'access.locked' } });
    expect(await readFile(slotPath(), 'utf8')).toBe(before);
  });

  test('a key that gives another secret the second time is not enrolled', async () => {
    const slots = await open();
    const key = keyTouched('right-finger');
    let asked = 0;
    const forgetful = {
      kind: key.kind,
      id: key.id,
      onRemoved: key.onRemoved,
      createCredential: key.createCredential,
      releaseSecret: async () => {
        asked += 1;
        return { ok: true, value: new Secret(new Uint8Array(32).fill(asked)) } as const;
      },
    };
    const before = await readFile(slotPath(), 'utf8');
    expect(await slots.enrolDevice(dataKey(), azizPerson, forgetful, byFinger, 'new')).toMatchObject({
      ok: false,
      error: { code: 'access.finger-not-recognised', detail: { rule: 'other-secret' } },
    });
    expect(asked).toBe(2);
    expect(await readFile(slotPath(), 'utf8')).toBe(before);
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
