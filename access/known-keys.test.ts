import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CredentialSlots, SlotKeys } from './credential-slots.ts';
import { coseKeyBytes, makeKeyPair } from './ctap/p256.ts';
import { encodeCredential } from './enrolled-credential.ts';
import { Secret } from './secret.ts';
import { provedByWords } from './simulated/simulated-people.ts';
import {
  aziz,
  azizWords,
  byFinger,
  dilnoza,
  dilnozaWords,
  keyTouched,
  openSlotsRig,
  type SlotsRig,
  trueRandom,
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
const ownKeys = () => provedByWords(slots, dilnoza, dilnozaWords);
const enrol = (person: typeof dilnoza, keys: SlotKeys, seed = 7) =>
  slots.enrolDevice(rig.dataKey(), person, keyTouched('right-finger', seed), byFinger, keys);

test('a key is no second way of the person whom it opens for', async () => {
  const own = await ownKeys();
  expect(await enrol(dilnoza, own)).toMatchObject({ ok: true });
  expect(await enrol(dilnoza, own)).toMatchObject(refused);
  expect(slots.enrolmentStatus(dilnoza.id).ways).toBe(2);
  expect(await enrol(dilnoza, own, 8)).toMatchObject({ ok: true });
});

test('her own key is made hers anew where everything that she had ends', async () => {
  await enrol(dilnoza, await ownKeys());
  expect(await enrol(dilnoza, 'new')).toMatchObject({ ok: true });
  expect(slots.keysOf(dilnoza.id).map(({ method }) => method)).toEqual(['simulated-key']);
});

test('one that a page made is nobody else’s: the same credential is refused', async () => {
  const id = trueRandom.bytes(48);
  const publicKey = coseKeyBytes(makeKeyPair(trueRandom).publicPoint);
  const credential = encodeCredential({ id, publicKey });
  if (credential === undefined) throw new Error('no credential');
  const [salt, bytes] = [trueRandom.bytes(32), trueRandom.bytes(32)];
  const made = () => ({
    credential,
    salt,
    secret: new Secret(Uint8Array.from(bytes)),
    proof: new Secret(Uint8Array.from(bytes)),
  });
  const own = await ownKeys();
  expect(await slots.enrolWebauthn(rig.dataKey(), dilnoza, made(), own)).toMatchObject({ ok: true });
  expect(await slots.enrolWebauthn(rig.dataKey(), dilnoza, made(), own)).toMatchObject(refused);
  expect(await slots.enrolWebauthn(rig.dataKey(), aziz, made(), 'new')).toMatchObject(refused);
  expect(slots.keysOf(aziz.id).map(({ method }) => method)).toEqual(['passphrase']);
  // One that was removed may be given to somebody.
  const key = slots.keysOf(dilnoza.id).find(({ method }) => method === 'fido2');
  await slots.removeSlot(rig.dataKey(), key?.slot ?? '', 'broken');
  expect(await slots.enrolWebauthn(rig.dataKey(), aziz, made(), 'new')).toMatchObject({ ok: true });
});
