import type { PatientBody } from '#contracts/records/patients.ts';
import { editDistance } from './search/edit-distance.ts';
import { foldLoose, foldStrict, isPatronymicWord, splitWords } from './search/fold.ts';

/** What is compared: a patient of the replica, or somebody about to be registered. */
export type Identity = Pick<PatientBody, 'name' | 'sex' | 'birth' | 'pinfl' | 'address'>;

/** From this score on a pair is shown to a person; the rule never merges by itself. */
export const possibleDuplicateScore = 0.7;

/** Years by which an estimated birth year may be wrong. */
const estimateYears = 2;

/**
 * How likely two identities are one person: 0 to 1 (DUP-1). The same PINFL is 1, two different PINFLs or two sexes at most
 * 0.3: a wrong digit happens, but two people with alike names happen more. Otherwise names weigh most, then the birth, and
 * the mahalla a little.
 */
export function duplicateScore(left: Identity, right: Identity): number {
  if (left.pinfl !== undefined && left.pinfl === right.pinfl) return 1;
  const names = nameLikeness(left.name, right.name);
  const birth = birthLikeness(left.birth, right.birth);
  const likeness = 0.6 * names + 0.35 * birth + 0.05 * mahallaLikeness(left, right);
  const score = names < 0.5 || birth === 0 ? likeness * 0.5 : likeness;
  const isOtherPinfl = left.pinfl !== undefined && right.pinfl !== undefined;
  return isOtherPinfl || left.sex !== right.sex ? Math.min(score, 0.3) : score;
}

/**
 * Alike in family, given name and, where both have one, patronymic. Given name and family may have changed places; a
 * married woman may have another family name, so the given name and patronymic can carry a pair half-way.
 */
function nameLikeness(left: Identity['name'], right: Identity['name']): number {
  const given = partLikeness(left.given, right.given);
  const family = partLikeness(left.family, right.family);
  // Sisters and brothers share all but the given name.
  const straight = given === 0 ? family / 4 : (family + given) / 2;
  const crossed = (partLikeness(left.family, right.given) + partLikeness(left.given, right.family)) / 2;
  const own = Math.max(straight, crossed - 0.05);
  if (!left.patronymic || !right.patronymic) return own;
  return 0.75 * own + 0.25 * partLikeness(left.patronymic, right.patronymic);
}

/** The best pair of words: 1 for one spelling, less for each folded or wrong letter, 0 from three wrong ones on. */
function partLikeness(left: string, right: string): number {
  let best = 0;
  for (const leftWord of telling(left)) {
    for (const rightWord of telling(right)) best = Math.max(best, wordLikeness(leftWord, rightWord));
  }
  return best;
}

function telling(text: string): readonly string[] {
  const words = splitWords(text)
    .map(foldStrict)
    .filter((word) => word !== '');
  return words.filter((word) => !isPatronymicWord(word)).map(withoutPatronymicEnding);
}

/** "Karimovich" and "Karim oʻgʻli" name one father. */
const withoutPatronymicEnding = (strict: string): string => strict.replace(/(?<=.{3})(o|e)v(ich|na)$/, '');

function wordLikeness(left: string, right: string): number {
  if (left === right) return 1;
  const [looseLeft, looseRight] = [foldLoose(left), foldLoose(right)];
  if (looseLeft === looseRight) return 0.95;
  const most = Math.min(looseLeft.length, looseRight.length) < 6 ? 1 : 2;
  const distance = editDistance(looseLeft, looseRight, most);
  return distance > most ? 0 : 0.95 - 0.2 * distance;
}

type Birth = Identity['birth'];

/** 1 if equal as far as both are known, less if a part was mistyped or estimated, 0 if they cannot be one. */
function birthLikeness(left: Birth, right: Birth): number {
  const [leftYear = 0, leftMonth, leftDay] = left.date.split('-').map(Number);
  const [rightYear = 0, rightMonth, rightDay] = right.date.split('-').map(Number);
  const yearsApart = Math.abs(leftYear - rightYear);
  const isEstimate = left.approximate === true || right.approximate === true;
  if (isEstimate && yearsApart <= estimateYears) return 0.8 - 0.1 * yearsApart;
  if (leftMonth === undefined || rightMonth === undefined) return yearsApart === 0 ? 0.8 : 0;
  if (leftDay === undefined || rightDay === undefined) {
    return yearsApart === 0 && leftMonth === rightMonth ? 0.9 : 0;
  }
  if (left.date === right.date) return 1;
  if (yearsApart === 0 && leftMonth === rightDay && leftDay === rightMonth) return 0.85;
  return editDistance(left.date, right.date, 1) === 1 ? 0.7 : 0;
}

function mahallaLikeness(left: Identity, right: Identity): number {
  const [here, there] = [left.address?.mahalla, right.address?.mahalla];
  if (here === undefined || there === undefined) return 0.5;
  return here === there ? 1 : 0;
}
