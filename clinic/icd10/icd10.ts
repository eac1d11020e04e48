import * as v from 'valibot';
import { parseShippedLines } from '../shipped-lines.ts';

/** One code of ICD-10 with its Russian name, which the list always has. */
export interface Icd10Row {
  readonly code: string;
  readonly ru: string;
}

/** A frequent diagnosis of primary care, named in the other languages. */
export interface PrimaryCareDiagnosis {
  readonly code: string;
  readonly 'uz-Latn': string;
  readonly 'uz-Cyrl': string;
  readonly en: string;
}

const CodeSchema = v.pipe(v.string(), v.regex(/^[A-Z]\d\d(\.\d{1,2})?$/));
const NameSchema = v.pipe(v.string(), v.minLength(1));

/** Reads clinic/data/icd10-ru.tsv. Throws on a row that does not fit. */
export function parseIcd10(text: string): readonly Icd10Row[] {
  return parseShippedLines(text, 2).map(([code, ru]) => ({
    code: v.parse(CodeSchema, code),
    ru: v.parse(NameSchema, ru),
  }));
}

/** Reads clinic/data/icd10-primary-care.tsv, most frequent first. Throws on a row that does not fit. */
export function parsePrimaryCare(text: string): readonly PrimaryCareDiagnosis[] {
  return parseShippedLines(text, 4).map(([code, latin, cyrillic, english]) => ({
    code: v.parse(CodeSchema, code),
    'uz-Latn': v.parse(NameSchema, latin),
    'uz-Cyrl': v.parse(NameSchema, cyrillic),
    en: v.parse(NameSchema, english),
  }));
}
