import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from './secret.ts';

const hidden = 'a1a2a3';

test('a secret never shows in text, JSON, template or inspection', () => {
  const secret = new Secret(Buffer.from(hidden));
  const shown = [
    String(secret),
    JSON.stringify({ secret }),
    `${secret}`,
    inspect({ secret }, { showHidden: true }),
  ];
  for (const text of shown) {
    expect(text).toContain('<secret>');
    expect(text).not.toContain(hidden);
    expect(text).not.toContain('97, 49');
  }
});

test('wiping zeroes the bytes and refuses further use', () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const secret = new Secret(bytes);
  secret.wipe();
  secret.wipe();
  expect([...bytes]).toEqual([0, 0, 0]);
  expect(secret.isWiped).toBe(true);
  expect(() => secret.reveal()).toThrow('wiped');
});
