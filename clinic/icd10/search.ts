import type { Icd10Hit } from '#contracts/bridge/views.ts';
import { prefixDistance } from '../search/edit-distance.ts';
import { foldStrict, splitWords } from '../search/fold.ts';
import { codeMeanings } from './code-meanings.ts';
import type { Icd10Row, PrimaryCareDiagnosis } from './icd10.ts';
import { createWordIndex, type WordIndex } from './word-index.ts';

/** ICD-10, searchable by code and by words of any of the names. */
export interface Icd10List {
  /**
   * By the beginning of a code, or by beginnings of words in any order, language and script, with misspellings if nothing
   * else fits. `favourites` (codes) come first, then the frequent diagnoses of primary care; an empty text gives just these.
   */
  search(text: string, limit: number, favourites: readonly string[]): readonly Icd10Hit[];
  /** The hits of the known codes among `codes`, in their order. */
  byCodes(codes: readonly string[]): readonly Icd10Hit[];
}

interface Entry {
  readonly hit: Icd10Hit;
  /** Folded words of each name. */
  readonly names: readonly (readonly string[])[];
  /** Place among the frequent diagnoses, or null. */
  readonly frequency: number | null;
}

const maxWords = 6;

/** Folds all names once: about 40 ms for the whole classification. */
export function createIcd10List(
  rows: readonly Icd10Row[],
  primaryCare: readonly PrimaryCareDiagnosis[],
): Icd10List {
  const entries = buildEntries(rows, primaryCare);
  const positionByCode = new Map(entries.map((entry, position) => [entry.hit.code, position]));
  const codes = entries.map((entry) => entry.hit.code);
  const words = createWordIndex(entries.map((entry) => entry.names.flat()));
  const byCodes = (wanted: readonly string[]) =>
    wanted.flatMap((code) => entries[positionByCode.get(code) ?? -1]?.hit ?? []);
  return {
    byCodes,
    search(text, limit, favourites) {
      if (text.trim() === '') {
        const frequent = primaryCare.map((diagnosis) => diagnosis.code);
        return byCodes([...new Set([...favourites, ...frequent])].slice(0, limit));
      }
      const byCode = codeMeanings(text).flatMap((beginning) =>
        codes.filter((code) => code.startsWith(beginning)),
      );
      if (byCode.length > 0) return byCodes(byCode.slice(0, limit));
      return searchWords(text, entries, words, favourites).slice(0, limit);
    },
  };
}

function buildEntries(
  rows: readonly Icd10Row[],
  primaryCare: readonly PrimaryCareDiagnosis[],
): readonly Entry[] {
  const frequentByCode = new Map(
    primaryCare.map((diagnosis, place) => [diagnosis.code, { diagnosis, place }]),
  );
  const fold = rememberingFold();
  return rows.map(({ code, ru }) => {
    const frequent = frequentByCode.get(code);
    const names = frequent === undefined ? { ru } : { ru, ...namesOf(frequent.diagnosis) };
    return {
      hit: { code, names },
      names: Object.values(names).map((name) => splitWords(name).map(fold)),
      frequency: frequent?.place ?? null,
    };
  });
}

function namesOf({ 'uz-Latn': latin, 'uz-Cyrl': cyrillic, en }: PrimaryCareDiagnosis) {
  return { 'uz-Latn': latin, 'uz-Cyrl': cyrillic, en };
}

/** The names share their words: twelve thousand different ones in a hundred thousand. */
function rememberingFold(): (word: string) => string {
  const known = new Map<string, string>();
  return (word) => {
    const folded = known.get(word) ?? foldStrict(word);
    known.set(word, folded);
    return folded;
  };
}

function searchWords(
  text: string,
  entries: readonly Entry[],
  index: WordIndex,
  favourites: readonly string[],
): readonly Icd10Hit[] {
  const typed = splitWords(text)
    .map(foldStrict)
    .filter((word) => word !== '')
    .slice(0, maxWords);
  if (typed.length === 0) return [];
  const exact = index.rowsWithAll(typed.map((word) => index.beginningWith(stemOf(word))));
  const found =
    exact.length > 0 ? exact : index.rowsWithAll(typed.map((word) => index.matching(misspells(word))));
  return found
    .flatMap((row) => entries[row] ?? [])
    .map((entry) => ({ entry, score: scoreOf(entry, typed, favourites) }))
    .sort((left, right) => right.score - left.score || compareText(left.entry.hit.code, right.entry.hit.code))
    .map(({ entry }) => entry.hit);
}

/** Uzbek words end in -k or -q alone and in -gi before an ending: камқонлик, камқонлиги. */
const stemOf = (word: string): string => (word.length > 4 && word.endsWith('k') ? word.slice(0, -1) : word);

/** One wrong letter in words of five and more, two from nine. */
function misspells(word: string): (known: string) => boolean {
  const most = word.length < 5 ? 0 : word.length < 9 ? 1 : 2;
  return (known) => prefixDistance(word, known, most) <= most;
}

/** Favourites before frequent diagnoses before the rest; then names that begin with the words and short names. */
function scoreOf(entry: Entry, typed: readonly string[], favourites: readonly string[]): number {
  const place = favourites.indexOf(entry.hit.code);
  const favourite = place < 0 ? 0 : 8 - place / favourites.length;
  const frequent = entry.frequency === null ? 0 : 4 - entry.frequency / 30;
  const names = entry.names.map((name) => nameScore(name, typed));
  return favourite + frequent + Math.max(...names);
}

function nameScore(name: readonly string[], typed: readonly string[]): number {
  const whole = typed.filter((word) => name.includes(word)).length / typed.length;
  const beginning = name[0]?.startsWith(typed[0] ?? '') === true ? 0.8 : 0;
  return whole + beginning - Math.min(name.length, 40) / 40;
}

const compareText = (left: string, right: string): number => (left < right ? -1 : 1);
