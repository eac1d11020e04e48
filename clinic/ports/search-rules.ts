import type { PatientBody } from '#contracts/records/patients.ts';

/** One word of a name, folded three ways. Any two spellings that meet in `loose` may be the same name. */
export interface NameKey {
  readonly part: 'family' | 'given' | 'patronymic';
  /** Lower case, script kept. */
  readonly plain: string;
  /** Script, apostrophes and safe merges folded (SEA-2). ASCII letters. */
  readonly strict: string;
  /** The forgiving merges too (SEA-3). ASCII letters. */
  readonly loose: string;
}

/** What the search index keeps of a patient. */
export interface PatientKeys {
  readonly names: readonly NameKey[];
  /** `YYYY`, `YYYY-MM` or `YYYY-MM-DD` */
  readonly birth: string;
  readonly pinfl: string | null;
  /** The nine digits after +998. */
  readonly phone: string | null;
  readonly isVoid: boolean;
}

/** One typed word. */
export interface QueryWord {
  readonly plain: string;
  readonly strict: string;
  readonly loose: string;
}

/** A column of the index and what it must begin with. */
export interface NumberFit {
  readonly field: 'birth' | 'pinfl' | 'pinflReversed' | 'phone' | 'phoneReversed';
  readonly beginning: string;
}

/** A typed number and all it may mean; one meaning must fit. */
export interface QueryNumber {
  readonly meanings: readonly NumberFit[];
}

/** A typed text, understood. Without words and numbers it asks for nothing. */
export interface PatientQuery {
  readonly words: readonly QueryWord[];
  readonly numbers: readonly QueryNumber[];
  /** Something was typed that is not looked for: more than six words or numbers, digits that mean nothing, a strange script. */
  readonly hasLeftOut: boolean;
}

/** How a patient fits a query. */
export interface PatientFit {
  /** 0 to 100; only comparable within one query. */
  readonly score: number;
  /** Every word meets a name of its own, and every number fits (SEA-10). */
  readonly meetsAll: boolean;
}

/** How patients are found: the rules of docs/specs/search.md, apart from where the index is kept. */
export interface SearchRules {
  /** Changes whenever `describe` does: an index made under another version must be built again. */
  readonly version: number;
  describe(body: PatientBody): PatientKeys;
  understand(text: string): PatientQuery;
  /** Whether the typed word `typed` may be a misspelling of `known` or of its beginning; both loose. */
  mayMean(typed: string, known: string): boolean;
  fit(query: PatientQuery, keys: PatientKeys): PatientFit;
}
