import * as v from 'valibot';
import { MahallaCodeSchema } from '#contracts/records/patients.ts';
import { parseShippedLines } from '../shipped-lines.ts';

/** A neighbourhood of the national list. */
export interface Mahalla {
  readonly code: string;
  /** In Uzbek Latin, as the list writes it: `Uzumzor MFY`. */
  readonly name: string;
  /** National district code, or null where it could not be inferred (docs/data.md). */
  readonly district: string | null;
}

/** A district or town of the national list. */
export interface District {
  readonly code: string;
  /** In Uzbek Latin: `Gʻijduvon tumani`. */
  readonly name: string;
}

const DistrictCodeSchema = v.pipe(v.string(), v.regex(/^\d{7}$/));
const NameSchema = v.pipe(v.string(), v.minLength(1));

/** Reads clinic/data/mahallas.tsv. Throws on a row that does not fit. */
export function parseMahallas(text: string): readonly Mahalla[] {
  return parseShippedLines(text, 3).map(([code, name, district]) => ({
    code: v.parse(MahallaCodeSchema, code),
    name: v.parse(NameSchema, name),
    district: district === '' ? null : v.parse(DistrictCodeSchema, district),
  }));
}

/** Reads clinic/data/districts.tsv. Throws on a row that does not fit. */
export function parseDistricts(text: string): readonly District[] {
  return parseShippedLines(text, 4).map(([code, name]) => ({
    code: v.parse(DistrictCodeSchema, code),
    name: v.parse(NameSchema, name),
  }));
}
