import { type Mutation, unit } from './mutation.ts';

const pattern = (find: string, replace: string) => [{ file: 'contracts/plain-pattern.ts', find, replace }];
const portion = (find: string, replace: string) => [{ file: 'sync/merge/parse-plain.ts', find, replace }];

const patterns = [unit('contracts/plain-pattern.test.ts')];
const portions = [unit('sync/merge/parse-plain.test.ts')];

/** Bugs in the quick ways that have to say what the slow ones say. */
export const quickCheckMutations: readonly Mutation[] = [
  {
    name: 'range without its last sign',
    why: 'records whose id ends in f are refused',
    edits: pattern('to.charCodeAt(0) + 1);', 'to.charCodeAt(0));'),
    traps: patterns,
  },
  {
    name: 'any unit beyond ASCII is a letter',
    why: 'an id of strange letters is taken, and two texts stand for one id',
    edits: pattern(
      'const units = new Uint8Array(unitCount);',
      'const units = new Uint8Array(unitCount).fill(1, 0x80);',
    ),
    traps: patterns,
  },
  {
    name: 'repeats counted once',
    why: 'ids of one sign in the place of twelve are taken',
    edits: pattern('length: Number(count)', 'length: Math.min(Number(count), 1)'),
    traps: patterns,
  },
  {
    name: 'flags of a pattern ignored',
    why: 'a pattern that takes both cases takes one alone',
    edits: pattern("pattern.flags !== '' || ", ''),
    traps: patterns,
  },
  {
    name: 'optional signs taken for plain ones',
    why: 'a text without the sign is refused',
    edits: pattern('(?:\\{[0-9]{1,2}\\})?)+\\$$/', '(?:\\{[0-9]{1,2}\\}|\\?)?)+\\$$/'),
    traps: patterns,
  },
  {
    name: 'record ends where it seems to',
    why: 'nothing proves that a record ends where it seems to: one that holds what stands between two is cut there',
    edits: portion("record: JSON.parse(bytes.toString('utf8', begin, end)),", 'record: {},'),
    traps: portions,
  },
  {
    name: 'text of a record without its last bracket',
    why: 'what is stored cannot be read again',
    edits: portion('texts.push(bytes.subarray(begin, end));', 'texts.push(bytes.subarray(begin, end - 1));'),
    traps: portions,
  },
  {
    name: 'positions of any length',
    why: 'a position beyond exact numbers is rounded to another one',
    edits: portion('count > mostDigits', 'count > mostDigits * 2'),
    traps: portions,
  },
  {
    name: 'positions with a zero in front',
    why: 'what is no JSON is read all the same',
    edits: portion('(count > 1 && bytes[from] === zero)', '(count > 1 && bytes[from] === nine)'),
    traps: portions,
  },
  {
    name: 'records that are no object',
    why: 'a text is taken for a record, where only parsing alone would have shown where it ends',
    edits: portion('if (bytes[begin] !== openObject) return false;', ''),
    traps: portions,
  },
];
