import { addDays, daysBetween, instantsOfDay } from '#clinic/clinic-day.ts';
import { toCyrillic } from '#clinic/transliteration.ts';
import type { Day, Instant, PersonId, RecordId } from '#contracts/ids.ts';
import type { Urgency, VisitBody, VisitEntry, Vitals } from '#contracts/records/visits.ts';
import { drawIllness, type Illness, usualSize } from './complaints.ts';
import { type IdMint, nextEntryId, type Scribe } from './envelopes.ts';
import type { Citizen } from './households.ts';
import type { SeededRandom } from './seeded-random.ts';

/** Who sees the patient, and the days that count. */
export interface Practice {
  readonly nurse: PersonId;
  readonly doctor: PersonId;
  readonly from: Day;
  readonly today: Day;
  readonly mint: IdMint;
}

/** The patient as the visits see it. */
export interface Attending {
  readonly id: RecordId;
  readonly citizen: Citizen;
  readonly problems: readonly string[];
}

/** One visit and when it was last written. */
export interface PastVisit {
  readonly body: VisitBody;
  readonly at: Instant;
}

const minuteMs = 60_000;
const chronic = ['I10', 'E11.9'];

/** All visits of one patient from `from` to yesterday, in order, and perhaps one planned for today. */
export function* visitHistory(
  patient: Attending,
  practice: Practice,
  random: SeededRandom,
): Generator<PastVisit> {
  const condition = patient.problems.find((problem) => chronic.includes(problem));
  const body = bodyOf(patient, random);
  for (const day of visitDays(patient, practice, condition !== undefined, random)) {
    const age = Math.floor(daysBetween(patient.citizen.born, day) / 365.25);
    const illness =
      condition === undefined || random.chance(0.15) ? drawIllness(patient.citizen, age, random) : null;
    yield pastVisit(patient, practice, day, { condition, illness, age, body }, random);
  }
  if (condition !== undefined && random.chance(0.03)) yield plannedVisit(patient, practice, random);
}

function* visitDays(
  patient: Attending,
  practice: Practice,
  isChronic: boolean,
  random: SeededRandom,
): Generator<Day> {
  let day = addDays(practice.from, random.integer(0, 30));
  for (let turn = 0; turn < 200; turn += 1) {
    const days = isChronic ? random.integer(26, 36) : gapDays(patient.citizen, practice.today, day, random);
    day = addDays(day, days);
    if (isSunday(day)) day = addDays(day, 1);
    if (day >= practice.today) return;
    if (!isChronic || random.chance(0.88)) yield day;
  }
}

/** Days until the next visit of somebody without a chronic condition, by age. */
function gapDays(citizen: Citizen, today: Day, day: Day, random: SeededRandom): number {
  const age = citizen.ageYears - daysBetween(day, today) / 365.25;
  const visitsPerYear = age < 1 ? 6 : age < 5 ? 3 : age < 18 ? 1 : age < 40 ? 1 : age < 60 ? 1.4 : 2.2;
  const days = -Math.log(1 - random.next()) * (365 / visitsPerYear);
  return Math.max(3, Math.min(2000, Math.round(days)));
}

const isSunday = (day: Day): boolean => new Date(`${day}T12:00:00.000Z`).getUTCDay() === 0;

interface BodyOfPatient {
  readonly weight: number;
  readonly height: number;
  readonly systolic: number;
}

function bodyOf({ citizen, problems }: Attending, random: SeededRandom): BodyOfPatient {
  const usual = usualSize(citizen.sex, Math.min(citizen.ageYears, 19));
  const isHypertensive = problems.includes('I10');
  return {
    weight: usual.weight * random.normal(1, 0.12),
    height: usual.height * random.normal(1, 0.035),
    systolic: isHypertensive
      ? random.normal(149, 11)
      : random.normal(92 + Math.min(citizen.ageYears, 60) * 0.5, 8),
  };
}

interface Occasion {
  readonly condition: string | undefined;
  readonly illness: Illness | null;
  readonly age: number;
  readonly body: BodyOfPatient;
}

