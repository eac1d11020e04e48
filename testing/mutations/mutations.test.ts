import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { centerMutations } from './center-mutations.ts';
import { clientMutations } from './client-mutations.ts';
import { keyMutations } from './key-mutations.ts';
import { memoryMutations } from './memory-mutations.ts';
import { secondWayMutations } from './second-way-mutations.ts';
import { slotMutations } from './slot-mutations.ts';
import { storeMutations } from './store-mutations.ts';
import { windowsMutations } from './windows-mutations.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
const mutations = [
  ...clientMutations,
  ...storeMutations,
  ...centerMutations,
  ...keyMutations,
  ...slotMutations,
  ...secondWayMutations,
  ...windowsMutations,
  ...memoryMutations,
];

describe('planted bugs', () => {
  it('are many, and each has a name of its own', () => {
    expect(mutations.length).toBeGreaterThanOrEqual(20);
    expect(new Set(mutations.map(({ name }) => name)).size).toBe(mutations.length);
  });

  it.each(mutations)(
    '"$name" fits the code as it is, and has a test that must catch it',
    ({ edits, traps }) => {
      for (const { file, find, replace } of edits) {
        const text = readFileSync(join(project, file), 'utf8');
        expect(text.split(find).length - 1, `${file}: ${find}`).toBe(1);
        expect(replace).not.toBe(find);
      }
      expect(traps.length).toBeGreaterThan(0);
      for (const trap of traps)
        if (trap.kind !== 'simulate') expect(existsSync(join(project, trap.path))).toBe(true);
    },
  );
});
