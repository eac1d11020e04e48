import type { Database, Statement } from '@signalapp/sqlcipher';
import * as v from 'valibot';
import type { PatientHit } from '#clinic/ports/replica.ts';
import type {
  PatientFit,
  PatientKeys,
  PatientQuery,
  QueryNumber,
  QueryWord,
  SearchRules,
} from '#clinic/ports/search-rules.ts';
import { RecordIdSchema } from '#contracts/ids.ts';
import type { PatientIndexFactory } from '../patient-index-port.ts';
import { translatingFailures } from '../sqlcipher/failure.ts';
import { candidateQuery, type WordFit } from './candidate-query.ts';
import { prepareTables } from './index-tables.ts';
import { createIndexRemover, createIndexWriter } from './index-writer.ts';
import { readKeys, textOf } from './stored-keys.ts';
import { createVocabulary, type Vocabulary } from './vocabulary.ts';

/** With fewer than this many good hits, misspellings are looked for as well. */
const fewHits = 8;

/** Makes the patient index on an open database by `rules` (docs/specs/search.md). */
export function createPatientIndex(rules: SearchRules): PatientIndexFactory {
  return (database) => {
    translatingFailures(() => prepareTables(database, rules.version));
    const write = createIndexWriter(database, rules);
    const remove = createIndexRemover(database);
    const vocabulary = createVocabulary(database, rules);
    const select = createSelector(database);
    return {
      put: (id, body) => translatingFailures(() => write(id, body)),
      remove: (id) => translatingFailures(() => remove(id)),
      isEmpty: () =>
        translatingFailures(
          () => database.prepare('SELECT 1 FROM patient_search LIMIT 1').get() === undefined,
        ),
      search: (text, limit) =>
        translatingFailures(() => {
          const query = rules.understand(text);
          return rank(findCandidates(query, rules, vocabulary, select), query, limit);
        }),
    };
  };
}

interface Candidate {
  readonly id: string;
  /** Read only where they are wanted: most candidates of a wider look are known from a narrower one. */
  readonly keys: () => PatientKeys;
}
interface Judged extends PatientFit {
  readonly id: string;
  readonly name: string;
}
type Found = readonly Judged[];
type Select = (words: readonly WordFit[], numbers: readonly QueryNumber[]) => readonly Candidate[];

/** Most statements kept prepared; a text has at most six words and numbers, so few shapes are ever used. */
const maxStatements = 64;

function createSelector(database: Database): Select {
  const statementsBySql = new Map<string, Statement>();
  const prepare = (sql: string): Statement => {
    const kept = statementsBySql.get(sql);
    if (kept !== undefined) return kept;
    const [oldest] = statementsBySql;
    if (oldest !== undefined && statementsBySql.size >= maxStatements) {
      oldest[1].close();
      statementsBySql.delete(oldest[0]);
    }
    const statement = database.prepare(sql, { persistent: true });
    statementsBySql.set(sql, statement);
    return statement;
  };
  return (words, numbers) => {
    const { sql, parameters } = candidateQuery(words, numbers);
    return prepare(sql)
      .all(parameters)
      .map((row) => ({ id: textOf(row.id), keys: () => readKeys(row) }));
  };
}

/**
 * From the narrow to the wide (SEA-4, SEA-5): every word whole, every word as a beginning, misspellings, and only if
 * nobody fits every word, all words but one. It stops as soon as there are enough who fit all.
 */
function findCandidates(
  query: PatientQuery,
  rules: SearchRules,
  vocabulary: Vocabulary,
  select: Select,
): Found {
  const gathered = gathering(query, rules, select);
  const words = rarestFirst(query.words, vocabulary);
  gathered.look(words.map((word) => ({ kind: 'exact', key: word.loose })));
  if (words.length === 0) return gathered.found();
  gathered.look(words.map((word) => ({ kind: 'beginning', key: word.loose })));
  if (gathered.whole() >= fewHits) return gathered.found();
  const near = words.map((word) => misspeltFit(word, vocabulary, false));
  gathered.look(near);
  if (gathered.whole() > 0) return gathered.found();
  const far = words.map((word) => misspeltFit(word, vocabulary, true));
  // Short words have no misspellings: the same question need not be asked again.
  if (far.some((word, at) => word.keys.length > (near[at]?.keys.length ?? 0))) gathered.look(far);
  for (const misspelt of [near, far]) {
    if (gathered.found().length > 0 || words.length === 1) break;
    for (const left of misspelt) gathered.look(misspelt.filter((word) => word !== left));
  }
  return gathered.found();
}

/** Candidates of several looks, each judged once. */
function gathering(query: PatientQuery, rules: SearchRules, select: Select) {
  const judgedById = new Map<string, Judged>();
  let whole = 0;
  return {
    look: (words: readonly WordFit[]): void => {
      if (words.length === 0 && query.numbers.length === 0) return;
      for (const { id, keys } of select(words, query.numbers)) {
        if (judgedById.has(id)) continue;
        const read = keys();
        const fit = rules.fit(query, read);
        judgedById.set(id, { ...fit, id, name: read.names[0]?.plain ?? '' });
        if (fit.meetsAll) whole += 1;
      }
    },
    /** How many fit every word and number. */
    whole: () => whole,
    found: (): Found => [...judgedById.values()],
  };
}

type Misspelt = Extract<WordFit, { kind: 'misspelt' }>;

function misspeltFit(word: QueryWord, vocabulary: Vocabulary, everywhere: boolean): Misspelt {
  return { kind: 'misspelt', key: word.loose, keys: vocabulary.meaningsOf(word.loose, everywhere) };
}

function rarestFirst(words: readonly QueryWord[], vocabulary: Vocabulary): readonly QueryWord[] {
  if (words.length < 2) return words;
  return words
    .map((word) => ({ word, patients: vocabulary.patientsWith(word.loose) }))
    .sort((left, right) => left.patients - right.patients)
    .map(({ word }) => word);
}

/** Who fits all comes before everybody else, whatever the scores say (SEA-10). */
function rank(found: Found, query: PatientQuery, limit: number): readonly PatientHit[] {
  return found
    .filter((each) => each.score > 0)
    .sort(
      (left, right) =>
        Number(right.meetsAll) - Number(left.meetsAll) ||
        right.score - left.score ||
        compare(left.name, right.name) ||
        compare(left.id, right.id),
    )
    .slice(0, limit)
    .map(({ id, score, meetsAll }) => ({
      id: v.parse(RecordIdSchema, id),
      score,
      matchesAll: meetsAll && !query.hasLeftOut,
    }));
}

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
