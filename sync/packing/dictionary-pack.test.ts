import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { expect, it } from 'vitest';
import { maxDictionaryBytes, readBuiltInDictionaries } from './dictionaries.ts';
import { dictionariesOf, makeDictionaryPack } from './dictionary-pack.ts';
import { exactValueOf } from './modelled-text.ts';
import { createPacker } from './packer.ts';

const [center, stranger] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
const rawKey = Buffer.from(center.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString(
  'base64',
);
const signedBy = (key: KeyObject) => (text: string) => sign(null, Buffer.from(text), key).toString('base64');
const bytes = Buffer.from('{"type":"durable","scope":"TRN000001","seq":7}\n');
const pack = makeDictionaryPack({ version: 2, bytes }, signedBy(center.privateKey));

it('takes what the center signed, newest first, and ignores everything else (PCK-7)', () => {
  const versionsOf = (...packs: readonly (typeof pack)[]) =>
    dictionariesOf(readBuiltInDictionaries(), packs, rawKey).map(({ version }) => version);
  expect(versionsOf(pack)).toEqual([2, 1]);
  const [newest] = dictionariesOf([], [pack], rawKey);
  expect(Buffer.from(newest?.bytes ?? []).equals(bytes)).toBe(true);
  expect(versionsOf(makeDictionaryPack({ version: 2, bytes }, signedBy(stranger.privateKey)))).toEqual([1]);
  expect(versionsOf({ ...pack, version: 3 })).toEqual([1]);
  expect(versionsOf({ ...pack, content: Buffer.from('other').toString('base64') })).toEqual([1]);
  expect(versionsOf({ ...pack, signature: '' })).toEqual([1]);
  expect(dictionariesOf([], [pack], 'no key')).toEqual([]);
  const large = Buffer.alloc(maxDictionaryBytes + 1);
  expect(() => makeDictionaryPack({ version: 2, bytes: large }, signedBy(center.privateKey))).toThrow(
    RangeError,
  );
});

it('never puts another in the place of one that ships', () => {
  const forged = makeDictionaryPack({ version: 1, bytes }, signedBy(center.privateKey));
  const [first] = dictionariesOf(readBuiltInDictionaries(), [forged], rawKey);
  expect(first?.bytes.length).toBeGreaterThan(1000);
});

it('ships a dictionary that fits, reads line by line, and makes the first messages smaller (PCK-5)', () => {
  const [shipped] = readBuiltInDictionaries();
  const text = Buffer.from(shipped?.bytes ?? []).toString('utf8');
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxDictionaryBytes);
  const lines = text.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(20);
  for (const line of lines) expect(exactValueOf(line), line.slice(0, 60)).toBeDefined();
  const message = JSON.stringify({
    type: 'follow',
    flow: 1,
    scope: 'SAM000123',
    lane: 1,
    since: 0,
    credit: 4,
    portionBytes: 16384,
  });
  const [known, unknown] = [shipped?.bytes ?? null, null].map(
    (each) => createPacker('zstd', each).pack(message).length,
  );
  expect(known).toBeLessThan((unknown ?? 0) / 2);
});
