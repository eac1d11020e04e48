import { type Mutation, simulate, unit } from './mutation.ts';

/** Bugs in what a merge makes of the items of a list (docs/specs/simulator.md SIM-20). */
export const itemMutations: readonly Mutation[] = [
  {
    name: 'mark lost in a merge',
    why: 'an allergy that was entered in error comes back to life in a merge',
    edits: [
      {
        file: 'sync/merge/merge-items.ts',
        find: 'value: [...settled.map(({ item }) => item), ...added],',
        replace: 'value: [...settled.map(({ item: { enteredInError: _mark, ...item } }) => item), ...added],',
      },
    ],
    traps: [{ kind: 'simulate', seed: 7, years: 1, days: 250 }, unit('sync/merge/merge-record.test.ts')],
  },
  {
    name: 'own answers dropped in a merge',
    why: 'what somebody answered to a request or decided in a review is nowhere but in the history',
    edits: [
      {
        file: 'sync/merge/merge-items.ts',
        find: '.filter(([key]) => !theirs.has(key)).map(([, item]) => item);',
        replace:
          ".filter(([key]) => !theirs.has(key) && field !== 'events' && field !== 'decisions').map(([, item]) => item);",
      },
    ],
    traps: [simulate(5, 120, 'partition', 30)],
  },
];
