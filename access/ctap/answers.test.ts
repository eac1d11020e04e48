import { createPublicKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decodeCredential, encodeCredential, publicKeyFromSpki } from '../enrolled-credential.ts';
import { isAttestationSound } from './attestation.ts';
import { parseAuthenticatorData, presenceFault } from './authenticator-data.ts';
import { parseInfo } from './authenticator-info.ts';
import { cborMap } from './cbor.ts';
import { decodeCbor } from './cbor-decode.ts';
import { asMap, bytesAt, mapAt, textAt } from './cbor-fields.ts';
import { coseAlgorithm, coseKeyBytes, pointFromCose } from './p256.ts';

const base64url = (value: Uint8Array): string => Buffer.from(value).toString('base64url');
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');
const mapOf = (encoded: string) => {
  const decoded = decodeCbor(bytes(encoded));
  const map = decoded.ok ? asMap(decoded.value) : undefined;
  if (map === undefined) throw new Error('the fixture is no map');
  return map;
};

/** Recorded from a YubiKey, as in python-fido2's tests: getInfo, and an attestation by the maker's certificate. */
const recordedInfo =
  'a60182665532465f5632684649444f5f325f3002826375766d6b686d61632d7365637265740350f8a011f38c0a4d15800617111f9edc7d04a462726bf5627570f564706c6174f469636c69656e7450696ef4051904b0068101';
const recordedCredential =
  'a301667061636b65640258c40021f5fc0b85cd22e60623bcd7d1ca48948909249b4776eb515154e57b66ae124100000003f8a011f38c0a4d15800617111f9edc7d004060a386206a3aacecbdbb22d601853d955fdc5d11adfbd1aa6a950d966b348c7663d40173714a9f987df6461beadfb9cd6419ffdfe4d4cf2eec1aa605a4f59bdaa50102032620012158200edb27580389494d74d2373b8f8c2e8b76fa135946d4f30d0e187e120b423349225820e03400d189e85a55de9ab0f538ed60736eb750f5f0306a80060fe1b13010560d03a363616c6726637369675847304502200d15daf337d727ab4719b4027114a2ac43cd565d394ced62c3d9d1d90825f0b3022100989615e7394c87f4ad91f8fdae86f7a3326df332b3633db088aac76bffb9a46b63783563815902bb308202b73082019fa00302010202041d31330d300d06092a864886f70d01010b0500302a3128302606035504030c1f59756269636f2050726576696577204649444f204174746573746174696f6e301e170d3138303332383036333932345a170d3139303332383036333932345a306e310b300906035504061302534531123010060355040a0c0959756269636f20414231223020060355040b0c1941757468656e74696361746f72204174746573746174696f6e3127302506035504030c1e59756269636f205532462045452053657269616c203438393736333539373059301306072a8648ce3d020106082a8648ce3d030107034200047d71e8367cafd0ea6cf0d61e4c6a416ba5bb6d8fad52db2389ad07969f0f463bfdddddc29d39d3199163ee49575a3336c04b3309d607f6160c81e023373e0197a36c306a302206092b0601040182c40a020415312e332e362e312e342e312e34313438322e312e323013060b2b0601040182e51c0201010404030204303021060b2b0601040182e51c01010404120410f8a011f38c0a4d15800617111f9edc7d300c0603551d130101ff04023000300d06092a864886f70d01010b050003820101009b904ceadbe1f1985486fead02baeaa77e5ab4e6e52b7e6a2666a4dc06e241578169193b63dadec5b2b78605a128b2e03f7fe2a98eaeb4219f52220995f400ce15d630cf0598ba662d7162459f1ad1fc623067376d4e4091be65ac1a33d8561b9996c0529ec1816d1710786384d5e8783aa1f7474cb99fe8f5a63a79ff454380361c299d67cb5cc7c79f0d8c09f8849b0500f6d625408c77cbbc26ddee11cb581beb7947137ad4f05aaf38bd98da10042ddcac277604a395a5b3eaa88a5c8bb27ab59c8127d59d6bbba5f11506bf7b75fda7561a0837c46f025fd54dcf1014fc8d17c859507ac57d4b1dea99485df0ba8f34d00103c3eef2ef3bbfec7a6613de';
const recordedHash = bytes('985b6187d042fb1258892ed637cec88617ddf5f6632351a545617aa2b75261bf');
const recordedPoint =
  'a50102032620012158200edb27580389494d74d2373b8f8c2e8b76fa135946d4f30d0e187e120b423349225820e03400d189e85a55de9ab0f538ed60736eb750f5f0306a80060fe1b13010560d';

function recorded() {
  const answer = mapOf(recordedCredential);
  const data = bytesAt(answer, 2);
  const statement = mapAt(answer, 3);
  const point = pointFromCose(mapOf(recordedPoint), coseAlgorithm.es256);
  if (data === undefined || statement === undefined || !point.ok) throw new Error('the fixture is not whole');
  return { format: textAt(answer, 1) ?? '', data, statement, publicPoint: point.value };
}

