import * as v from 'valibot';
import { MahallaCodeSchema } from '#contracts/records/patients.ts';

/** A neighbourhood of the national list. */
export interface Mahalla {
  readonly code: string;
  /** In Uzbek Latin, as the list writes it: `Uzumzor MFY`. */
  readonly name: string;
  /** National district code, or null where it could not be inferred. */
  readonly district: string | null;
}

const DistrictCodeSchema = v.pipe(v.string(), v.regex(/^\d{7}$/));

/**
 * Reads the shipped list (clinic/data/mahallas.tsv): code, name, district, separated by tabs; `#` begins a remark. Throws
 * on a line that does not fit, because the file ships with the program.
 */
export function parseMahallas(text: string): readonly Mahalla[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [code, name, district] = line.split('\t');
      return {
        code: v.parse(MahallaCodeSchema, code),
        name: v.parse(v.pipe(v.string(), v.minLength(1)), name),
        district: district === '' ? null : v.parse(DistrictCodeSchema, district),
      };
    });
}
