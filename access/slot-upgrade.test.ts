import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CredentialSlots } from './credential-slots.ts';
import { Secret } from './secret.ts';
import {
  aziz,
  azizWords,
  byFinger,
  dilnoza,
  dilnozaWords,
  keyTouched,
  openSlotsRig,
  type SlotsRig,
} from './simulated/simulated-slots.ts';
import { slotBackupName, slotFileName } from './slot-file.ts';
import { SlotFileSchema } from './slot-file-format.ts';
import { OldSlotFileSchema } from './slot-file-format-1.ts';

/** The data key that the fixture was made with. */
const oldKey = () => new Secret(new Uint8Array(32).map((_, at) => at * 3 + 5));
const fixture = new URL('./fixtures/slots-format-1.json', import.meta.url);

let rig: SlotsRig;
let path: string;
beforeEach(async () => {
  rig = await openSlotsRig();
  path = join(rig.environment.folder, slotFileName);
  await rm(join(rig.environment.folder, slotBackupName), { force: true });
  await copyFile(fixture, path);
});
afterEach(() => rig.remove());

const contentNow = async () => v.parse(SlotFileSchema, JSON.parse(await readFile(path, 'utf8')));

async function unlock(slots: CredentialSlots, person: typeof dilnoza, words: string) {
  const unlocked = await slots.unlockByPassphrase(person.id, words);
  if (!unlocked.ok) throw new Error(unlocked.error.code);
  expect(Buffer.from(unlocked.value.dataKey.reveal())).toEqual(Buffer.from(oldKey().reveal()));
  return unlocked.value;
}

test('a list of format 1 shows its people and opens; looking changes nothing', async () => {
  const before = await readFile(path, 'utf8');
  const slots = await rig.open();
  expect(slots.people()).toEqual([
    { ...dilnoza, access: 'full', methods: ['passphrase', 'simulated-key'] },
    { ...aziz, access: 'full', methods: ['passphrase'] },
  ]);
  expect(slots.facility()?.name.ru).toBe('СВП Олмазор');
  expect(await slots.unlockByPassphrase(dilnoza.id, 'not the right one')).toMatchObject({ ok: false });
  expect(await readFile(path, 'utf8')).toBe(before);
});

test('it is brought over slot by slot as their owners unlock, and keys come with the first', async () => {
  const first = await unlock(await rig.open(), dilnoza, dilnozaWords);
  expect(first.personKeys?.publicKey).toHaveLength(32);
  const half = await contentNow();
  expect([half.slots.length, half.oldSlots.length, half.format]).toEqual([1, 2, 2]);

  const again = await unlock(await rig.open(), dilnoza, dilnozaWords);
  expect(again.personKeys?.publicKey).toEqual(first.personKeys?.publicKey);

  const byKey = await (await rig.open()).unlockByDevice(dilnoza.id, keyTouched('right-finger'), byFinger);
  // Only the passphrase's slot has her seed: nothing but her own slot may hold it.
  expect(byKey.ok && byKey.value.personKeys).toBeNull();
  expect(byKey.ok && Buffer.from(byKey.value.dataKey.reveal())).toEqual(Buffer.from(oldKey().reveal()));

  expect((await unlock(await rig.open(), aziz, azizWords)).personKeys).not.toBeNull();
  const whole = await contentNow();
  expect([whole.slots.length, whole.oldSlots.length]).toEqual([3, 0]);
  await unlock(await rig.open(), aziz, azizWords);
});

test('the file of format 1 stays as the backup, and opens when the new one is damaged', async () => {
  const old = await readFile(path, 'utf8');
  await unlock(await rig.open(), dilnoza, dilnozaWords);
  const backup = await readFile(join(rig.environment.folder, slotBackupName), 'utf8');
  expect(v.is(OldSlotFileSchema, JSON.parse(backup))).toBe(true);
  expect(backup).toBe(old);
  await writeFile(path, '{"format":2,');
  const slots = await rig.open();
  expect(slots.isFromBackup).toBe(true);
  await unlock(slots, dilnoza, dilnozaWords);
});

test('a list of format 1 that was changed without the key is refused', async () => {
  const content = v.parse(OldSlotFileSchema, JSON.parse(await readFile(path, 'utf8')));
  const people = content.people.map((person) => ({ ...person, name: 'Someone else' }));
  await writeFile(path, JSON.stringify({ ...content, people }));
  const slots = await rig.open();
  expect(await slots.unlockByPassphrase(dilnoza.id, dilnozaWords)).toMatchObject({
    ok: false,
    error: { code: 'store.wrong-key' },
  });
});

test('old slots do not survive a rotation, and who would be locked out is told before', async () => {
  const slots = await rig.open();
  await unlock(slots, dilnoza, dilnozaWords);
  expect(slots.lockedOutByRotation()).toEqual([aziz.id]);
  expect(slots.isRotationDue()).toBe(false);
});
