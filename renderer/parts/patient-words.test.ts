import { expect, it } from 'vitest';
import { createIdSource } from '#clinic/ids.ts';
import { formatTemporary } from './patient-words.ts';

it('tells patients apart who were registered one right after the other', () => {
  const newId = createIdSource(
    { now: () => 1_795_360_118_175 },
    { bytes: (length) => new Uint8Array(length).fill(7) },
  );
  const shown = Array.from({ length: 200 }, () => formatTemporary(newId()));
  expect(new Set(shown).size).toBe(200);
  expect(shown[0]).toMatch(/^[0-9A-F]{8}$/);
});
