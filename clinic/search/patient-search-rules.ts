import type { PatientBody } from '#contracts/records/patients.ts';
import type {
  NameKey,
  NumberFit,
  PatientFit,
  PatientKeys,
  PatientQuery,
  QueryNumber,
  QueryWord,
  SearchRules,
} from '../ports/search-rules.ts';
import { editDistance, prefixDistance } from './edit-distance.ts';
import { foldLoose, foldStrict, isPatronymicWord, splitWords } from './fold.ts';
import { canBeMatched } from './matching.ts';
import { reversed, understandNumbers } from './number-meanings.ts';

/** Most words and numbers of a typed text that count. */
const maxQueryParts = 6;

/** The rules of docs/specs/search.md. */
export const patientSearchRules: SearchRules = {
  version: 1,
  describe,
  understand,
  mayMean: (typed, known) => {
    const most = tolerance(typed);
    return most > 0 && prefixDistance(typed, known, most) <= most;
  },
  fit,
};

function describe(body: PatientBody): PatientKeys {
  const { family, given, patronymic } = body.name;
  return {
    names: [
      ...keysOf('family', family),
      ...keysOf('given', given),
      ...(patronymic === undefined ? [] : keysOf('patronymic', patronymic)),
    ],
    birth: body.birth.date,
    pinfl: body.pinfl ?? null,
    phone: body.phone?.slice(4) ?? null,
    isVoid: body.voided !== undefined,
  };
}

/** Keys of each word, and of two words written as one ("Abdu Rahmon", "Abdurahmon"). */
function keysOf(part: NameKey['part'], text: string): readonly NameKey[] {
  const words = splitWords(text).filter((word) => !isPatronymicWord(foldStrict(word)));
  const whole = words.length > 1 ? [words.join('')] : [];
  return [...words, ...whole]
    .slice(0, maxQueryParts)
    .map((word) => ({ part, ...foldWord(word) }))
    .filter(hasSound);
}

function foldWord(plain: string): QueryWord {
  const strict = foldStrict(plain);
  return { plain, strict, loose: foldLoose(strict) };
}

/** A letter that stands by itself; apostrophes are not. */
const letter = /[\p{Lu}\p{Ll}\p{Lo}]/u;

const hasSound = (word: QueryWord): boolean => word.loose !== '';

function understand(text: string): PatientQuery {
  const typed = splitWords(text).map(foldWord);
  const heard = typed.filter(hasSound);
  const telling = heard.filter((word) => !isPatronymicWord(word.strict));
  const words = telling.length > 0 ? telling : heard;
  const { numbers, hasMeaningless } = understandNumbers(text);
  return {
    words: words.slice(0, maxQueryParts),
    numbers: numbers.slice(0, maxQueryParts),
    hasLeftOut:
      hasMeaningless ||
      words.length > maxQueryParts ||
      numbers.length > maxQueryParts ||
      typed.some((word) => !hasSound(word) && letter.test(word.plain)),
  };
}

/** How many wrong letters are forgiven (SEA-5): none under four, one under eight, then two. */
const tolerance = (word: string): number => (word.length < 4 ? 0 : word.length < 8 ? 1 : 2);

/** A father's name says less than one's own. */
const weightByPart: Readonly<Record<NameKey['part'], number>> = { family: 1, given: 1, patronymic: 0.85 };

/** Each typed word takes the name that suits it best and that no earlier word took (SEA-6). */
function fit(query: PatientQuery, keys: PatientKeys): PatientFit {
  const free = new Set(keys.names);
  let sum = 0;
  let unmet = 0;
  for (const word of query.words) {
    let best: NameKey | undefined;
    let bestFit = 0;
    for (const name of free) {
      const fits = wordFit(word, name) * weightByPart[name.part];
      if (fits > bestFit) [best, bestFit] = [name, fits];
    }
    if (best === undefined) unmet += 1;
    else free.delete(best);
    sum += bestFit;
  }
  const fits = query.numbers.map((number) => numberFit(number, keys));
  const total = sum + fits.reduce((all, one) => all + one, 0);
  const parts = query.words.length + fits.length;
  const score = parts === 0 ? 0 : (100 * total * (keys.isVoid ? 0.5 : 1)) / parts;
  const meetsAll = score > 0 && !fits.includes(0) && (unmet === 0 || haveNamesOfTheirOwn(query.words, keys));
  return { score, meetsAll };
}

/** An earlier word may have taken the only name that a later one meets ("karim karimov" for Karimov Karimjon). */
const haveNamesOfTheirOwn = (words: readonly QueryWord[], { names }: PatientKeys): boolean =>
  words.length <= names.length && canBeMatched(words, names, (word, name) => wordFit(word, name) > 0);

function wordFit(word: QueryWord, name: NameKey): number {
  if (word.plain === name.plain) return 1;
  if (word.strict === name.strict) return 0.97;
  if (name.plain.startsWith(word.plain)) return 0.9 + 0.05 * shareOf(word.plain, name.plain);
  if (word.loose === name.loose) return 0.9 - 0.02 * editDistance(word.strict, name.strict, 4);
  if (name.strict.startsWith(word.strict)) return 0.85 + 0.05 * shareOf(word.strict, name.strict);
  if (name.loose.startsWith(word.loose)) return 0.7 + 0.1 * shareOf(word.loose, name.loose);
  return misspeltFit(word, name);
}

function numberFit(number: QueryNumber, keys: PatientKeys): number {
  return Math.max(0, ...number.meanings.map((meaning) => meaningFit(meaning, keys)));
}

function meaningFit({ field, beginning }: NumberFit, keys: PatientKeys): number {
  const value = fieldValue(field, keys);
  if (!value.startsWith(beginning)) return 0;
  if (value === beginning) return 1;
  if (field === 'birth') return 0.95;
  return field.endsWith('Reversed') ? 0.85 : 0.8;
}

function fieldValue(field: NumberFit['field'], keys: PatientKeys): string {
  switch (field) {
    case 'birth':
      return keys.birth;
    case 'pinfl':
      return keys.pinfl ?? '';
    case 'pinflReversed':
      return reversed(keys.pinfl ?? '');
    case 'phone':
      return keys.phone ?? '';
    case 'phoneReversed':
      return reversed(keys.phone ?? '');
  }
}

const shareOf = (typed: string, known: string): number => typed.length / known.length;

function misspeltFit(word: QueryWord, name: NameKey): number {
  const most = tolerance(word.loose);
  if (most === 0) return 0;
  const whole = editDistance(word.loose, name.loose, most);
  if (whole <= most) return 0.72 - 0.12 * whole;
  const beginning = prefixDistance(word.loose, name.loose, most);
  return beginning <= most ? 0.58 - 0.12 * beginning : 0;
}
