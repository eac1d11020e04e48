import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { PersonKeys } from './person-keys.ts';
import { Secret } from './secret.ts';
import { trueRandom as random } from './simulated/simulated-slots.ts';
import { openBehind, publicDoor, sealBehind, sealedLength } from './slot-door.ts';

const secretOf = (bytes: Uint8Array) => new Secret(Uint8Array.from(bytes));

describe('person keys', () => {
  test('sign with Ed25519 under the public key; wrapped and unwrapped they are the same', () => {
    const keys = PersonKeys.make(random);
    const slotKey = random.bytes(32);
    const unwrapped = PersonKeys.unwrap(keys.wrapUnder(slotKey, 'slot 1', random), slotKey, 'slot 1');
    if (unwrapped === undefined) throw new Error('not unwrapped');
    expect(unwrapped.publicKey).toEqual(keys.publicKey);
    const text = Buffer.from('signed');
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(keys.publicKey).toString('base64url') };
    const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
    expect(verify(null, text, publicKey, unwrapped.sign(text))).toBe(true);
    expect(verify(null, Buffer.from('signet'), publicKey, unwrapped.sign(text))).toBe(false);
  });

  test('another key and another binding do not unwrap', () => {
    const slotKey = random.bytes(32);
    const wrapped = PersonKeys.make(random).wrapUnder(slotKey, 'slot 1', random);
    expect(PersonKeys.unwrap(wrapped, random.bytes(32), 'slot 1')).toBeUndefined();
    expect(PersonKeys.unwrap(wrapped, slotKey, 'slot 2')).toBeUndefined();
  });

  test('wiped, they sign nothing any more; a copy lives on', () => {
    const keys = PersonKeys.make(random);
    const copy = keys.copy();
    keys.wipe();
    expect(() => keys.sign(Buffer.from('late'))).toThrow('wiped');
    expect(copy.sign(Buffer.from('in time'))).toHaveLength(64);
  });
});

describe('a door', () => {
  test("RFC 7748, 6.1: Bob's public key", () => {
    const bob = '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb';
    expect(Buffer.from(publicDoor(secretOf(Buffer.from(bob, 'hex')))).toString('hex')).toBe(
      'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
    );
  });

  test('what is sealed behind it opens with its key and binding only', () => {
    const [privateKey, other] = [secretOf(random.bytes(32)), secretOf(random.bytes(32))];
    const secret = random.bytes(32);
    const sealed = sealBehind(publicDoor(privateKey), secretOf(secret), 'for her', random);
    expect(sealed).toHaveLength(sealedLength);
    expect(Buffer.from(openBehind(privateKey, sealed, 'for her')?.reveal() ?? [])).toEqual(
      Buffer.from(secret),
    );
    expect(openBehind(other, sealed, 'for her')).toBeUndefined();
    expect(openBehind(privateKey, sealed, 'for him')).toBeUndefined();
    expect(openBehind(privateKey, sealed.subarray(1), 'for her')).toBeUndefined();
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Uint8Array.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 0x80;
      expect(openBehind(privateKey, changed, 'for her')).toBeUndefined();
    }
  });

  test('a point of low order opens nothing and throws nothing', () => {
    const privateKey = secretOf(random.bytes(32));
    for (const first of [0, 1]) {
      const sealed = new Uint8Array(sealedLength);
      sealed[0] = first;
      expect(openBehind(privateKey, sealed, 'for her')).toBeUndefined();
    }
  });
});
