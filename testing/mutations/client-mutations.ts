import { type Mutation, simulate, system, unit } from './mutation.ts';

const worlds = system('testing/sync/world.test.ts');
const everyFault = system('testing/sync/every-fault.test.ts');

/** Bugs in the workstation's half of the exchange. */
export const clientMutations: readonly Mutation[] = [
  {
    name: 'clock checkpoint',
    why: 'a checkpoint made from a clock jumps over what the feed still holds when the clock is ahead',
    edits: [
      {
        file: 'sync/client/commit-portion.ts',
        find: 'transaction.sync.setCheckpoint(scope, lane, { epoch, seq: portion.through });',
        replace:
          'transaction.sync.setCheckpoint(scope, lane, { epoch, seq: Math.max(portion.through, Math.floor(context.now / 1000)) });',
      },
    ],
    traps: [system('testing/sync/exchange.test.ts'), worlds],
  },
  {
    name: 'checkpoint before documents',
    why: 'power lost between the two commits leaves a checkpoint beyond documents that were never stored',
    edits: [
      {
        file: 'sync/client/following.ts',
        find: 'const outcomes = await replica.transact((transaction) => {\n      const committed: PortionOutcome[] = [];',
        replace:
          'await replica.transact((transaction) => {\n      for (const { flow, portion } of arrivals) {\n        transaction.sync.setCheckpoint(flow.scope, flow.lane, { epoch: portion.epoch, seq: portion.through });\n      }\n    });\n    const outcomes = await replica.transact((transaction) => {\n      const committed: PortionOutcome[] = [];',
      },
      {
        file: 'sync/client/commit-portion.ts',
        find: "if (since !== portion.since) throw misunderstood('portion does not follow the checkpoint');",
        replace: "if (since < 0) throw misunderstood('portion does not follow the checkpoint');",
      },
    ],
    traps: [everyFault, simulate(1, 12, 'power-cut-before-commit', 40)],
  },
  {
    name: 'last write wins at the workstation',
    why: 'the edit made here replaces what somebody else wrote, unseen and without a review',
    edits: [
      {
        file: 'sync/client/settle-conflict.ts',
        find: 'const merged = mergeRecord(collection, { base: base?.body, mine: mine.body, theirs: theirs.body });',
        replace:
          'const merged = { ...mergeRecord(collection, { base: base?.body, mine: mine.body, theirs: theirs.body }), body: mine.body, conflicts: [], keepsMine: true };',
      },
    ],
    traps: [system('testing/sync/conflicts.test.ts'), worlds],
  },
  {
    name: 'no epoch',
    why: 'what a restored center lost is never offered again',
    edits: [
      {
        file: 'sync/client/sync-memory.ts',
        find: 'if (last === undefined) return { isNew: false };',
        replace: 'if (last !== epoch) return { isNew: false };',
      },
    ],
    traps: [simulate(5, 25, 'center-restored', 10), worlds, everyFault],
  },
  {
    name: 'counter-only revision',
    why: 'two different writes of one version share a revision, and one passes for the other',
    edits: [
      {
        file: 'sync/merge/revision.ts',
        find: '.slice(0, 32);',
        replace: ".slice(0, 32)\n    .replace(/./g, '0');",
      },
    ],
    traps: [system('testing/sync/local-write.test.ts'), worlds],
  },
  {
    name: 'newer version of a known record passed over',
    why: 'what a portion brings is taken for stored although a record with its id is here: the older version stays until it is healed',
    edits: [
      {
        file: 'sync/client/commit-portion.ts',
        find: "if (taking.wasNew && text !== undefined && transaction.insertReceived(collection, record, text))\n    return 'stored';",
        replace:
          "if (taking.wasNew && text !== undefined) {\n    transaction.insertReceived(collection, record, text);\n    return 'stored';\n  }",
      },
    ],
    traps: [system('testing/sync/packed.test.ts')],
  },
  {
    name: 'poisoned document blocks its feed',
    why: 'one document nobody can read ends every connection, and nothing behind it ever arrives',
    edits: [
      {
        file: 'sync/client/commit-portion.ts',
        find: 'outcome.setAside += 1;',
        replace: "throw misunderstood('a document that fits no schema');",
      },
    ],
    traps: [system('testing/sync/exchange.test.ts'), simulate(3, 12, 'poisoned-document', 40)],
  },
  {
    name: 'void purged by an edit',
    why: 'a record voided on one side comes back to life when the other side edited it',
    edits: [
      {
        file: 'sync/merge/merge-record.ts',
        find: 'const settled = settleVoid(sides, { fields, conflicts });',
        replace:
          'const { voided: _voided, ...living } = settleVoid(sides, { fields, conflicts }).fields;\n  const settled = { fields: living, conflicts };',
      },
    ],
    traps: [unit('sync/merge/merge-record.test.ts'), worlds],
  },
  {
    name: 'shadow not moved',
    why: 'after the first of two unsent edits is accepted, the second is merged against too old a base',
    edits: [
      {
        file: 'sync/client/apply-verdicts.ts',
        find: 'else if (next.baseRev === row.rev) transaction.sync.setShadow(row.collection, row.record);',
        replace: '',
      },
    ],
    traps: [system('testing/sync/verdicts.test.ts'), system('testing/sync/conflicts.test.ts'), worlds],
  },
  {
    name: 'merge with a stale base',
    why: 'a version of a restored center is taken for a descendant, and its values for changes',
    edits: [
      {
        file: 'sync/client/settle-conflict.ts',
        find: 'const mayDescend = shadow.rev === first.baseRev && versionOf(theirs.rev) > versionOf(shadow.rev);',
        replace: 'const mayDescend = first.seq >= 0 && versionOf(theirs.rev) > 0;',
      },
    ],
    traps: [system('testing/sync/bases.test.ts')],
  },
  {
    name: 'rows put aside are never sent',
    why: 'an acknowledged write that a merge replaced is in nobody’s history',
    edits: [
      {
        file: 'sync/client/offering.ts',
        find: 'return rows.length > 0 ? rows : this.#asides();',
        replace: 'return rows;',
      },
    ],
    traps: [worlds, simulate(2, 30, 'partition', 4)],
  },
  {
    name: 'backup watermark ignored',
    why: 'what is in no backup yet is forgotten here, and lost with the center’s disk',
    edits: [
      {
        file: 'sync/client/session.ts',
        find: 'for (const { scope, seq } of watermarks) transaction.outbox.forgetThrough(scope, seq, acceptedBefore);',
        replace:
          'for (const { scope, seq } of watermarks) {\n        transaction.outbox.forgetThrough(scope, seq + 1e9, acceptedBefore + 1e12);\n      }',
      },
    ],
    traps: [system('testing/sync/exchange.test.ts'), worlds, simulate(5, 25, 'center-restored', 10)],
  },
  {
    name: 'rows forgotten before their time',
    why: 'a backup a few days old is no longer completed by what the workstations kept',
    edits: [
      {
        file: 'sync/client/session.ts',
        find: 'const acceptedBefore = Math.min(this.#centerTime, soonest) - keepAcceptedMs;',
        replace: 'const acceptedBefore = Math.max(this.#centerTime, soonest) + keepAcceptedMs;',
      },
    ],
    traps: [system('testing/sync/exchange.test.ts'), system('testing/sync/heal.test.ts'), worlds],
  },
  {
    name: 'ticket confirmed before it is stored',
    why: 'power lost between the two makes the workstation look like a copy of itself',
    edits: [
      {
        file: 'sync/client/handshake.ts',
        find: "const isNewEpoch = await keepWelcome(answer, context);\n  conversation.tell({ type: 'confirm-ticket', ticket: answer.ticket });",
        replace:
          "conversation.tell({ type: 'confirm-ticket', ticket: answer.ticket });\n  const isNewEpoch = await keepWelcome(answer, context);",
      },
    ],
    traps: [simulate(1, 15, 'power-cut-before-commit', 40)],
  },
  {
    name: 'digest of a stale version',
    why: 'a record with unsent edits counts with what the center does not have, and is healed for nothing',
    edits: [
      {
        file: 'sync/client/heal/known-versions.ts',
        find: 'if (shadow !== undefined) return shadow;\n    return unsent.has(key)',
        replace:
          'if (shadow !== undefined && shadow === stored) return shadow;\n    return withdrawn.has(key)',
      },
    ],
    traps: [system('testing/sync/bases.test.ts')],
  },
  {
    name: 'difference to the wrong base',
    why: 'a difference to one version is applied to another',
    edits: [
      {
        file: 'sync/client/offer-row.ts',
        find: 'if (before?.id === row.id && before.collection === row.collection) return before.record;',
        replace: 'if (before !== undefined) return sync.shadow(row.collection, row.id) ?? before.record;',
      },
    ],
    traps: [system('testing/sync/bases.test.ts')],
  },
  {
    name: 'nothing but one record read',
    why: 'a first copy shows one patient in the place of all others',
    edits: [
      {
        file: 'sync/merge/parse-apart.ts',
        find: 'const span = spans[place];\n    const item',
        replace: 'const span = spans[place] && spans[0];\n    const item',
      },
    ],
    traps: [unit('sync/merge/parse-apart.test.ts')],
  },
  {
    name: 'end of a record cut off though it is no revision',
    why: 'a record goes out without its last field, and the center keeps it so',
    edits: [
      {
        file: 'sync/client/offer-row.ts',
        find: 'const rest = end.startsWith(revision) && lastScope.test(end.slice(revision.length)) ? scopeEndLength : 1;',
        replace: 'const rest = scopeEndLength;',
      },
    ],
    traps: [unit('sync/client/offer-row.test.ts')],
  },
  {
    name: 'urgent rows wait like others',
    why: 'a referral stands behind a history that fills the link',
    edits: [
      {
        file: 'sync/client/offering.ts',
        find: 'if (!hasRoom && !this.#backlog.mayHoldUrgent(this.#underWay, waiting * 10)) return [];',
        replace: 'if (!hasRoom) return [];',
      },
    ],
    traps: [system('testing/sync/offers.test.ts')],
  },
  {
    name: 'text of another document',
    why: 'a record is shown until the restart, and then another stands in its place',
    edits: [
      {
        file: 'sync/client/read-portion.ts',
        find: 'const text = texts?.[place];',
        replace: 'const text = texts?.[0];',
      },
    ],
    traps: [system('testing/sync/packed.test.ts')],
  },
  {
    name: 'checksum not checked',
    why: 'documents altered on the way are stored as they came',
    edits: [
      {
        file: 'sync/client/center-message.ts',
        find: '!isOfCrc(text, raw, output.crc)',
        replace: 'isOfCrc(text, raw, -1)',
      },
    ],
    traps: [unit('sync/client/center-message.test.ts')],
  },
  {
    name: 'contested document merged',
    why: 'an edit the center may have applied already is merged into its own result: applied twice',
    edits: [
      {
        file: 'sync/client/read-portion.ts',
        find: 'if (!isOwn && pending.some((row) => ledger.mayBeApplied(row)))',
        replace: 'if (!isOwn && pending.some((row) => ledger.mayBeApplied(row) && row.seq < 0))',
      },
      {
        file: 'sync/client/commit-portion.ts',
        find: "if (pending.some((row) => ledger.mayBeApplied(row)))\n    throw new Error('a contested document was not settled');",
        replace: '',
      },
    ],
    traps: [worlds, everyFault, simulate(2, 25, 'lost-response', 20)],
  },
  {
    name: 'rows of a former life are not in doubt',
    why: 'what was sent right before a power cut is merged again after it: applied twice',
    edits: [
      {
        file: 'sync/client/sync-client.ts',
        find: 'this.#ledger.doubt(this.#context.replica.outbox);\n    this.#state.open();',
        replace: 'this.#state.open();',
      },
    ],
    traps: [system('testing/sync/former-life.test.ts')],
  },
  {
    name: 'one record in two offers',
    why: 'a later edit overtakes an earlier one that is still under way, and meets a base that is not there',
    edits: [
      {
        file: 'sync/client/offering.ts',
        find: 'return !this.#recordsUnderWay.has(row) && !this.#ledger.isWaiting(row);',
        replace: 'return !this.#ledger.isWaiting(row);',
      },
    ],
    traps: [system('testing/sync/exchange.test.ts'), system('testing/sync/slow-link.test.ts'), worlds],
  },
  {
    name: 'clock value before its base',
    why: 'an edit is shown before the version it was made on',
    edits: [
      { file: 'sync/hlc.ts', find: '    ...after.map(readingOf),\n', replace: '' },
      {
        file: 'sync/hlc.ts',
        find: '  after: readonly Hlc[],\n): Hlc {\n  const wall',
        replace: '  _after: readonly Hlc[],\n): Hlc {\n  const wall',
      },
    ],
    traps: [unit('sync/hlc.test.ts')],
  },
  {
    name: 'review about a request',
    why: 'a merge that no review can be about throws, and ends every connection of the workstation',
    edits: [
      {
        file: 'sync/client/write-reviews.ts',
        find: "if (collection === 'reviews' || collection === 'requests') return false;",
        replace: "if (collection === 'reviews') return false;",
      },
    ],
    traps: [system('testing/sync/conflicts.test.ts', 'edits of one request')],
  },
  {
    name: 'what a restored center lost is taken off',
    why: 'the last copies are deleted on every workstation, instead of offered to the center again',
    edits: [
      {
        file: 'sync/client/heal/healing.ts',
        find: 'const isOwn = (scope: string) => scope === this.#scope;',
        replace: 'const isOwn = (_scope: string) => false;',
      },
    ],
    traps: [simulate(3, 14, 'center-restored-forgotten', 25), system('testing/sync/heal.test.ts')],
  },
];
