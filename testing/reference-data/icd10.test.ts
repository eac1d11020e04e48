import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { codeMeanings } from '#clinic/icd10/code-meanings.ts';
import { parseIcd10, parsePrimaryCare } from '#clinic/icd10/icd10.ts';
import { createIcd10List } from '#clinic/icd10/search.ts';
import { Icd10HitSchema } from '#contracts/bridge/views.ts';

/** The tests run in the folder of the project. */
const read = (name: string) => readFileSync(`clinic/data/${name}`, 'utf8');
const rows = parseIcd10(read('icd10-ru.tsv'));
const primaryCare = parsePrimaryCare(read('icd10-primary-care.tsv'));
const list = createIcd10List(rows, primaryCare);
const codes = (text: string, favourites: readonly string[] = []) =>
  list.search(text, 20, favourites).map((hit) => hit.code);

describe('the shipped classification', () => {
  it('has every code once, with a name in sentence case', () => {
    expect(rows.length).toBeGreaterThan(14_000);
    expect(new Set(rows.map((row) => row.code)).size).toBe(rows.length);
    expect(rows.filter((row) => row.ru === row.ru.toUpperCase() && row.ru.length > 12)).toEqual([]);
  });

  it('names the frequent diagnoses of primary care, all of them codes it has', () => {
    const known = new Set(rows.map((row) => row.code));
    expect(primaryCare.length).toBeGreaterThan(80);
    expect(primaryCare.filter((each) => !known.has(each.code))).toEqual([]);
    expect(new Set(primaryCare.map((each) => each.code)).size).toBe(primaryCare.length);
    for (const each of primaryCare) {
      expect(each['uz-Latn']).not.toMatch(/[а-яўқғҳ'‘’`]/i);
      expect(each['uz-Cyrl']).toMatch(/[а-яўқғҳ]/i);
    }
  });

  it('refuses a damaged file', () => {
    expect(() => parseIcd10('A00\tХолера\tмного')).toThrow();
    expect(() => parseIcd10('A0\tХолера')).toThrow();
    expect(() => parsePrimaryCare('I10\tx\ty')).toThrow();
  });
});

describe('codes as typed', () => {
  it.each([
    ['I10', ['I10']],
    ['i 10', ['I10']],
    ['E119', ['E11.9']],
    ['e11,9', ['E11.9']],
    ['J0', ['J0']],
    ['А09', ['A09', 'F09']],
    ['Е11.9', ['E11.9', 'T11.9']],
    ['И10', ['I10', 'B10']],
    ['грипп', []],
    ['A', []],
    ['12', []],
    ['', []],
  ])('%j', (typed, meanings) => {
    expect(codeMeanings(typed)).toEqual(meanings);
  });
});

describe('searching diagnoses', () => {
  it('finds by the beginning of a code, the category first', () => {
    expect(codes('I11')).toEqual(['I11', 'I11.0', 'I11.9']);
    expect(codes('и10')[0]).toBe('I10');
    expect(codes('е11.9')[0]).toBe('E11.9');
  });

  it.each([
    ['гипертензия эссенц', 'I10'],
    ['эссенц гиперт', 'I10'],
    ['gipertoniya', 'I10'],
    ['гипертония', 'I10'],
    ['hypertension', 'I10'],
    ['bel ogrigi', 'M54.5'],
    ["bel og'rig'i", 'M54.5'],
    ['бел оғриғи', 'M54.5'],
    ['боль внизу спины', 'M54.5'],
    ['low back', 'M54.5'],
    ['zotiljam', 'J18.9'],
    ['pneumonia', 'J18.9'],
    ['qandli diabet 2', 'E11.9'],
    ['кандли диабет', 'E11.9'],
    ['камқонлик', 'D50.9'],
    ['сувчечак', 'B01.9'],
    ['headache', 'R51'],
  ])('%s gives %s first', (typed, code) => {
    expect(codes(typed)[0]).toBe(code);
  });

  it('finds rare codes by words in any order', () => {
    expect(codes('склероз нодулярн лимфома')).toContain('C81.1');
    expect(codes('перелом свода черепа')).toContain('S02.0');
  });

  it('forgives a wrong letter only if nothing else fits', () => {
    expect(codes('гепертензия')).toContain('I10');
    expect(codes('пневмания')).toContain('J18.9');
    expect(codes('wgtzpl')).toEqual([]);
  });

  it('puts favourites first, and gives them and the frequent ones for an empty text', () => {
    expect(codes('', ['M42.9', 'J45.9']).slice(0, 3)).toEqual(['M42.9', 'J45.9', 'I10']);
    expect(codes('', ['Z99.99'])[0]).toBe('I10');
    expect(codes('бронхит', ['J42'])[0]).toBe('J42');
    expect(codes('бронхит')[0]).toBe('J20.9');
  });

  it('keeps to the limit and to the contract', () => {
    const hits = list.search('боль', 7, []);
    expect(hits).toHaveLength(7);
    for (const hit of hits) expect(v.is(Icd10HitSchema, hit)).toBe(true);
    expect(list.byCodes(['I10', 'XXX', 'A00']).map((hit) => hit.code)).toEqual(['I10', 'A00']);
  });

  it('answers at once', () => {
    const start = Date.now();
    for (const typed of ['г', 'ги', 'гип', 'боль в', 'I', 'острый', 'гепертензия']) codes(typed);
    expect((Date.now() - start) / 7).toBeLessThan(100);
  });
});
