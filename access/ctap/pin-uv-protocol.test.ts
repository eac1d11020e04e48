import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, test } from 'vitest';
import type { Random } from '#clinic/ports/clock.ts';
import { coseAlgorithm, coseKey, isSignedBy, keyPairFrom, makeKeyPair, pointFromCose } from './p256.ts';
import { authenticateWith, encapsulate, SharedSecret } from './pin-uv-protocol.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (value: Uint8Array | undefined): string => Buffer.from(value ?? []).toString('hex');
const randomOf = (...draws: readonly string[]): Random => {
  const left = [...draws];
  return { bytes: () => bytes(left.shift() ?? '') };
};
const noRandom: Random = randomOf();

/** Known answers that python-fido2 and Mozilla's authenticator-rs test against. */
const protocolOne = {
  privateKey: '7452e599fee739d8a653f6a507343d12d382249108a651402520b72f24fe7684',
  publicX: '44d78d7989b97e62ea993496c9ef6e8fd58b8b00715f9a89153ddd9c4657e47f',
  publicY: 'ec802ee7d22bd4e100f12e48537eb4e7e96ed3a47a0a3bd5f5eeab65001664f9',
  deviceX: '0501d5bc78da9252560a26cb08fcc60cbe0b6d3b8e1d1fcee514fac0af675168',
  deviceY: 'd551b3ed46f665731f95b4532939c25d91db7eb844bd96d4abd4083785f8df47',
  shared: 'c42a039d548100dfba521e487debcbbb8b66bb7496f8b1862a7a395ed83e1a1c',
  sealedToken: '7a9f98e31b77be90f9c64d12e9635040',
  token: 'aff12c6dcfbf9df52f7a09211e8865cd',
  sealedPinHash: 'afe8327ce416da8ee3d057589c2ce1a9',
};
const devicePoint = { x: bytes(protocolOne.deviceX), y: bytes(protocolOne.deviceY) };

describe('P-256', () => {
  test('a private scalar gives its public point', () => {
    const pair = keyPairFrom(bytes(protocolOne.privateKey));
    expect(hex(pair?.publicPoint.x)).toBe(protocolOne.publicX);
    expect(hex(pair?.publicPoint.y)).toBe(protocolOne.publicY);
    expect(hex(sha256(pair?.agree(devicePoint) ?? new Uint8Array()))).toBe(protocolOne.shared);
  });

  test('scalars that are none are drawn again', () => {
    const pair = makeKeyPair(randomOf('00'.repeat(32), 'ff'.repeat(32), protocolOne.privateKey));
    expect(hex(pair.publicPoint.x)).toBe(protocolOne.publicX);
  });

  test('a point off the curve, past the prime or of another kind is refused', () => {
    const { x, y } = devicePoint;
    const key = (point: { x: Uint8Array; y: Uint8Array }) =>
      pointFromCose(coseKey(point, coseAlgorithm.es256));
    const wrongY = y.map((byte, at) => (at === 31 ? byte ^ 1 : byte));
    expect(key({ x, y })).toEqual({ ok: true, value: { x, y } });
    expect(key({ x, y: wrongY })).toEqual({ ok: false, error: 'off-curve' });
    expect(key({ x: new Uint8Array(32), y: new Uint8Array(32) })).toEqual({ ok: false, error: 'off-curve' });
    const prime = bytes('ffffffff00000001000000000000000000000000ffffffffffffffffffffffff');
    // x = 0 has a root y; the same x written as the prime must not pass.
    const root = bytes('66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4');
    expect(key({ x: new Uint8Array(32), y: root })).toMatchObject({ ok: true });
    expect(key({ x: prime, y: root })).toEqual({ ok: false, error: 'off-curve' });
    expect(key({ x: x.subarray(1), y })).toEqual({ ok: false, error: 'form' });
    expect(pointFromCose(coseKey({ x, y }, -8), coseAlgorithm.es256)).toEqual({ ok: false, error: 'form' });
  });

  test('a signature is only good for its key and message, and never a reason to throw', () => {
    // RFC 6979, A.2.5: P-256, SHA-256, "sample".
    const point = {
      x: bytes('60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6'),
      y: bytes('7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299'),
    };
    const signature = bytes(
      '3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
    );
    const message = Buffer.from('sample');
    expect(isSignedBy(point, message, signature)).toBe(true);
    expect(isSignedBy(point, Buffer.from('samples'), signature)).toBe(false);
    expect(isSignedBy(devicePoint, message, signature)).toBe(false);
    for (const length of [0, 1, 8, 71, 200]) {
      expect(isSignedBy(point, message, new Uint8Array(length).fill(0x30))).toBe(false);
    }
  });
});

