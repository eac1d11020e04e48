import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cutsOf } from './cut-states.ts';
import { folderInMemory, traceRun } from './run-traced.ts';
import { buildTracingLibrary } from './trace-log.ts';

// What of a cluster PostgreSQL does not write itself (docs/specs/center.md POS-6).
const plan = { seed: 20_261_122, cuts: 300, tearing: 'written' } as const;

let folder: string;
let library: string | undefined;
beforeAll(() => {
  folder = folderInMemory('cluster-place-cuts');
  library = buildTracingLibrary(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.for(['strict', 'ordered'] as const)(
  'POS-6: with %s names a power cut takes neither the password nor its folder away once a cluster may have it',
  (names, context) => {
    if (library === undefined) context.skip('SKIPPED: no C compiler is here to build the tracing library');
    const script = './cluster-place-process.ts';
    const trace = traceRun({ folder, library: library ?? '', name: `place-${names}`, script });
    const complaints: string[] = [];
    let kept = 0;
    for (const { marks, state, name } of cutsOf(trace.disk(names), trace.events, plan)) {
      const password = state.files.get('data/postgres/postgres-password')?.toString('utf8');
      const [told] = marks;
      if (told !== undefined) kept += 1;
      // Before that it may be there or not, or be one that cannot be taken for a password.
      if (told !== undefined && password !== told)
        complaints.push(`${password} instead of ${told} (${name})`);
    }
    expect(complaints).toEqual([]);
    expect(kept).toBeGreaterThan(50);
  },
);