function pastVisit(
  patient: Attending,
  practice: Practice,
  day: Day,
  occasion: Occasion,
  random: SeededRandom,
): PastVisit {
  const arrivedAt = instantsOfDay(day).start + (8 * 60 + random.integer(0, 500)) * minuteMs;
  const seenAt = arrivedAt + random.integer(6, 50) * minuteMs;
  const finishedAt = seenAt + random.integer(4, 15) * minuteMs;
  const entries = [
    entry({ kind: 'state', state: 'arrived' }, arrivedAt, { ...practice, by: practice.nurse }, random),
    entry(
      { kind: 'vitals', values: measure(patient, occasion, random) },
      seenAt - 2 * minuteMs,
      { ...practice, by: practice.nurse },
      random,
    ),
    entry(
      { kind: 'complaint', text: complaintOf(occasion, random) },
      seenAt,
      { ...practice, by: practice.nurse },
      random,
    ),
    ...diagnoses(occasion, random).map((each) =>
      entry(each, finishedAt - minuteMs, { ...practice, by: practice.doctor }, random),
    ),
    entry({ kind: 'state', state: 'finished' }, finishedAt, { ...practice, by: practice.doctor }, random),
  ];
  const reason = occasion.illness === null ? 'Nazorat koʻrigi' : '';
  return {
    at: finishedAt,
    body: { patientId: patient.id, day, reason, urgency: urgencyOf(occasion), entries },
  };
}

const urgencyOf = ({ illness }: Occasion): Urgency =>
  illness !== null && illness.feverCelsius > 2 ? 'urgent' : 'routine';

/** Made the day before, so that no clock of a workstation finds it in its future. */
function plannedVisit(patient: Attending, practice: Practice, random: SeededRandom): PastVisit {
  const at = instantsOfDay(addDays(practice.today, -1)).start + (14 * 60 + random.integer(0, 120)) * minuteMs;
  const entries = [
    entry({ kind: 'state', state: 'planned' }, at, { ...practice, by: practice.nurse }, random),
  ];
  return {
    at,
    body: {
      patientId: patient.id,
      day: practice.today,
      reason: 'Nazorat koʻrigi',
      urgency: 'routine',
      entries,
    },
  };
}

type Draft = VisitEntry extends infer Entry
  ? Entry extends VisitEntry
    ? Omit<Entry, 'id' | 'at' | 'by'>
    : never
  : never;

function entry(draft: Draft, at: Instant, scribe: Scribe, random: SeededRandom): VisitEntry {
  return { ...draft, id: nextEntryId(at, scribe, random), at, by: scribe.by };
}

function complaintOf({ illness }: Occasion, random: SeededRandom): string {
  const text =
    illness?.complaint ?? random.pick(['Shikoyati yoʻq', 'Bosh ogʻrigʻi kechqurunlari', 'Dori tugagan']);
  return random.chance(0.3) ? toCyrillic(text) : text;
}

function diagnoses({ condition, illness }: Occasion, random: SeededRandom): readonly Draft[] {
  const main = illness?.icd10 ?? condition;
  if (main === undefined || random.chance(0.02)) return [];
  const certainty = random.chance(0.8) ? 'confirmed' : 'provisional';
  const drafts: Draft[] = [{ kind: 'diagnosis', icd10: main, role: 'main', certainty }];
  if (illness !== null && condition !== undefined) {
    drafts.push({ kind: 'diagnosis', icd10: condition, role: 'accompanying', certainty: 'confirmed' });
  }
  return drafts;
}

function measure({ citizen, problems }: Attending, occasion: Occasion, random: SeededRandom): Vitals {
  const { age, body, illness } = occasion;
  const fever = illness?.feverCelsius ?? 0;
  const isChild = age < 5;
  const pulse = (age < 1 ? 125 : isChild ? 105 : 76) + fever * 9;
  const grown =
    usualSize(citizen.sex, Math.min(age, 19)).weight /
    usualSize(citizen.sex, Math.min(citizen.ageYears, 19)).weight;
  const systolic = Math.round(clamp(random.normal(body.systolic, 7), 70, 230));
  return {
    ...(isChild
      ? {}
      : { systolicMmHg: systolic, diastolicMmHg: Math.round(clamp(systolic * 0.62, 40, 130)) }),
    pulsePerMinute: Math.round(clamp(random.normal(pulse, 7), 45, 190)),
    temperatureCelsius: tenth(clamp(random.normal(36.6 + fever, 0.25), 35.4, 40.5)),
    ...(fever > 0 || random.chance(0.3)
      ? { spo2Percent: Math.round(clamp(random.normal(97.5, 0.9), 88, 100)) }
      : {}),
    ...(isChild || fever > 0
      ? { respirationPerMinute: Math.round(random.normal(isChild ? 30 : 18, 2)) }
      : {}),
    ...(isChild || random.chance(0.6) ? { weightKilograms: tenth(Math.max(2.5, body.weight * grown)) } : {}),
    ...(isChild || random.chance(0.15) ? { heightCentimetres: Math.round(clamp(body.height, 45, 205)) } : {}),
    ...(problems.includes('E11.9')
      ? { glucoseMmolPerLitre: tenth(clamp(random.normal(8.6, 1.8), 4, 22)) }
      : {}),
  };
}

const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));
const tenth = (value: number) => Math.round(value * 10) / 10;