describe('PIN/UV protocol 1', () => {
  test('seals and opens as its known answers say', () => {
    const { ours, secret } = encapsulate(1, devicePoint, randomOf(protocolOne.privateKey));
    expect(hex(ours.x)).toBe(protocolOne.publicX);
    expect(hex(secret.encrypt(bytes(protocolOne.token)))).toBe(protocolOne.sealedToken);
    expect(hex(secret.decrypt(bytes(protocolOne.sealedToken)))).toBe(protocolOne.token);
    expect(hex(secret.encrypt(sha256(Buffer.from('1234')).subarray(0, 16)))).toBe(protocolOne.sealedPinHash);
  });

  test('authenticates with the first half of the MAC', () => {
    // OpenSK's known answer: shared secret from 32 bytes 0x55.
    const secret = new SharedSecret(1, new Uint8Array(32).fill(0x55), noRandom);
    expect(hex(secret.authenticate(Uint8Array.of(0xaa)))).toBe('8b60157df344822e54347a01fb0248a6');
    const token = new Uint8Array(32).fill(0x91);
    expect(hex(authenticateWith(1, token, Uint8Array.of(0xaa)))).toBe('9c1cfe9dd7646a06b9a80f96ad504968');
  });
});

describe('PIN/UV protocol 2', () => {
  test('derives its two keys as its known answers say', () => {
    // OpenSK's known answer for the HMAC key, from 32 bytes 0x55.
    const secret = new SharedSecret(2, new Uint8Array(32).fill(0x55), noRandom);
    expect(hex(secret.authenticate(Uint8Array.of(0xaa)))).toBe(
      'c03f2a225cc34e05c10e729c8dd57de5989c6815ece23a95d590e1e93ff01aaf',
    );
    const token = new Uint8Array(32).fill(0x91);
    expect(hex(authenticateWith(2, token, Uint8Array.of(0xaa)))).toBe(
      '9c1cfe9dd7646a06b9a80f96ad504968949020530fa3d27a9ffdfa623693f784',
    );
  });

  test('encrypts under its AES key with a vector of its own in front', () => {
    // authenticator-rs: from 32 bytes 0xff the AES key is 7d9a..45e2; AES-256-CBC computed apart with it.
    const vector = '000102030405060708090a0b0c0d0e0f';
    const agreed = () => new Uint8Array(32).fill(0xff);
    const plain = bytes('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51');
    const sealed = new SharedSecret(2, agreed(), randomOf(vector)).encrypt(plain);
    expect(hex(sealed)).toBe(`${vector}${protocolTwoCipher}`);
    expect(hex(new SharedSecret(2, agreed(), noRandom).decrypt(sealed))).toBe(hex(plain));
  });
});

/** `openssl enc -aes-256-cbc -nopad` with the key and vector above. */
const protocolTwoCipher = '1ab42b7640c8bbebb523c65bfcfc70a801086b4d1503ed86e4ef00fe71b7e0d4';

describe('a shared secret', () => {
  test('opens only whole blocks', () => {
    for (const [protocol, prefix] of [
      [1, 0],
      [2, 16],
    ] as const) {
      const secret = new SharedSecret(protocol, new Uint8Array(32), noRandom);
      expect(secret.decrypt(new Uint8Array(prefix))).toBeUndefined();
      expect(secret.decrypt(new Uint8Array(prefix + 17))).toBeUndefined();
      expect(secret.decrypt(new Uint8Array(prefix + 32))).toHaveLength(32);
    }
  });

  test('cannot be used after it was wiped', () => {
    const secret = new SharedSecret(2, new Uint8Array(32), randomOf('00'.repeat(16)));
    secret[Symbol.dispose]();
    expect(() => secret.encrypt(new Uint8Array(16))).toThrow('wiped');
    expect(() => secret.authenticate(new Uint8Array(16))).toThrow('wiped');
  });
});
