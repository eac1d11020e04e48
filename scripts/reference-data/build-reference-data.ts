/**
 * Makes the reference files that ship (clinic/data, testing/district/data) from their sources. Run it when a source
 * changes, and commit the output; docs/data.md says where the sources come from:
 *
 *   node scripts/node24.mjs scripts/reference-data/build-reference-data.ts <folder with icd10/, names/, terminology/>
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, exit } from 'node:process';
import * as v from 'valibot';
import { normalizeApostrophes } from '#clinic/identity/names.ts';
import { type CodedName, inferDistricts } from './mahalla-districts.ts';

const root = join(import.meta.dirname, '..', '..');
const CodeSystemSchema = v.object({
  concept: v.array(
    v.object({
      code: v.string(),
      display: v.string(),
      designation: v.optional(v.array(v.object({ language: v.string(), value: v.string() }))),
    }),
  ),
});
const NamesSchema = v.object({
  f: v.object({ female: v.array(v.string()), male: v.array(v.string()) }),
  l: v.object({ generic: v.array(v.string()), female: v.array(v.string()), male: v.array(v.string()) }),
});

function main(): void {
  const source = argv[2];
  if (source === undefined) {
    console.error('usage: build-reference-data.ts <source folder>');
    exit(2);
  }
  mkdirSync(join(root, 'clinic/data'), { recursive: true });
  mkdirSync(join(root, 'testing/district/data'), { recursive: true });
  buildIcd10(source);
  buildPlaces(source);
  buildNames(source);
}

function buildIcd10(source: string): void {
  const rows = parseSemicolons(readFileSync(join(source, 'icd10/mkb10_nsi_2.27.csv'), 'utf8'));
  const lines = rows
    .map((row) => ({ code: row[2] ?? '', name: row[3] ?? '', actual: row[6] ?? '' }))
    .filter(({ code, actual }) => /^[A-Z]\d\d(\.\d{1,2})?$/.test(code) && actual === '1')
    .sort((left, right) => (left.code < right.code ? -1 : 1))
    .map(({ code, name }) => `${code}\t${name}`);
  write('clinic/data/icd10-ru.tsv', lines, [
    'ICD-10 in Russian. Source: register 1.2.643.5.1.13.13.11.1005 version 2.27 of the Russian Ministry of Health (NSI).',
    'code, name in Russian',
  ]);
}

function buildPlaces(source: string): void {
  const mahallas = readCodes(source, 'CodeSystem-mahalla-cs.json');
  const settlements = readCodes(source, 'CodeSystem-regions-soato-3305-2025-07.json');
  const districtByGroup = inferDistricts(mahallas, settlements);
  const origin =
    'Source: national FHIR guide of Uzbekistan (uzinfocom-org/digital-health-ig), CC BY 4.0; adapted.';
  write(
    'clinic/data/mahallas.tsv',
    [...mahallas]
      .sort((left, right) => (left.code < right.code ? -1 : 1))
      .map(({ code, name }) => `${code}\t${name}\t${districtByGroup.get(code.slice(0, 4)) ?? ''}`),
    [origin, 'code, name, district (inferred, may be empty)'],
  );
  write('clinic/data/districts.tsv', districtLines(source), [
    origin,
    'code, name in Uzbek, in Russian, in English',
  ]);
}

function readCodes(source: string, file: string): readonly CodedName[] {
  return readConcepts(source, file).map(({ code, display }) => ({
    code,
    name: normalizeApostrophes(display.normalize('NFC')).replace(/\s+/g, ' ').trim(),
  }));
}

function readConcepts(source: string, file: string) {
  const text = readFileSync(join(source, 'terminology', file), 'utf8');
  return v.parse(CodeSystemSchema, JSON.parse(text)).concept;
}

function districtLines(source: string): readonly string[] {
  return readConcepts(source, 'CodeSystem-regions-cs.json')
    .map(({ code, display, designation = [] }) => {
      const inLanguage = (language: string) =>
        designation.find((each) => each.language === language)?.value ?? display;
      return [code, normalizeApostrophes(display), inLanguage('ru'), inLanguage('en')].join('\t');
    })
    .sort();
}

function buildNames(source: string): void {
  const names = v.parse(
    NamesSchema,
    JSON.parse(readFileSync(join(source, 'names/names_faker_uz.json'), 'utf8')),
  );
  const origin = 'Source: @faker-js/faker, locale uz_UZ_latin. MIT License, Copyright (c) 2022-2023 Faker.';
  const clean = (list: readonly string[]) => list.map((name) => normalizeApostrophes(name.normalize('NFC')));
  const lists = {
    origin,
    given: { female: clean(names.f.female), male: clean(names.f.male) },
    family: { female: clean(names.l.female), male: clean([...names.l.male, ...names.l.generic]) },
  };
  writeFileSync(join(root, 'testing/district/data/names.json'), `${JSON.stringify(lists, null, 1)}\n`);
}

function write(path: string, lines: readonly string[], header: readonly string[]): void {
  const text = [...header.map((line) => `# ${line}`), ...lines].join('\n');
  writeFileSync(join(root, path), `${text}\n`);
  console.log(`${path}: ${lines.length} rows`);
}

/** Rows of `;`-separated values with `"` quotes, doubled inside. */
function parseSemicolons(text: string): readonly (readonly string[])[] {
  return text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) =>
      [...line.matchAll(/(?:^|;)(?:"((?:[^"]|"")*)"|([^;]*))/g)].map(
        (match) => match[1]?.replaceAll('""', '"') ?? match[2] ?? '',
      ),
    );
}

main();
