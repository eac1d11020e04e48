import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { type Mahalla, parseMahallas } from '#clinic/mahallas/mahallas.ts';
import { type Scope, ScopeSchema } from '#contracts/ids.ts';
import type { ReferenceBody } from '#contracts/records/reference.ts';

/** Gʻijduvon in the region of Buxoro: a rural district whose mahallas the national list shows clearly. */
const districtCode = '1706215';

/** A training polyclinic and its catchment. */
export interface TrainingFacility {
  readonly scope: Scope;
  readonly mahallas: readonly Mahalla[];
  readonly body: Extract<ReferenceBody, { kind: 'facility' }>;
}

/** Shares the real mahallas of the district out among `count` training polyclinics, at most 50. */
export function planFacilities(count: number): readonly TrainingFacility[] {
  const mahallas = districtMahallas();
  if (count < 1 || count > 50) throw new RangeError('between 1 and 50 facilities');
  return Array.from({ length: count }, (_none, index) => {
    const own = mahallas.filter((_mahalla, at) => at % count === index);
    return { scope: facilityScope(index), mahallas: own, body: facilityBody(index, own) };
  });
}

/** Scope of the training facility at `index`: TRN000001 and on. */
export const facilityScope = (index: number): Scope =>
  v.parse(ScopeSchema, `TRN${String(index + 1).padStart(6, '0')}`);

function districtMahallas(): readonly Mahalla[] {
  const file = new URL('../../clinic/data/mahallas.tsv', import.meta.url);
  return parseMahallas(readFileSync(file, 'utf8')).filter((mahalla) => mahalla.district === districtCode);
}

function facilityBody(index: number, mahallas: readonly Mahalla[]): TrainingFacility['body'] {
  const number = index + 1;
  return {
    kind: 'facility',
    code: facilityScope(index),
    name: {
      'uz-Latn': `Gʻijduvon tumani ${number}-son oilaviy poliklinikasi`,
      'uz-Cyrl': `Ғиждувон тумани ${number}-сон оилавий поликлиникаси`,
      ru: `Семейная поликлиника № ${number} Гиждуванского района`,
      en: `Family polyclinic No. ${number}, Gijduvan district`,
    },
    district: districtCode,
    mahallas: mahallas.map((mahalla) => mahalla.code),
    isTraining: true,
  };
}