describe('what keys answer', () => {
  test('a recorded getInfo is read', () => {
    expect(parseInfo(mapOf(recordedInfo))).toEqual({
      versions: ['U2F_V2', 'FIDO_2_0'],
      extensions: ['uvm', 'hmac-secret'],
      model: 'f8a011f38c0a4d15800617111f9edc7d',
      firmware: null,
      longestRequest: 1200,
      pinUvProtocols: [1],
      finger: { can: false, is: false },
      pin: { can: true, is: false, mustChange: false },
      hasVerificationToken: false,
      fingerCommand: null,
      leastPinLength: 4,
      hasHmacSecret: true,
      hasCredentialProtection: false,
      mostListedCredentials: null,
      longestCredentialId: null,
      residentRoom: null,
    });
  });

  test('a getInfo without versions or with a short model is none', () => {
    expect(parseInfo(cborMap([[3, new Uint8Array(16)]]))).toBeUndefined();
    expect(
      parseInfo(
        cborMap([
          [1, ['FIDO_2_0']],
          [3, new Uint8Array(15)],
        ]),
      ),
    ).toBeUndefined();
  });

  test('recorded authenticator data are read to the last byte', () => {
    const { data, publicPoint } = recorded();
    const parsed = parseAuthenticatorData(data);
    expect(parsed).toMatchObject({ ok: true, value: { flags: 0x41, credential: { publicPoint } } });
    expect(parsed.ok && parsed.value.credential?.id.length).toBe(64);
    for (let length = 0; length < data.length; length += 1) {
      expect(parseAuthenticatorData(data.subarray(0, length)).ok).toBe(false);
    }
    expect(parseAuthenticatorData(Uint8Array.from([...data, 0]))).toEqual({
      ok: false,
      error: { failure: 'garbled' },
    });
    expect(parsed.ok && presenceFault(parsed.value)).toEqual({ failure: 'untrusted', rule: 'relying-party' });
  });

  test('a recorded attestation by certificate holds, and no altered one', () => {
    const { format, data, statement, publicPoint } = recorded();
    const sound = (changed: Partial<Parameters<typeof isAttestationSound>[0]>): boolean =>
      isAttestationSound({
        format,
        statement,
        signed: Buffer.concat([data, recordedHash]),
        publicPoint,
        ...changed,
      });
    const withField = (name: string, value: Uint8Array | number | readonly Uint8Array[]) =>
      cborMap([...statement, [name, value]]);
    expect(sound({})).toBe(true);
    expect(sound({ signed: Buffer.concat([data, recordedHash.map((byte) => byte ^ 1)]) })).toBe(false);
    expect(sound({ statement: withField('x5c', [new Uint8Array(40)]) })).toBe(false);
    expect(sound({ statement: withField('alg', -257) })).toBe(false);
    expect(sound({ statement: withField('sig', new Uint8Array(70)) })).toBe(false);
    // Without the certificate it claims to be the credential's own signature, which it is not.
    expect(sound({ statement: cborMap([...statement].filter(([name]) => name !== 'x5c')) })).toBe(false);
    expect(sound({ format: 'none' })).toBe(false);
    expect(sound({ format: 'none', statement: cborMap([]) })).toBe(true);
    expect(sound({ format: 'fido-u2f' })).toBe(false);
  });
});

describe('an enrolled credential', () => {
  const { publicPoint } = recorded();
  const publicKey = coseKeyBytes(publicPoint);

  test('comes back as it went in', () => {
    for (const length of [1, 64, 255, 256, 943]) {
      const id = new Uint8Array(length).map((_, place) => place & 0xff);
      const encoded = encodeCredential({ id, publicKey });
      expect(encoded?.length).toBeLessThanOrEqual(1_023);
      expect(encoded && decodeCredential(encoded)).toEqual({ id, publicKey });
    }
    expect(hex(publicKey)).toBe(recordedPoint);
  });

  test('is refused when too long, empty or with a key that is none', () => {
    const id = new Uint8Array(64);
    expect(encodeCredential({ id: new Uint8Array(944), publicKey })).toBeUndefined();
    expect(encodeCredential({ id: new Uint8Array(), publicKey })).toBeUndefined();
    expect(
      encodeCredential({ id, publicKey: publicKey.map((byte, at) => (at === 76 ? byte ^ 1 : byte)) }),
    ).toBeUndefined();
    expect(encodeCredential({ id, publicKey: Uint8Array.from([...publicKey, 0]) })).toBeUndefined();
  });

  test('takes the public key that a browser gives', () => {
    const jwk = { kty: 'EC', crv: 'P-256', x: base64url(publicPoint.x), y: base64url(publicPoint.y) };
    const spki = createPublicKey({ format: 'jwk', key: jwk }).export({ format: 'der', type: 'spki' });
    expect(publicKeyFromSpki(Uint8Array.from(spki))).toEqual(publicKey);
    for (let at = 0; at < spki.length; at += 1) {
      expect(publicKeyFromSpki(spki.map((byte, place) => (place === at ? byte ^ 1 : byte)))).toBeUndefined();
      expect(publicKeyFromSpki(Uint8Array.from(spki.subarray(0, at)))).toBeUndefined();
    }
  });

  test('is not read from other bytes', () => {
    const encoded = encodeCredential({ id: new Uint8Array(64).fill(7), publicKey }) ?? new Uint8Array();
    for (let length = 0; length < encoded.length; length += 1) {
      expect(decodeCredential(encoded.subarray(0, length))).toBeUndefined();
    }
    expect(decodeCredential(Uint8Array.from([...encoded, 0]))).toBeUndefined();
    expect(decodeCredential(Uint8Array.from([2, ...encoded.subarray(1)]))).toBeUndefined();
  });
});
