import { readFileSync } from 'node:fs';
import { parseIcd10, parsePrimaryCare } from '#clinic/icd10/icd10.ts';
import { createIcd10List } from '#clinic/icd10/search.ts';
import { parseDistricts, parseMahallas } from '#clinic/mahallas/mahallas.ts';
import { createMahallaList } from '#clinic/mahallas/search.ts';
import type { ReferenceData } from './reference-data.ts';

/** Named one by one: the desktop shell's bundler finds files by these very expressions. */
const files = {
  icd10: new URL('../clinic/data/icd10-ru.tsv', import.meta.url),
  primaryCare: new URL('../clinic/data/icd10-primary-care.tsv', import.meta.url),
  mahallas: new URL('../clinic/data/mahallas.tsv', import.meta.url),
  districts: new URL('../clinic/data/districts.tsv', import.meta.url),
};

/** Reads and folds the lists that ship with the program (docs/data.md); throws when one is missing or does not fit. */
export function loadReferenceData(): ReferenceData {
  const read = (file: URL) => readFileSync(file, 'utf8');
  const icd10 = createIcd10List(parseIcd10(read(files.icd10)), parsePrimaryCare(read(files.primaryCare)));
  const mahallas = createMahallaList(
    parseMahallas(read(files.mahallas)),
    parseDistricts(read(files.districts)),
  );
  return {
    searchIcd10: icd10.search,
    icd10ByCodes: icd10.byCodes,
    searchMahallas: mahallas.search,
    mahallaName: mahallas.nameOf,
  };
}
