import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { checkPassphrase } from '#access/passphrase.ts';
import { readablePassphrase } from './readable-passphrase.ts';

const random = { bytes: (length: number) => randomBytes(length) };

test('can be read aloud, is strong enough, and differs each time', () => {
  const made = Array.from({ length: 200 }, () => readablePassphrase(random));
  expect(new Set(made).size).toBe(200);
  for (const passphrase of made) {
    expect(passphrase).toMatch(/^([bdfgklmnprstvz][aeiou]){2}(-([bdfgklmnprstvz][aeiou]){2}){3}$/);
    expect(checkPassphrase(passphrase, { family: 'Karimova', given: 'Nargiza' }).ok).toBe(true);
  }
});

test('does not go on for ever with a broken source', () => {
  expect(() => readablePassphrase({ bytes: () => new Uint8Array([255]) })).toThrow();
});
