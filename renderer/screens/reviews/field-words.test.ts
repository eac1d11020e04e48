import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { Person } from '#contracts/bridge/views.ts';
import { DaySchema, EntryIdSchema, PersonIdSchema } from '#contracts/ids.ts';
import { type Language, languages } from '#contracts/languages.ts';
import { PatientBodySchema } from '#contracts/records/patients.ts';
import { VisitBodySchema, type VisitEntry } from '#contracts/records/visits.ts';
import { readCatalogue } from '../../locales/read-catalogue.ts';
import { makeI18n } from '../../wording/words.ts';
import { codesIn, describeAuthor, describeValue, type Naming } from './field-words.ts';

const catalogueFiles = import.meta.glob<string>('../../locales/*.po', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const by = v.parse(PersonIdSchema, '0190a000-0000-7000-8000-000000000001');
const id = v.parse(EntryIdSchema, '0190a000-0000-7000-8000-0000000000e1');
const nurse: Person = { id: by, name: 'Yusupova Malika', roles: ['nurse'] };
const at = Date.UTC(2026, 5, 3, 5, 42);

function naming(language: Language): Naming {
  const words = readCatalogue(catalogueFiles[`../../locales/${language}.po`] ?? '');
  const i18n = makeI18n();
  i18n.load(language, Object.fromEntries(words));
  i18n.activate(language);
  return {
    t: (key, values) => i18n._(key, { ...values }),
    language,
    today: v.parse(DaySchema, '2026-06-03'),
    mahallas: { '10012345': 'Guliston' },
    linkedNames: { [id]: 'Karimova Dilnoza' },
    icd10Names: new Map([['I10', 'Essential hypertension']]),
    people: [nurse],
  };
}
const english = naming('en');
const say = (field: string, value: unknown) => describeValue(field, JSON.stringify(value), english);
const entry = { id, at, by };

describe('values of a patient in words', () => {
  it.each([
    [
      'name',
      { family: 'Karimova', given: 'Dilnoza', patronymic: 'Rustam qizi' },
      'Karimova Dilnoza Rustam qizi',
    ],
    ['birth', { date: '1985-03-12' }, '12.03.1985'],
    ['birth', { date: '1985', approximate: true }, 'about 1985'],
    ['pinfl', '41203850421006', '4 120385 042 1006'],
    ['phone', '+998935550101', '+998 93 555 01 01'],
    ['address', { mahalla: '10012345', line: '12-uy' }, '12-uy, Guliston'],
    ['address', { mahalla: '99912345' }, 'mahalla 99912345'],
    ['sex', 'female', 'female'],
    [
      'allergies',
      { ...entry, substance: 'Penitsillin', reaction: 'Toshma', severity: 'severe' },
      'Penitsillin, Toshma, severe',
    ],
    ['problems', { ...entry, icd10: 'I10', note: 'since 2019' }, 'I10 Essential hypertension, since 2019'],
    ['voided', { reason: 'Wrong person', at, by }, 'entered in error: Wrong person'],
    ['replacedBy', { other: id, at, by }, 'joined with Karimova Dilnoza'],
    ['roles', ['nurse', 'doctor'], 'Nurse, Doctor'],
    ['active', false, 'no'],
    ['nonsense', { deep: [{ a: 'one', b: 2 }] }, 'one, 2'],
  ])('%s', (field, value, words) => {
    expect(say(field, value).toLowerCase()).toBe(words.toLowerCase());
  });

  it('says that there is nothing, or that it is too long to be shown', () => {
    expect(describeValue('phone', undefined, english)).toBe('empty');
    expect(describeValue('phone', null, english)).toBe('empty');
    expect(say('notes', { tooLong: 90_000 })).toContain('90000');
    expect(describeValue('phone', '{', english)).toBe('{');
  });
});

describe('entries of a visit in words', () => {
  const entries: readonly (readonly [VisitEntry, RegExp])[] = [
    [
      { ...entry, kind: 'vitals', values: { systolicMmHg: 152, diastolicMmHg: 94, pulsePerMinute: 88 } },
      /152\/94 mmHg · .*88 \/min/,
    ],
    [{ ...entry, kind: 'note', text: 'Headache' }, /^Headache$/],
    [{ ...entry, kind: 'state', state: 'arrived', room: '4' }, /^Patient waiting, Room 4$/],
    [
      { ...entry, kind: 'diagnosis', icd10: 'I10', role: 'main', certainty: 'confirmed' },
      /^I10 Essential hypertension, /,
    ],
    [{ ...entry, kind: 'void', amends: id, reason: 'Typing error' }, /Typing error$/],
  ];
  it.each(entries)('%#', (value, words) => {
    expect(say('entries', value)).toMatch(words);
    expect(describeAuthor(JSON.stringify(value), english)).toBe('Yusupova Malika, 10:42');
  });

  it('names the codes to look up', () => {
    expect(codesIn([JSON.stringify({ icd10: 'I10' }), JSON.stringify({ icd10: 'I10' }), '{', null])).toEqual([
      'I10',
    ]);
  });
});

describe.each(languages)('in %s', (language) => {
  const words = naming(language);
  it('no field is shown as JSON or by the name of a key', () => {
    const samples: Readonly<Record<string, unknown>> = {
      name: { family: 'A', given: 'B' },
      birth: { date: '1985' },
      address: { mahalla: '10012345' },
      consent: { given: true, at, by },
      allergies: { ...entry, substance: 'X', severity: 'mild', enteredInError: true },
      problems: { ...entry, icd10: 'I10' },
      replacedBy: { other: id, at, by },
      voided: { reason: 'r', at, by },
      entries: { ...entry, kind: 'restore', amends: id },
      sex: 'male',
      allergyStatus: 'known',
      urgency: 'urgent',
    };
    const fields = [...Object.keys(PatientBodySchema.entries), ...Object.keys(VisitBodySchema.entries)];
    for (const field of fields) {
      const said = describeValue(field, JSON.stringify(samples[field] ?? 'x'), words);
      expect(said).not.toMatch(/[{}"[\]]|\b[a-z]+\.[a-z]/);
    }
  });
});
