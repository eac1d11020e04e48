import { type Mutation, simulate, system, unit } from './mutation.ts';

/** Bugs in the workstation's disk. */
export const storeMutations: readonly Mutation[] = [
  {
    name: 'acknowledged before the commit',
    why: 'the screen says "saved" and power lost in that moment takes it away',
    edits: [
      {
        file: 'store/sqlcipher/connection.ts',
        find: "const value = work();\n      this.prepare('COMMIT').run([]);\n      return value;",
        replace:
          "const value = work();\n      queueMicrotask(() => {\n        if (!this.#isClosed) this.prepare('COMMIT').run([]);\n      });\n      return value;",
      },
    ],
    traps: [simulate(1, 6, 'power-cut-after-commit', 60), system('testing/store/replica.test.ts')],
  },
  {
    name: 'row forgotten when it is accepted',
    why: 'what the center acknowledged and then lost with its disk is nowhere any more',
    edits: [
      {
        file: 'store/replica/outbox.ts',
        find: '      op,\n    ]);',
        replace: "      op,\n    ]);\n    this.#change('DELETE FROM outbox WHERE op = ?', [op]);",
      },
      {
        file: 'store/replica/outbox.ts',
        find: '    return this.#withPending(acceptances);',
        replace:
          "    for (const { row } of acceptances) this.#change('DELETE FROM outbox WHERE op = ?', [row.op]);\n    return this.#withPending(acceptances);",
      },
    ],
    traps: [simulate(5, 6, 'power-cut-after-commit', 10), system('testing/store/outbox.test.ts')],
  },
  {
    name: 'rows accepted that the center never saw',
    why: 'a write between two that were taken is never sent',
    edits: [
      {
        file: 'store/replica/acceptance-runs.ts',
        find: 'row.seq === run.lastSeq + 1 && ahead',
        replace: 'row.seq > run.lastSeq && ahead',
      },
    ],
    traps: [system('testing/store/outbox.test.ts')],
  },
  {
    name: 'rows put aside are dropped from the disk',
    why: 'an acknowledged write that a merge replaced is gone before the center had it',
    edits: [
      {
        file: 'store/replica/outbox.ts',
        find: '`UPDATE outbox SET aside = 1 WHERE',
        replace: '`DELETE FROM outbox WHERE',
      },
    ],
    traps: [
      system('testing/store/outbox.test.ts'),
      system('testing/sync/replicas.test.ts'),
      simulate(2, 30, 'partition', 4),
    ],
  },
  {
    name: 'two transactions for one action',
    why: 'power lost in the middle of an action leaves half of it',
    edits: [
      {
        file: 'store/replica/outbox.ts',
        find: "append(draft: OutboxDraft): void {\n    this.#watch.beforeWrite('content');",
        replace:
          "append(draft: OutboxDraft): void {\n    this.#watch.beforeWrite('content');\n    this.#connection.execute('COMMIT; BEGIN IMMEDIATE');",
      },
    ],
    traps: [simulate(1, 6, 'power-cut-before-commit', 60), system('testing/store/replica.test.ts')],
  },
  {
    name: 'text of another row',
    why: 'the center gets one record under the name of another',
    edits: [
      {
        file: 'store/replica/outbox-rows.ts',
        find: 'this.#texts.subarray(this.#begin, this.#end)',
        replace: 'this.#texts.subarray(0, this.#end - this.#begin)',
      },
    ],
    traps: [unit('store/replica/outbox-rows.test.ts')],
  },
  {
    name: 'rows in the order that SQLite likes',
    why: 'a later edit goes before an earlier one, and what is urgent behind a history',
    edits: [
      {
        file: 'store/replica/outbox-rows.ts',
        find: "return rows.sort(order === 'travel' ? byTravel : byWriting);",
        replace: 'return order.length > 0 ? rows : rows;',
      },
    ],
    traps: [unit('store/replica/outbox-rows.test.ts')],
  },
  {
    name: 'refused action is kept',
    why: 'what was never called saved is on the disk, in part, and goes out',
    edits: [
      {
        file: 'store/sqlcipher/connection.ts',
        find: "this.database.exec('ROLLBACK');",
        replace: "this.database.exec('COMMIT');",
      },
    ],
    traps: [simulate(1, 6, 'power-cut-before-commit', 60), system('testing/store/replica.test.ts')],
  },
];
