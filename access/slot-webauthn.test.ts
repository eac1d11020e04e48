import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CredentialSlots } from './credential-slots.ts';
import { coseKeyBytes, makeKeyPair } from './ctap/p256.ts';
import { encodeCredential } from './enrolled-credential.ts';
import type { CredentialDevice } from './ports.ts';
import { Secret } from './secret.ts';
import { provedByWords } from './simulated/simulated-people.ts';
import {
  aziz,
  byFinger,
  dilnoza,
  dilnozaWords,
  openSlotsRig,
  trueRandom as random,
  type SlotsRig,
} from './simulated/simulated-slots.ts';

let rig: SlotsRig;
let slots: CredentialSlots;
beforeEach(async () => {
  rig = await openSlotsRig();
  slots = await rig.open();
});
afterEach(() => rig.remove());

/** A key as the browser shows it: an id, and 32 bytes for each salt. */
function browserKey() {
  const id = random.bytes(48);
  const inner = random.bytes(32);
  const credential = encodeCredential({ id, publicKey: coseKeyBytes(makeKeyPair(random).publicPoint) });
  if (credential === undefined) throw new Error('no credential');
  const prf = (salt: Uint8Array) =>
    new Secret(createHmac('sha256', inner).update('WebAuthn PRF\0').update(salt).digest());
  return { id, credential, prf };
}

const proved = () => provedByWords(slots, dilnoza, dilnozaWords);

test('a key that the browser asked opens by its id and salt, after a restart, and gives the same keys', async () => {
  const key = browserKey();
  const salt = random.bytes(32);
  const made = { credential: key.credential, salt, secret: key.prf(salt), proof: key.prf(salt) };
  const enrolled = await slots.enrolWebauthn(rig.dataKey(), dilnoza, made, await proved(), 'browser');
  expect(enrolled).toMatchObject({ ok: true });
  const anew = await rig.open();
  const [known] = anew.webauthnKeysOf(dilnoza.id);
  if (known === undefined) throw new Error('no key is known');
  expect(Buffer.from(known.credentialId)).toEqual(Buffer.from(key.id));
  const secret = key.prf(known.salt);
  const unlocked = await anew.unlockByWebauthn(dilnoza.id, known.credentialId, secret);
  expect(unlocked.ok && Buffer.from(unlocked.value.dataKey.reveal())).toEqual(Buffer.from(rig.keyBytes));
  expect(unlocked.ok && unlocked.value.personKeys?.publicKey).toEqual(anew.signingKeyOf(dilnoza.id));
  expect(secret.isWiped).toBe(true);
});

test('the same slot opens by the other road: the key asked over HID gives the same bytes', async () => {
  const key = browserKey();
  const salt = random.bytes(32);
  const made = { credential: key.credential, salt, secret: key.prf(salt), proof: key.prf(salt) };
  await slots.enrolWebauthn(rig.dataKey(), dilnoza, made, await proved());
  const overHid: CredentialDevice = {
    kind: 'fido2',
    id: 'over HID',
    onRemoved: () => () => undefined,
    createCredential: () => Promise.reject(new Error('nothing is made here')),
    releaseSecret: async (request) => {
      expect(Buffer.from(request.credential)).toEqual(Buffer.from(key.credential));
      return { ok: true, value: key.prf(request.salt) };
    },
  };
  const unlocked = await slots.unlockByDevice(dilnoza.id, overHid, byFinger);
  expect(unlocked.ok && Buffer.from(unlocked.value.dataKey.reveal())).toEqual(Buffer.from(rig.keyBytes));
});

test("another secret, another key's id and another person do not open", async () => {
  const key = browserKey();
  const salt = random.bytes(32);
  const made = { credential: key.credential, salt, secret: key.prf(salt), proof: key.prf(salt) };
  await slots.enrolWebauthn(rig.dataKey(), dilnoza, made, await proved());
  const attempts = [
    [dilnoza.id, key.id, key.prf(random.bytes(32)), 'store.wrong-key'],
    [dilnoza.id, random.bytes(48), key.prf(salt), 'access.unknown-person'],
    [aziz.id, key.id, key.prf(salt), 'access.unknown-person'],
  ] as const;
  for (const [person, id, secret, code] of attempts) {
    expect(await slots.unlockByWebauthn(person, id, secret)).toMatchObject({ ok: false, error: { code } });
  }
});

test('a second assertion that gives other bytes proves nothing, and nothing is enrolled', async () => {
  const key = browserKey();
  const salt = random.bytes(32);
  const made = { credential: key.credential, salt, secret: key.prf(salt), proof: browserKey().prf(salt) };
  const refused = await slots.enrolWebauthn(rig.dataKey(), dilnoza, made, await proved());
  expect(refused).toMatchObject({ ok: false, error: { detail: { rule: 'other-secret' } } });
  expect(slots.webauthnKeysOf(dilnoza.id)).toEqual([]);
});

test('what is no credential of ours is not enrolled: nobody could find it again', async () => {
  const key = browserKey();
  const salt = random.bytes(32);
  const made = { credential: random.bytes(80), salt, secret: key.prf(salt), proof: key.prf(salt) };
  expect(await slots.enrolWebauthn(rig.dataKey(), dilnoza, made, await proved())).toMatchObject({
    ok: false,
    error: { detail: { rule: 'not-a-credential' } },
  });
});
