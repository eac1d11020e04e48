import { Database } from '@signalapp/sqlcipher';
import * as v from 'valibot';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Replica } from '#clinic/ports/replica.ts';
import { patientSearchRules } from '#clinic/search/patient-search-rules.ts';
import { PersonIdSchema, type RecordId, RecordIdSchema } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import { createPatientIndex } from '#store/search/patient-index.ts';
import { possibleDuplicates } from './possible-duplicates.ts';

const born = { date: '1985-03-12' };
const body = (family: string, given: string, more: Partial<PatientBody> = {}): PatientBody => ({
  name: { family, given },
  sex: 'female',
  birth: born,
  allergyStatus: 'not-recorded',
  allergies: [],
  problems: [],
  ...more,
});

const people: Readonly<Record<string, PatientBody>> = {
  cyrillic: body('Жўраева', 'Шаҳло'),
  sister: body('Joʻrayeva', 'Nilufar', { birth: { date: '1988-01-05' } }),
  holder: body('Toshmatova', 'Lola', { pinfl: '41203851234563', birth: { date: '1990-07-01' } }),
  voided: body('Joʻrayeva', 'Shahlo', {
    voided: { reason: 'x', at: 1, by: v.parse(PersonIdSchema, '018f0000-0000-7000-8000-000000000001') },
  }),
};
const idOf = (name: string): RecordId =>
  v.parse(
    RecordIdSchema,
    `018f0000-0000-7000-8000-${String(Object.keys(people).indexOf(name) + 1).padStart(12, '0')}`,
  );

let database: Database;
let replica: Pick<Replica, 'searchPatients' | 'get'>;

beforeEach(() => {
  database = new Database(':memory:');
  const index = createPatientIndex(patientSearchRules)(database);
  for (const [name, person] of Object.entries(people)) index.put(idOf(name), person);
  const get = (_collection: string, id: RecordId) => {
    const found = Object.keys(people).find((name) => idOf(name) === id);
    return found === undefined ? undefined : { body: people[found] };
  };
  replica = { searchPatients: (text, limit) => index.search(text, limit), get: get as Replica['get'] };
});

afterEach(() => database.close());

const found = (described: Parameters<typeof possibleDuplicates>[1]) =>
  possibleDuplicates(replica, described).map(({ id }) => id);
const shahlo = { name: { family: 'Joʻrayeva', given: 'Shahlo' }, sex: 'female', birth: born } as const;

test('finds the same person in another script, and neither her sister nor a void record', () => {
  expect(found(shahlo)[0]).toBe(idOf('cyrillic'));
  expect(found(shahlo)).not.toContain(idOf('sister'));
  expect(found(shahlo)).not.toContain(idOf('voided'));
});

test('finds the holder of the PINFL first, whatever the name', () => {
  expect(found({ ...shahlo, pinfl: '41203851234563' })[0]).toBe(idOf('holder'));
});

test('finds nobody for a stranger', () => {
  expect(
    found({ ...shahlo, name: { family: 'Mirzayeva', given: 'Dilnoza' }, birth: { date: '1971-11-30' } }),
  ).toEqual([]);
});
