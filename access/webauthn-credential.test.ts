import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeCredential, readCredential } from './enrolled-credential.ts';
import { credentialOfSpki } from './webauthn-credential.ts';

const id = new Uint8Array(64).fill(5);
const spkiOf = (curve: string) =>
  new Uint8Array(generateKeyPairSync('ec', { namedCurve: curve }).publicKey.export({ format: 'der', type: 'spki' }));

describe('a credential that a browser tells of', () => {
  it('is kept as one that came over HID', () => {
    const spki = spkiOf('P-256');
    const credential = credentialOfSpki(id, spki) ?? new Uint8Array();
    expect(decodeCredential(credential)?.id).toEqual(id);
    const point = readCredential(credential)?.publicPoint;
    expect(Buffer.concat([point?.x ?? Buffer.alloc(0), point?.y ?? Buffer.alloc(0)])).toEqual(
      Buffer.from(spki.subarray(-64)),
    );
  });

  it('is refused on another curve, cut, or as nonsense', () => {
    expect(credentialOfSpki(id, spkiOf('P-384'))).toBeUndefined();
    expect(credentialOfSpki(id, spkiOf('P-256').subarray(0, 60))).toBeUndefined();
    expect(credentialOfSpki(id, new Uint8Array(91).fill(1))).toBeUndefined();
    expect(credentialOfSpki(id, new Uint8Array(0))).toBeUndefined();
    expect(credentialOfSpki(new Uint8Array(2_000), spkiOf('P-256'))).toBeUndefined();
  });
});
