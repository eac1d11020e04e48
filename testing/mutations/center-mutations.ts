import { type Mutation, simulate, system, unit } from './mutation.ts';

/** Bugs in the center's half of the exchange. */
export const centerMutations: readonly Mutation[] = [
  {
    name: 'last write wins at the center',
    why: 'a row replaces a version its author has never seen',
    edits: [
      {
        file: 'center/ingest/decide.ts',
        find: 'if (newest === row.baseRev && !(isCenterDeciding && newest !== null)) {',
        replace: 'if (newest !== row.rev && !(isCenterDeciding && newest !== null)) {',
      },
    ],
    traps: [unit('center/ingest/decide.test.ts'), simulate(2, 25, 'partition', 4)],
  },
  {
    name: 'an offer does not wait for edits',
    why: 'two transactions of one workstation lock its records in each other’s way, and wait for nothing',
    edits: [
      {
        file: 'center/ingest/batch.ts',
        find: 'if (batch.isHopeful) batch.asked();',
        replace: 'batch.asked();',
      },
    ],
    traps: [system('testing/center/offers-side-by-side.test.ts')],
  },
  {
    name: 'answered before the commit',
    why: 'a workstation believes a write received that the center loses with its power',
    edits: [
      {
        file: 'center/ingest/batch.ts',
        find: 'return await database.transaction((session) =>\n        applyBatch(session, originOf(device, effects), { rows, asSent, hooks, asked, isHopeful }),\n      );',
        replace:
          'const isNew = isHopeful;\n      return await new Promise<BatchOutcome>((resolve, reject) => {\n        database\n          .transaction(async (session) => {\n            const outcome = await applyBatch(session, originOf(device, effects), { rows, asSent, hooks, asked, isHopeful: isNew });\n            resolve(outcome);\n            await new Promise((soon) => setImmediate(soon));\n          })\n          .catch(reject);\n      });',
      },
    ],
    traps: [simulate(1, 25, 'center-cut-at-statement', 200), system('testing/center/crash.test.ts')],
  },
  {
    name: 'naive sequence',
    why: 'positions become visible out of their order, and a reader passes over those that come late',
    edits: [
      {
        file: 'center/migrations/0001-first-tables.ts',
        find: 'create table push_log (',
        replace: 'create sequence naive_seq;\n\ncreate table push_log (',
      },
      {
        file: 'center/feed/append.ts',
        find: 'with taken as (\n  update scope_head set\n    head = head + $2::bigint,',
        replace:
          "with numbered as (\n  select setval('naive_seq', nextval('naive_seq') + $2::bigint - 1) as last\n), taken as (\n  update scope_head set\n    head = greatest(head, (select last from numbered)),",
      },
      {
        file: 'center/feed/append.ts',
        find: 'where scope = $1 returning head - $2::bigint as base',
        replace: 'where scope = $1 returning (select last from numbered) - $2::bigint as base',
      },
    ],
    traps: [system('testing/center/concurrency-two.test.ts'), system('testing/center/concurrency.test.ts')],
  },
  {
    name: 'missing idempotency',
    why: 'a row whose answer was lost is decided anew and becomes a conflict with itself',
    edits: [
      {
        file: 'center/ingest/decide.ts',
        find: 'if (earlier !== undefined) {',
        replace: 'if (earlier !== undefined && earlier.rev !== row.rev) {',
      },
    ],
    traps: [unit('center/ingest/decide.test.ts'), simulate(1, 20, 'lost-response', 30)],
  },
  {
    name: 'poisoned row blocks its batch',
    why: 'one row nobody can use keeps all others of its workstation from leaving',
    edits: [
      {
        file: 'center/ingest/batch.ts',
        find: 'const isKept = await keepUnusable(session, origin, unusable);',
        replace:
          "if (unusable.length > 0) throw new Error('an unusable row');\n  const isKept = await keepUnusable(session, origin, unusable);",
      },
    ],
    traps: [system('testing/center/version-two.test.ts'), simulate(3, 12, 'poisoned-write', 20)],
  },
  {
    name: 'same row twice in an offer',
    why: 'a row that stands twice in a batch is applied twice',
    edits: [
      {
        file: 'center/ingest/decide.ts',
        find: 'const inBatch = batch.taken.get(row.op);',
        replace: 'const inBatch = batch.known.size < 0 ? batch.taken.get(row.op) : undefined;',
      },
    ],
    traps: [unit('center/ingest/decide.test.ts')],
  },
  {
    name: 'history not kept',
    why: 'a version that was replaced is nowhere any more',
    edits: [
      {
        file: 'center/ingest/write-decisions.ts',
        find: 'const kept = session.run(sql.keepReplaced, [scope, columns[0], columns[1]]);',
        replace: 'const kept = Promise.resolve();',
      },
    ],
    traps: [simulate(2, 6, 'partition', 1), system('testing/center/ingest.test.ts')],
  },
  {
    name: 'digest keeps replaced versions',
    why: 'the center’s digest drifts from its records, and every comparison heals for nothing',
    edits: [
      {
        file: 'center/feed/digest-change.ts',
        find: 'if (before !== null) bucket.toggle(collection, id, before);',
        replace: '',
      },
    ],
    traps: [system('testing/center/digests.test.ts'), simulate(2, 6, 'partition', 1)],
  },
  {
    name: 'credit ignored',
    why: 'a slow link is filled with history, and nothing urgent gets through',
    edits: [
      {
        file: 'center/gateway/flows.ts',
        find: 'const isDue = (flow: Flow) => flow.credit > 0 && (flow.isStale || flow.owesHead);',
        replace: 'const isDue = (flow: Flow) => flow.isStale || flow.owesHead;',
      },
    ],
    traps: [unit('center/gateway/flows.test.ts'), system('testing/center/flows.test.ts')],
  },
  {
    name: 'restored center keeps its epoch',
    why: 'workstations cannot know that what they sent is gone',
    edits: [
      {
        file: 'center/identity.ts',
        find: 'await session.run(changeEpoch, [epoch]);',
        replace: '',
      },
    ],
    traps: [simulate(5, 25, 'center-restored', 10)],
  },
  {
    name: 'watermark before the backup',
    why: 'rows are declared safe that no backup holds',
    edits: [
      {
        file: 'center/feed/durability.ts',
        find: "return policy === 'commit' ? head : durable;",
        replace: "return policy === 'commit' || durable >= 0 ? head : durable;",
      },
    ],
    traps: [simulate(7, 23, 'center-restored', 12)],
  },
  {
    name: 'version 1 passes over positions',
    why: 'an older program is told that it has read what it was not given',
    edits: [
      {
        file: 'center/gateway/answer-version-one.ts',
        find: 'items.filter(isForVersionOne)',
        replace: 'items.slice(1).filter(isForVersionOne)',
      },
    ],
    traps: [simulate(701, 40, 'older-program', 9)],
  },
  {
    name: 'copy counted twice in the digest',
    why: 'two rows of one copy in an offer leave the facility with a digest that no comparison meets',
    edits: [
      {
        file: 'center/sharing/visiting-rows.ts',
        find: 'const newest = [...new Map(found.map((document) => [keyOf(document), document])).values()];',
        replace: 'const newest = found;',
      },
    ],
    traps: [system('testing/simulator/named-seeds.test.ts', 'enrolment is asked twice')],
  },
  {
    name: 'second home taken for a move that was made',
    why: 'a patient is at home there already, brought back after a restore: the former home keeps its copy as it is for ever',
    edits: [
      {
        file: 'center/sharing/leave-one-home.ts',
        find: 'await takeShares(session, context, move, shares);',
        replace: '',
      },
    ],
    traps: [system('testing/center/moved-among-guests.test.ts')],
  },
  {
    name: 'copies compared by number across two homes',
    why: 'the home that is left has a version of a lower number, and every guest of the other one keeps the higher',
    edits: [
      {
        file: 'center/sharing/deliver.ts',
        find: 'return isNews(parcel, present) || isFromNewHome(parcel, present, entitled.homesByPatient);',
        replace: 'return isNews(parcel, present);',
      },
    ],
    traps: [system('testing/center/moved-among-guests.test.ts')],
  },
  {
    name: 'version given away and never taken',
    why: 'a patient comes back to the new home between giving and taking: the former home keeps a version nobody else has',
    edits: [
      {
        file: 'center/sharing/leave-one-home.ts',
        find: '(present.home !== null && present.rev !== strange)',
        replace: 'present.home !== null',
      },
    ],
    traps: [system('testing/center/moved-among-guests.test.ts')],
  },
  {
    name: 'request before its patient forgotten',
    why: 'a move that was answered before its patient came back after a restore is never made: two homes stay',
    edits: [
      {
        file: 'center/sharing/move-statements.ts',
        find: `(d.home is null and d.body ~ '"kind":"(move|referral)"')`,
        replace: 'false',
      },
    ],
    traps: [system('testing/center/request-before-patient.test.ts')],
  },
  {
    name: 'refused request acted on later',
    why: 'a patient moves on by the wish of a facility that had nothing to say when it asked',
    edits: [
      {
        file: 'center/sharing/act-on-request.ts',
        find: "event.kind === 'not-found' && event.id !== passing",
        replace: "event.kind === 'not-found' && event.id === passing && false",
      },
    ],
    traps: [system('testing/center/request-before-patient.test.ts')],
  },
  {
    name: 'withdrawn patient awaited',
    why: 'a facility wishes to have a patient whose copy was withdrawn; when the patient is referred there again, the old wish moves the home',
    edits: [
      {
        file: 'center/sharing/act-on-request.ts',
        find: 'former.length > 0 || hasWaitedTooLong',
        replace: 'hasWaitedTooLong',
      },
    ],
    traps: [system('testing/center/request-before-patient.test.ts')],
  },
  {
    name: 'patient awaited for ever',
    why: 'a wish that nobody remembers moves a patient months later',
    edits: [
      {
        file: 'center/sharing/act-on-request.ts',
        find: 'effects.clock.now() - answer.at > patientAwaitedMs',
        replace: 'false',
      },
    ],
    traps: [system('testing/center/request-before-patient.test.ts')],
  },
  {
    name: 'granted referral taken for a refused one',
    why: 'nobody was found at first: after a restore the other facility does not get the records back that were granted to it',
    edits: [
      {
        file: 'center/sharing/act-on-request.ts',
        find: 'isOver || (!wasGranted && isRefused(asked))',
        replace: 'isOver || isRefused(asked)',
      },
    ],
    traps: [system('testing/center/request-before-patient.test.ts')],
  },
  {
    name: 'no second look for a patient being written',
    why: 'the patient’s transaction began before the request was there: neither sees the other',
    edits: [
      {
        file: 'center/sharing/act-on-request.ts',
        find: 'if (isFirstLook && told.includes(unknownPatient))',
        replace: 'if (!isFirstLook && told.includes(unknownPatient))',
      },
    ],
    traps: [system('testing/center/request-before-patient.test.ts')],
  },
];
