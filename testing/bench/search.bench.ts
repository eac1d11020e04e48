import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '@signalapp/sqlcipher';
import * as v from 'valibot';
import { patientSearchRules } from '#clinic/search/patient-search-rules.ts';
import { toCyrillic, toLatin, toRussian } from '#clinic/transliteration.ts';
import { DaySchema } from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import type { PatientIndex } from '#store/patient-index-port.ts';
import { createPatientIndex } from '#store/search/patient-index.ts';
import { generateDistrict } from '../district/generate-district.ts';
import { createSeededRandom, type SeededRandom } from '../district/seeded-random.ts';

const patientCount = 20_000;
const searchCount = 400;
/** A search finds its patient if it is among this many first hits. */
const shown = 10;

type Patient = RecordOf<'patients'>;
type Report = (name: string, value: number, unit: string) => void;

/**
 * Fills the index of a real encrypted database with a synthetic district of 20,000 patients and types searches letter by
 * letter, each as a nurse might spell the patient's name, or by a number of the patient's.
 */
export async function run(report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hamshira-search-'));
  const database = new Database(join(folder, 'search.db'));
  try {
    encrypt(database);
    const index = createPatientIndex(patientSearchRules)(database);
    const patients = districtPatients();
    report('search.index.per_second', fill(database, index, patients), 'patients/s');
    typeSearches(index, patients, report);
  } finally {
    database.close();
    rmSync(folder, { recursive: true });
  }
}

function encrypt(database: Database): void {
  database.pragma(`key = "x'${randomBytes(32).toString('hex')}'"`);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
}

function districtPatients(): readonly Patient[] {
  const today = v.parse(DaySchema, '2026-06-03');
  const patients: Patient[] = [];
  for (const each of generateDistrict({ seed: 20, patients: patientCount, facilities: 4, years: 0, today })) {
    if (each.collection === 'patients') patients.push(each.record);
  }
  return patients;
}

/** Patients indexed per second, in transactions of 500 as the first copy from the center writes them. */
function fill(database: Database, index: PatientIndex, patients: readonly Patient[]): number {
  const start = performance.now();
  for (let at = 0; at < patients.length; at += 500) {
    database.exec('BEGIN IMMEDIATE');
    for (const { id, body } of patients.slice(at, at + 500)) index.put(id, body);
    database.exec('COMMIT');
  }
  return patients.length / ((performance.now() - start) / 1000);
}

function typeSearches(index: PatientIndex, patients: readonly Patient[], report: Report): void {
  const random = createSeededRandom(21);
  const waits: number[] = [];
  const foundByWay = new Map<string, { found: number; searched: number }>();
  for (let turn = 0; turn < searchCount; turn += 1) {
    const patient = random.pick(patients);
    const way = ways[turn % ways.length];
    const text = way?.text(patient, random);
    if (way === undefined || text === undefined) continue;
    const hits = typeText(index, text, waits);
    const counted = foundByWay.get(way.name) ?? { found: 0, searched: 0 };
    foundByWay.set(way.name, counted);
    counted.searched += 1;
    if (hits.includes(patient.id)) counted.found += 1;
  }
  waits.sort((left, right) => left - right);
  report('search.keystroke.p50', percentile(waits, 0.5), 'ms');
  report('search.keystroke.p95', percentile(waits, 0.95), 'ms');
  report('search.keystroke.max', percentile(waits, 1), 'ms');
  const all = [...foundByWay.values()];
  const sum = (key: 'found' | 'searched') => all.reduce((total, each) => total + each[key], 0);
  report('search.recall', sum('found') / sum('searched'), 'of 1');
  for (const [name, { found, searched }] of foundByWay)
    report(`search.recall.${name}`, found / searched, 'of 1');
}

function typeText(index: PatientIndex, text: string, waits: number[]): readonly string[] {
  let hits: readonly string[] = [];
  for (let length = 1; length <= text.length; length += 1) {
    const start = performance.now();
    const found = index.search(text.slice(0, length), shown);
    waits.push(performance.now() - start);
    hits = found.map((hit) => hit.id);
  }
  return hits;
}

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

interface Way {
  readonly name: string;
  /** What is typed to find the patient; undefined if the patient cannot be found that way. */
  text(patient: Patient, random: SeededRandom): string | undefined;
}

const fullName = ({ body }: Patient): string => `${body.name.family} ${body.name.given}`;

/** The ways of typing, in turn. */
const ways: readonly Way[] = [
  { name: 'latin', text: (patient) => toLatin(fullName(patient)) },
  { name: 'cyrillic', text: (patient) => toCyrillic(fullName(patient)) },
  { name: 'russian', text: (patient) => russianVariant(toRussian(fullName(patient))) },
  { name: 'english', text: (patient) => toEnglish(toLatin(fullName(patient))) },
  { name: 'typing_error', text: (patient, random) => withTypingError(toLatin(fullName(patient)), random) },
  {
    name: 'beginnings',
    text: ({ body }) => `${toLatin(body.name.given)} ${toLatin(body.name.family).slice(0, 5)}`,
  },
  {
    name: 'name_and_year',
    text: ({ body }) =>
      `${toCyrillic(body.name.given)} ${body.birth.date.slice(0, 4)} ${toCyrillic(body.name.family)}`,
  },
  { name: 'pinfl', text: ({ body }) => body.pinfl },
  { name: 'pinfl_ending', text: ({ body }) => body.pinfl?.slice(-6) },
  {
    name: 'birth_and_name',
    text: ({ body }) => `${body.birth.date.split('-').reverse().join('')} ${body.name.given}`,
  },
];

/** As clerks heard it: the first o as a, the second one too. */
const russianVariant = (russian: string): string => russian.replace(/(?<=[бвгдзклмнпрстфхш])о(?!в)/gu, 'а');

const toEnglish = (latin: string): string =>
  latin
    .replace(/[ʻʼ‘’'`]/g, '')
    .replace(/x/g, 'kh')
    .replace(/X/g, 'Kh')
    .replace(/q/g, 'k')
    .replace(/Q/g, 'K')
    .replace(/yev/g, 'ev');

/** One letter left out, doubled, swapped or wrong, anywhere but at the beginning. */
function withTypingError(text: string, random: SeededRandom): string {
  const at = random.integer(1, Math.max(1, text.indexOf(' ') - 2));
  const [before, letter, after] = [text.slice(0, at), text.charAt(at), text.slice(at + 1)];
  switch (random.integer(0, 3)) {
    case 0:
      return before + after;
    case 1:
      return before + random.pick(['a', 'e', 'n', 'r', 's']) + letter + after;
    case 2:
      return before + after.charAt(0) + letter + after.slice(1);
    default:
      return before + random.pick(['a', 'i', 'n', 't', 'v']) + after;
  }
}
