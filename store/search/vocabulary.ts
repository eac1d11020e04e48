import type { Database } from '@signalapp/sqlcipher';
import type { SearchRules } from '#clinic/ports/search-rules.ts';
import { textOf } from './stored-keys.ts';

/** Most known words that one misspelt word may stand for. */
const maxMeanings = 60;
/** Most known words that are compared with a typed one. */
const maxCompared = 20_000;

/** The folded words of all names. */
export interface Vocabulary {
  /** How many patients have a word that begins with `key`. */
  patientsWith(key: string): number;
  /**
   * Known words that a misspelt one may mean. Usually the first letter is right, or left out, or swapped with the second;
   * `everywhere` compares all words.
   */
  meaningsOf(key: string, everywhere: boolean): readonly string[];
}

export function createVocabulary(database: Database, rules: SearchRules): Vocabulary {
  const countRange = database.prepare(
    'SELECT total(patients) FROM patient_search_word WHERE key >= ? AND key < ?',
    { persistent: true, pluck: true },
  );
  const wordsInRange = database.prepare(
    `SELECT key FROM patient_search_word WHERE key >= ? AND key < ? LIMIT ${maxCompared}`,
    { persistent: true, pluck: true },
  );
  const range = (from: string) => wordsInRange.all([from, `${from}~`]).map(textOf);
  return {
    patientsWith: (key) => Number(countRange.get([key, `${key}~`]) ?? 0),
    meaningsOf(key, everywhere) {
      const starts = everywhere ? [''] : [...new Set([key.charAt(0), key.charAt(1)])];
      return starts
        .flatMap(range)
        .filter((known) => rules.mayMean(key, known))
        .slice(0, maxMeanings);
    },
  };
}
