import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { everyMutation } from './every-mutation.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

describe('planted bugs', () => {
  it('are many, and each has a name of its own', () => {
    expect(everyMutation.length).toBeGreaterThanOrEqual(20);
    expect(new Set(everyMutation.map(({ name }) => name)).size).toBe(everyMutation.length);
  });

  it.each(everyMutation)(
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
