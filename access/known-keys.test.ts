import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CredentialSlots, SlotKeys } from './credential-slots.ts';
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

// docs/specs/access.md ACC-54: one key belongs to one person, once.

let rig: SlotsRig;
let slots: CredentialSlots;
beforeEach(async () => {
  rig = await openSlotsRig();
  slots = await rig.open();
  await slots.enrolPassphrase(rig.dataKey(), aziz, azizWords, 'new');
});
afterEach(() => rig.remove());

const refused = { ok: false, error: { code: 'access.key-enrolled' } };
const keysOf = async (person: typeof dilnoza, passphrase: string) => {
  const proved = await slots.provePerson(person.id, { method: 'passphrase', passphrase });
  if (!proved.ok) throw new Error(proved.error.code);
  return proved.value;
};
const enrol = (person: typeof dilnoza, keys: SlotKeys, seed = 7) =>
  slots.enrolDevice(rig.dataKey(), person, keyTouched('right-finger', seed), byFinger, keys);

test('a key is no second way of the person whom it opens for, nor anybody else’s', async () => {
  const own = await keysOf(dilnoza, dilnozaWords);
  expect(await enrol(dilnoza, own)).toMatchObject({ ok: true });
  expect(await enrol(dilnoza, own)).toMatchObject(refused);
  expect(await enrol(aziz, await keysOf(aziz, azizWords))).toMatchObject(refused);
  expect(await enrol(aziz, 'new')).toMatchObject(refused);
  expect(slots.enrolmentStatus(dilnoza.id).ways).toBe(2);
  expect(slots.keysOf(aziz.id).map(({ method }) => method)).toEqual(['passphrase']);
  expect(await enrol(dilnoza, own, 8)).toMatchObject({ ok: true });
});

test('her own key is made hers anew where everything that she had ends', async () => {
  await enrol(dilnoza, await keysOf(dilnoza, dilnozaWords));
  expect(await enrol(dilnoza, 'new')).toMatchObject({ ok: true });
  expect(slots.keysOf(dilnoza.id).map(({ method }) => method)).toEqual(['simulated-key']);
});

test('a key that was removed may be given to somebody', async () => {
  await enrol(dilnoza, await keysOf(dilnoza, dilnozaWords));
  const key = slots.keysOf(dilnoza.id).find(({ method }) => method === 'simulated-key');
  await slots.removeSlot(rig.dataKey(), key?.slot ?? '', 'broken');
  expect(await enrol(aziz, await keysOf(aziz, azizWords))).toMatchObject({ ok: true });
});
