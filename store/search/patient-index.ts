import type { Database, Statement } from '@signalapp/sqlcipher';
import * as v from 'valibot';
import type { PatientHit } from '#clinic/ports/replica.ts';
import type {
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
          const found = findCandidates(query, vocabulary, select);
          return rank(rules, query, found, limit);
        }),
    };
  };
}

interface Candidate {
  readonly id: string;
  readonly keys: PatientKeys;
}
type Found = ReadonlyMap<string, Candidate>;
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
      .map((row) => ({ id: textOf(row.id), keys: readKeys(row) }));
  };
}

/**
 * From the narrow to the wide (SEA-4, SEA-5): every word whole, every word as a beginning, misspellings, and at last all
 * words but one. It stops as soon as there are enough.
 */
function findCandidates(query: PatientQuery, vocabulary: Vocabulary, select: Select): Found {
  const found = new Map<string, Candidate>();
  const look = (words: readonly WordFit[]) => {
    if (words.length === 0 && query.numbers.length === 0) return;
    for (const candidate of select(words, query.numbers)) found.set(candidate.id, candidate);
  };
  const words = rarestFirst(query.words, vocabulary);
  look(words.map((word) => ({ kind: 'exact', key: word.loose })));
  if (words.length > 0) look(words.map((word) => ({ kind: 'beginning', key: word.loose })));
  for (const everywhere of [false, true]) {
    if (found.size >= (everywhere ? 1 : fewHits) || words.length === 0) return found;
    const misspelt = words.map((word) => misspeltFit(word, vocabulary, everywhere));
    look(misspelt);
    if (found.size === 0 && misspelt.length > 1) {
      for (const left of misspelt) look(misspelt.filter((word) => word !== left));
    }
  }
  return found;
}

function misspeltFit(word: QueryWord, vocabulary: Vocabulary, everywhere: boolean): WordFit {
  return { kind: 'misspelt', key: word.loose, keys: vocabulary.meaningsOf(word.loose, everywhere) };
}

function rarestFirst(words: readonly QueryWord[], vocabulary: Vocabulary): readonly QueryWord[] {
  if (words.length < 2) return words;
  return words
    .map((word) => ({ word, patients: vocabulary.patientsWith(word.loose) }))
    .sort((left, right) => left.patients - right.patients)
    .map(({ word }) => word);
}

function rank(rules: SearchRules, query: PatientQuery, found: Found, limit: number): readonly PatientHit[] {
  return [...found.values()]
    .map(({ id, keys }) => ({ id, score: rules.score(query, keys), name: keys.names[0]?.plain ?? '' }))
    .filter((hit) => hit.score > 0)
    .sort(
      (left, right) =>
        right.score - left.score || compare(left.name, right.name) || compare(left.id, right.id),
    )
    .slice(0, limit)
    .map(({ id, score }) => ({ id: v.parse(RecordIdSchema, id), score }));
}

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
