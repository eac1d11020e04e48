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
  const secret = new Secret(new Uint8Array([1, 2, 3]));
  const bytes = secret.reveal();
  expect([...bytes]).toEqual([1, 2, 3]);
  secret.wipe();
  secret.wipe();
  expect([...bytes]).toEqual([0, 0, 0]);
  expect(secret.isWiped).toBe(true);
  expect(() => secret.reveal()).toThrow('wiped');
});

test('bytes that become a secret, or were drawn for one, are overwritten where they were', () => {
  const given = new Uint8Array([1, 2, 3]);
  const drawn = new Uint8Array([4, 5, 6]);
  expect([...new Secret(given).reveal()]).toEqual([1, 2, 3]);
  expect([...Secret.draw({ bytes: () => drawn }, 3).reveal()]).toEqual([4, 5, 6]);
  expect([...given, ...drawn]).toEqual([0, 0, 0, 0, 0, 0]);
});

test('a copy lives on when the secret is wiped, and leaves what it was made of', () => {
  const first = new Secret(new Uint8Array([1, 2, 3]));
  const second = Secret.copyOf(first.reveal());
  expect([...first.reveal()]).toEqual([1, 2, 3]);
  first.wipe();
  expect([...second.reveal()]).toEqual([1, 2, 3]);
});

test('ACC-56: the bytes lie outside the heap, where the collector does not copy them', () => {
  const [count, length] = [20_000, 32];
  const before = process.memoryUsage().arrayBuffers;
  const secrets = Array.from({ length: count }, () => new Secret(new Uint8Array(length)));
  const grown = process.memoryUsage().arrayBuffers - before;
  // Somebody else's buffers may have gone meanwhile. Arrays in the heap are not counted at all.
  expect(grown).toBeGreaterThan((secrets.length * length) / 2);
});
