import type { NumberFit, QueryNumber } from '#clinic/ports/search-rules.ts';

/** How one typed word may meet a word of the index. `keys` are misspellings that were looked up before. */
export type WordFit =
  | { readonly kind: 'exact'; readonly key: string }
  | { readonly kind: 'beginning'; readonly key: string }
  | { readonly kind: 'misspelt'; readonly key: string; readonly keys: readonly string[] };

/** SQL and what it binds. */
export interface CandidateQuery {
  readonly sql: string;
  readonly parameters: readonly string[];
}

/** Most patients that one query looks at; the rules rank them afterwards. */
const maxCandidates = 400;

/** Greater than every letter, digit and dash: closes the range of what begins with a text. */
const end = '~';

const columnByField: Readonly<Record<NumberFit['field'], string>> = {
  birth: 'birth',
  pinfl: 'pinfl',
  pinflReversed: 'pinfl_reversed',
  phone: 'phone',
  phoneReversed: 'phone_reversed',
};

const columns = 'p.patient, p.id, p.names, p.birth, p.pinfl, p.phone, p.is_void';

/**
 * Patients that have every word and every number. The first of `words` should be the rarest: the query walks its
 * patients and tests the rest. With a number, the indexes of the numbers are walked instead.
 */
export function candidateQuery(words: readonly WordFit[], numbers: readonly QueryNumber[]): CandidateQuery {
  const [first, ...rest] = words;
  const isByNumber = numbers.length > 0 || first === undefined;
  const tested = isByNumber ? words : rest;
  const conditions = [
    ...(isByNumber || first === undefined ? [] : [wordCondition('d', first)]),
    ...numbers.map(numberCondition),
    ...tested.map(hasWord),
  ];
  const source = isByNumber
    ? 'patient_search p'
    : 'patient_search_name d CROSS JOIN patient_search p ON p.patient = d.patient';
  return {
    sql: `SELECT ${columns} FROM ${source} WHERE ${conditions.map((each) => each.sql).join(' AND ')} LIMIT ${maxCandidates}`,
    parameters: conditions.flatMap((each) => each.parameters),
  };
}

function hasWord(word: WordFit): CandidateQuery {
  const { sql, parameters } = wordCondition('n', word);
  return {
    sql: `EXISTS (SELECT 1 FROM patient_search_name n WHERE n.patient = p.patient AND ${sql})`,
    parameters,
  };
}

function wordCondition(alias: string, word: WordFit): CandidateQuery {
  const range = `${alias}.key >= ? AND ${alias}.key < ?`;
  switch (word.kind) {
    case 'exact':
      return { sql: `${alias}.key = ?`, parameters: [word.key] };
    case 'beginning':
      return { sql: `(${range})`, parameters: [word.key, word.key + end] };
    case 'misspelt':
      return {
        sql: `((${range}) OR ${alias}.key IN (SELECT value FROM json_each(?)))`,
        parameters: [word.key, word.key + end, JSON.stringify(word.keys)],
      };
  }
}

function numberCondition(number: QueryNumber): CandidateQuery {
  const fits = number.meanings.map(({ field, beginning }) => ({
    sql: `(p.${columnByField[field]} >= ? AND p.${columnByField[field]} < ?)`,
    parameters: [beginning, beginning + end],
  }));
  return {
    sql: `(${fits.map((fit) => fit.sql).join(' OR ')})`,
    parameters: fits.flatMap((fit) => fit.parameters),
  };
}
