import { type Mutation, system } from './mutation.ts';

const traps = [system('testing/sync/missing-base.test.ts')];
const edit = (find: string, replace: string) => [{ file: 'sync/client/missing-bases.ts', find, replace }];

/** Bugs in how long a row waits for a base that the center lacks (docs/specs/sync.md PUSH-6). */
export const patienceMutations: readonly Mutation[] = [
  {
    name: 'patience begins anew at every start',
    why: 'a row whose base never comes waits for days on a workstation that is locked every few minutes',
    edits: edit('transaction.settings.set(settingsKey, JSON.stringify(kept));', ''),
    traps,
  },
  {
    name: 'every start counts as a wait',
    why: 'a workstation that is locked eight times gives the holder of the base no time to bring it',
    edits: edit(
      'return waitMsOf(before.waits, limits) - Math.max(0, now - before.since);',
      'return waitMsOf(before.waits, limits) * 0 - Math.max(0, now - before.since);',
    ),
    traps,
  },
  {
    name: 'a wait from the future',
    why: 'a clock that was set back by years has a row wait for years',
    edits: edit('Math.max(0, now - before.since)', '(now - before.since)'),
    traps,
  },
  {
    name: 'patience of rows that are gone',
    why: 'what is kept grows with every row that ever waited',
    edits: edit('      keptByOp.delete(op);\n', ''),
    traps,
  },
];
