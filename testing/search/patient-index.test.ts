import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '@signalapp/sqlcipher';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SearchRules } from '#clinic/ports/search-rules.ts';
import { goldenSpellings } from '#clinic/search/golden-spellings.ts';
import { patientSearchRules } from '#clinic/search/patient-search-rules.ts';
import { PersonIdSchema, type RecordId, RecordIdSchema } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import type { PatientIndex } from '#store/patient-index-port.ts';
import { createPatientIndex } from '#store/search/patient-index.ts';

let folder: string;
let database: Database;
let index: PatientIndex;
const key = randomBytes(32).toString('hex');

function open(rules: SearchRules = patientSearchRules): void {
  database = new Database(join(folder, 'index.db'));
  database.pragma(`key = "x'${key}'"`);
  database.pragma('journal_mode = WAL');
  index = createPatientIndex(rules)(database);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hamshira-index-'));
  open();
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

const idOf = (number: number): RecordId =>
  v.parse(RecordIdSchema, `0190a000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`);

function body(name: string, more: Partial<PatientBody> = {}): PatientBody {
  const [family = '', given = '', ...patronymic] = name.split(' ');
  return {
    name: { family, given, patronymic: patronymic.join(' ') },
    sex: 'female',
    birth: { date: '1985-03-12' },
    allergyStatus: 'not-recorded',
    allergies: [],
    problems: [],
    ...more,
  };
}

/** Puts people and gives back how to ask for their places by name. */
function put(...people: readonly PatientBody[]) {
  for (const [number, person] of people.entries()) index.put(idOf(number), person);
  return (text: string, limit = 10) =>
    index.search(text, limit).map((hit) => people.findIndex((_one, at) => idOf(at) === hit.id));
}

const crowd = [
  body('Joʻrayeva Shahlo Karimovna', { phone: '+998901234567', pinfl: '41203851234563' }),
  body('Қодиров Ҳасан Алиевич', { sex: 'male', birth: { date: '1960' } }),
  body('Юлдашев Иркин', { sex: 'male', birth: { date: '1985-12-03' } }),
  body('Ergasheva Oygul Anvar qizi', { birth: { date: '2001-02' } }),
  body('Гасанова Гульчехра Каримовна', { birth: { date: '1985-07-01' } }),
  body('Karimov Anvar', { sex: 'male' }),
];

describe('finding patients (SEA-1)', () => {
  it.each([
    ['Joʻrayeva Shahlo', 0],
    ["jo'rayeva shaxlo", 0],
    ['Жўраева Шаҳло', 0],
    ['Джураева Шахла', 0],
    ['Juraeva Shakhlo', 0],
    ['shahlo jur', 0],
    ['Hasan Qodirov', 1],
    ['Кадыров Гасан', 1],
    ["Yo'ldoshev Erkin", 2],
    ['Yuldashev', 2],
    ['Эргашева', 3],
    ['Иргашева Айгуль', 3],
    ['Hasanova Gulchehra', 4],
    ['41203851234563', 0],
    ['4120385', 0],
    ['234563', 0],
    ['90 123 45 67', 0],
    ['+998901234567', 0],
    ['4567', 0],
    ['1960', 1],
    ['02.2001', 3],
    ['karimovna 1985 gul', 4],
    ['3.12.85', 2],
    ['Jorayva Shahlo', 0],
    ['Shalho', 0],
    ['Zhoraeva Shahlo', 0],
    ['Xrgasheva', 3],
    ['Shahlo Jurayeva Nazarovna', 0],
  ])('%s', (text, place) => {
    expect(put(...crowd)(text)[0]).toBe(place);
  });

  it('finds while a word is being typed, letter by letter', () => {
    const find = put(...crowd);
    for (const text of ['Joʻrayeva Shahlo', 'Yuldashev Erkin', 'Ergasheva Oygul']) {
      const place = find(text)[0];
      for (let length = 1; length <= text.length; length += 1)
        expect(find(text.slice(0, length))).toContain(place);
    }
  });

  it('finds nothing for nothing, for nonsense, and for half a condition', () => {
    const find = put(...crowd);
    expect(find('')).toEqual([]);
    expect(find('  - ')).toEqual([]);
    expect(find('Wxyzt')).toEqual([]);
    expect(find('Shahlo 1961')).toEqual([]);
    expect(find("%' OR 1=1 --")).toEqual([]);
  });

  it('keeps to the limit, best first', () => {
    const find = put(body('Karimova Lola'), body('Karimov Lola'), body('Karimjonova Lola'));
    expect(find('Karimov', 2)).toEqual([1, 0]);
    const hits = index.search('Karimov', 10);
    expect(hits.map((hit) => hit.score)).toEqual(
      hits.map((hit) => hit.score).sort((left, right) => right - left),
    );
  });

  it('finds every spelling of the golden table by every other, before other names', () => {
    const spellings = goldenSpellings.map((line) => [...new Set(line.split(' '))]);
    put(...spellings.map(([first]) => body(`${first} Zzz`)));
    let [found, first, asked] = [0, 0, 0];
    for (const [number, [, ...others]] of spellings.entries()) {
      for (const other of others) {
        const hits = index.search(other, 10).map((hit) => hit.id);
        asked += 1;
        if (hits.includes(idOf(number))) found += 1;
        if (hits[0] === idOf(number)) first += 1;
      }
    }
    expect(asked).toBeGreaterThan(150);
    expect(found / asked).toBe(1);
    expect(first / asked).toBeGreaterThan(0.98);
  });
});

describe('who fits only some of the words (SEA-10)', () => {
  const people = [
    body('МАРДОНОВА Гулчехра'),
    body('Karimova Nodira'),
    body('Karimova Karima'),
    body('Ergasheva Oygul'),
    body('Yusupova Oygul'),
  ];
  const told = (text: string, limit = 10) => {
    put(...people);
    return index
      .search(text, limit)
      .map((hit) => [people.findIndex((_one, at) => idOf(at) === hit.id), hit.matchesAll]);
  };

  it('is told as not fitting all', () => {
    expect(told("o'rinboyeva gulch")).toEqual([[0, false]]);
    expect(told('gulch mardonova')).toEqual([[0, true]]);
  });

  it('comes after who fits all, whatever the scores, also where few are asked for', () => {
    expect(told('Karimova Karima')).toEqual([
      [2, true],
      [1, false],
    ]);
    const voided = { reason: 'twice', at: 1, by: v.parse(PersonIdSchema, idOf(1)) };
    index.put(idOf(2), body('Karimova Karima', { voided }));
    const [best, next] = index.search('Karimova Karimk', 10);
    expect(best).toMatchObject({ id: idOf(2), matchesAll: true });
    expect(next).toMatchObject({ id: idOf(1), matchesAll: false });
    expect(next?.score).toBeGreaterThan(best?.score ?? 100);
    expect(index.search('Karimova Karimk', 1)).toEqual([best]);
  });

  it('is looked for only when nobody fits all with any misspelling', () => {
    expect(told('Xrgasheva Oygul')).toEqual([[3, true]]);
  });

  it('is everybody where something typed could not be looked for', () => {
    expect(told('Mardonova 12')).toEqual([[0, false]]);
    expect(told('Mardonova 王')).toEqual([[0, false]]);
  });
});

describe('keeping the index', () => {
  it('replaces what it said of a patient', () => {
    const find = put(...crowd);
    index.put(idOf(0), body('Aliyeva Shahlo', { phone: '+998907654321' }));
    expect(find('Joʻrayeva')).toEqual([]);
    expect(find('901234567')).toEqual([]);
    expect(find('Aliyeva')[0]).toBe(0);
    expect(find('907654321')).toEqual([0]);
    expect(find('Karimov')).not.toContain(0);
  });

  it('counts words rightly when they come and go', () => {
    put(body('Karimov Anvar'), body('Karimov Lola'));
    index.put(idOf(0), body('Aliyev Anvar'));
    index.put(idOf(0), body('Karimov Anvar'));
    index.put(idOf(1), body('Aliyev Lola'));
    const words = database.prepare('SELECT key, patients FROM patient_search_word ORDER BY key').all();
    expect(words).toEqual(['aliev', 'anvar', 'karimav', 'lala'].map((word) => ({ key: word, patients: 1 })));
  });

  it('forgets a patient, and words that nobody else has', () => {
    const find = put(body('Karimov Anvar'), body('Karimov Lola', { phone: '+998901234567' }));
    index.remove(idOf(1));
    index.remove(idOf(7));
    expect(find('Karimov')).toEqual([0]);
    expect(find('1234567')).toEqual([]);
    const words = database.prepare('SELECT key, patients FROM patient_search_word ORDER BY key').all();
    expect(words).toEqual(['anvar', 'karimav'].map((word) => ({ key: word, patients: 1 })));
    index.remove(idOf(0));
    expect(index.isEmpty()).toBe(true);
  });

  it('belongs to the transaction of its caller', () => {
    const find = put(...crowd);
    database.exec('BEGIN');
    index.put(idOf(9), body('Nazarova Lola'));
    database.exec('ROLLBACK');
    expect(find('Nazarova')).toEqual([]);
  });

  it('is there after opening again, and empty under other rules', () => {
    put(...crowd);
    database.close();
    open();
    expect(index.search('Joʻrayeva', 5)).toHaveLength(1);
    database.close();
    open({ ...patientSearchRules, version: patientSearchRules.version + 1 });
    expect(index.search('Joʻrayeva', 5)).toEqual([]);
    index.put(idOf(0), body('Joʻrayeva Shahlo'));
    expect(index.search('Joʻrayeva', 5)).toHaveLength(1);
  });

  it('puts void records last', () => {
    const voided = { reason: 'twice', at: 1, by: v.parse(PersonIdSchema, idOf(1)) };
    expect(put(body('Karimov Anvar', { voided }), body('Karimov Anvar'))('Karimov')).toEqual([1, 0]);
  });

  it('leaves no name in the file', () => {
    put(...crowd);
    database.pragma('wal_checkpoint(TRUNCATE)');
    const bytes = readFileSync(join(folder, 'index.db')).toString('latin1');
    expect(bytes.length).toBeGreaterThan(4096);
    expect(bytes).not.toContain('shahlo');
    expect(bytes).not.toContain('1234567');
  });
});
