import { type Mutation, system, unit } from './mutation.ts';

const rule = unit('access/second-way.test.ts');
const known = unit('access/known-keys.test.ts');
const keysHere = system('testing/workstation/known-keys.test.ts');
const sessions = system('testing/workstation/second-way.test.ts');
const trail = system('testing/workstation/key-renewal-trail.test.ts');

const edit = (file: string, find: string, replace: string) => [{ file, find, replace }];

/** Bugs in what is demanded before somebody depends on one way in (docs/specs/access.md ACC-52 to ACC-55). */
export const secondWayMutations: readonly Mutation[] = [
  {
    name: 'a holder falls back on herself',
    why: 'of two holders one loses her passphrase, and with it the share that was to help her',
    edits: edit('access/second-way.ts', 'holder !== person && list', 'list'),
    traps: [rule],
  },
  {
    name: 'somebody is enrolled into one way in',
    why: 'a forgotten passphrase shuts her out for good',
    edits: edit(
      'access/slot-changing.ts',
      'return leavesOneWay(held.list, order) ? secondWayNeeded() : undefined;',
      'return leavesOneWay(held.list, order) && order.isPassphrase ? secondWayNeeded() : undefined;',
    ),
    traps: [rule],
  },
  {
    name: 'a replaced passphrase counts beside itself',
    why: 'a reset leaves one way and says that there are two',
    edits: edit(
      'access/slot-changing.ts',
      "&& !(isPassphrase && slot.method === 'passphrase')",
      '&& isPassphrase !== undefined',
    ),
    traps: [sessions, rule],
  },
  {
    name: 'the paper key may be withdrawn',
    why: 'everybody with one way in falls back on nothing',
    edits: edit(
      'access/slot-changing.ts',
      'return putsSomebodyAtRisk(held.list, next) ? fail(secondWayNeeded()) : held.write(dataKey, next);',
      'return held.write(dataKey, next);',
    ),
    traps: [rule],
  },
  {
    name: 'a holder may be removed whoever needs her',
    why: 'two open together, one is taken away, and nobody is told what that means',
    edits: edit(
      'access/slot-changing.ts',
      "why === 'gone' && putsSomebodyAtRisk",
      "why !== 'gone' && putsSomebodyAtRisk",
    ),
    traps: [rule],
  },
  {
    name: 'an administrator resets as if it were herself',
    why: 'the demand holds for nobody',
    edits: edit('workstation/access-desk.ts', 'isSecondDemanded: own === null', 'isSecondDemanded: false'),
    traps: [sessions],
  },
  {
    name: 'an emergency is asked for a second way',
    why: 'who opened by the paper key stands before a screen, and the patient waits',
    edits: edit(
      'workstation/workstation-state.ts',
      'session.glass === null && slots !== null',
      'slots !== null',
    ),
    traps: [sessions],
  },
  {
    name: 'a key is not told what it holds',
    why: 'one key is enrolled twice and lost twice at once',
    edits: edit(
      'access/ctap/make-credential.ts',
      'excluded.length === 0 ? undefined : excluded.map(named)',
      'undefined',
    ),
    traps: [keysHere],
  },
  {
    name: "other people's keys are not excluded",
    why: "one finger opens under two people's names",
    edits: edit(
      'access/slot-making.ts',
      "method === 'simulated-key' ? [] : made",
      'method !== undefined ? [] : made',
    ),
    traps: [known],
  },
  {
    name: 'a renewal looks like a lock and an unlock',
    why: 'the trail names an unlock that nobody made',
    edits: edit(
      'workstation/workstation.ts',
      "how === 'goes-on' ? null : 'session.unlock'",
      "'session.unlock'",
    ),
    traps: [trail],
  },
  {
    name: 'a lock during a renewal leaves no line',
    why: 'the trail has an unlock behind an unlock',
    edits: edit('workstation/workstation.ts', 'await this.trail.ended(session, records, isRenewed);', ''),
    traps: [trail],
  },
];
