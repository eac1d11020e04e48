import { createHash, createPublicKey, verify } from 'node:crypto';
import type { ReferenceBody } from '#contracts/records/reference.ts';
import { maxDictionaryBytes, type PackingDictionary } from './dictionaries.ts';

/** A reference record's body that carries data for programs. */
export type DictionaryPack = Extract<ReferenceBody, { readonly kind: 'pack' }>;

const packName = 'packing-dictionary';

/** Puts a dictionary into a signed pack (PCK-7). `sign`: the center's Ed25519 signature over a text, base64. */
export function makeDictionaryPack(
  { version, bytes }: PackingDictionary,
  sign: (text: string) => string,
): DictionaryPack {
  if (bytes.length > maxDictionaryBytes) throw new RangeError('a dictionary holds at most 64 kB');
  const content = Buffer.from(bytes).toString('base64');
  return { kind: 'pack', pack: packName, version, content, signature: sign(signedText(version, bytes)) };
}

/**
 * The dictionaries a side holds, newest first: those that ship and those of packs that the center signed. `centerKey`: its
 * raw Ed25519 public key, base64. A pack that is not the center's, too large, or of a version that ships is ignored.
 */
export function dictionariesOf(
  builtIn: readonly PackingDictionary[],
  packs: Iterable<ReferenceBody>,
  centerKey: string,
): readonly PackingDictionary[] {
  const byVersion = new Map(builtIn.map((dictionary) => [dictionary.version, dictionary]));
  for (const pack of packs) {
    if (pack.kind !== 'pack' || pack.pack !== packName || byVersion.has(pack.version)) continue;
    const bytes = Buffer.from(pack.content, 'base64');
    if (bytes.length > maxDictionaryBytes || !isSigned(pack, bytes, centerKey)) continue;
    byVersion.set(pack.version, { version: pack.version, bytes });
  }
  return [...byVersion.values()].sort((left, right) => right.version - left.version);
}

function isSigned(pack: DictionaryPack, bytes: Uint8Array, centerKey: string): boolean {
  const text = Buffer.from(signedText(pack.version, bytes));
  try {
    return verify(null, text, publicKeyOf(centerKey), Buffer.from(pack.signature, 'base64'));
  } catch {
    // Not a key, or not a signature, at all.
    return false;
  }
}

/** What the center signs: purpose, LF, version, LF, SHA-256 of the dictionary's bytes in hex. */
const signedText = (version: number, bytes: Uint8Array): string =>
  [packName, version, createHash('sha256').update(bytes).digest('hex')].join('\n');

function publicKeyOf(raw: string) {
  const x = Buffer.from(raw, 'base64').toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}
