import type { Vitals } from '#contracts/records/visits.ts';
import { bodyMassIndex, type VitalsName, vitalsForm } from './vitals.ts';

/** How a value stands to its range. Critical levels are shown apart (rule 4 of the screens). */
export type VitalsFlag = 'critical-low' | 'low' | 'high' | 'critical-high';

/** What is measured, and what is computed from it. */
export type FlaggedName = VitalsName | 'bodyMassIndex';

/** Where a range comes from. */
export interface RangeSource {
  readonly id: string;
  readonly title: string;
}

/** Raised whenever a number below changes. */
const vitalsRangesVersion = '2026-1';

/**
 * These ranges draw the eye, nothing else: no care is blocked by them. Where a source gives several grades, `low` and
 * `high` are its first, `critical` its most severe.
 */
export const vitalsSources = {
  news2: { id: 'news2', title: 'Royal College of Physicians, National Early Warning Score (NEWS) 2, 2017' },
  hearts: { id: 'hearts', title: 'WHO HEARTS technical package, evidence-based treatment protocols, 2018' },
  heartsD: { id: 'hearts-d', title: 'WHO HEARTS-D, diagnosis and management of type 2 diabetes, 2020' },
  imci: { id: 'imci', title: 'WHO Integrated Management of Childhood Illness, chart booklet, 2014' },
  pocketBook: {
    id: 'pocket-book',
    title: 'WHO Pocket book of hospital care for children, 2nd edition, 2013',
  },
  apls: { id: 'apls', title: 'Advanced Paediatric Life Support, 5th edition' },
  ada: { id: 'ada', title: 'American Diabetes Association, Standards of Care, glycaemic targets' },
  bmi: { id: 'who-bmi', title: 'WHO Technical Report Series 894, body mass index of adults, 2000' },
  nrs: { id: 'nrs', title: 'Numeric rating scale of pain: 4 moderate, 7 severe' },
} as const satisfies Readonly<Record<string, RangeSource>>;

/** Bounds are inclusive: `low: 100` flags 100 and below, `high: 140` flags 140 and above. */
interface Range {
  readonly name: FlaggedName;
  /** Ages it holds for, in completed months: from `fromMonths` to before `toMonths`. */
  readonly fromMonths: number;
  readonly toMonths: number;
  readonly criticalLow?: number;
  readonly low?: number;
  readonly high?: number;
  readonly criticalHigh?: number;
  readonly source: RangeSource;
}

const ever = Number.POSITIVE_INFINITY;
const year = 12;
const { news2, hearts, heartsD, imci, pocketBook, apls, ada, bmi, nrs } = vitalsSources;

const ranges: readonly Range[] = [
  // Sixteen and over
  { name: 'systolicMmHg', fromMonths: 16 * year, toMonths: ever, criticalLow: 90, low: 100, source: news2 },
  {
    name: 'systolicMmHg',
    fromMonths: 16 * year,
    toMonths: ever,
    high: 140,
    criticalHigh: 180,
    source: hearts,
  },
  {
    name: 'diastolicMmHg',
    fromMonths: 16 * year,
    toMonths: ever,
    high: 90,
    criticalHigh: 110,
    source: hearts,
  },
  {
    name: 'pulsePerMinute',
    fromMonths: 16 * year,
    toMonths: ever,
    criticalLow: 40,
    low: 50,
    high: 91,
    criticalHigh: 131,
    source: news2,
  },
  {
    name: 'respirationPerMinute',
    fromMonths: 16 * year,
    toMonths: ever,
    criticalLow: 8,
    low: 11,
    high: 21,
    criticalHigh: 25,
    source: news2,
  },
  { name: 'spo2Percent', fromMonths: 16 * year, toMonths: ever, criticalLow: 91, low: 95, source: news2 },
  // Children
  { name: 'pulsePerMinute', fromMonths: 0, toMonths: year, low: 99, high: 161, source: pocketBook },
  { name: 'pulsePerMinute', fromMonths: year, toMonths: 3 * year, low: 89, high: 151, source: pocketBook },
  {
    name: 'pulsePerMinute',
    fromMonths: 3 * year,
    toMonths: 6 * year,
    low: 79,
    high: 141,
    source: pocketBook,
  },
  { name: 'pulsePerMinute', fromMonths: 6 * year, toMonths: 12 * year, low: 79, high: 121, source: apls },
  { name: 'pulsePerMinute', fromMonths: 12 * year, toMonths: 16 * year, low: 59, high: 101, source: apls },
  { name: 'respirationPerMinute', fromMonths: 0, toMonths: 2, high: 60, source: imci },
  { name: 'respirationPerMinute', fromMonths: 2, toMonths: year, high: 50, source: imci },
  { name: 'respirationPerMinute', fromMonths: year, toMonths: 5 * year, high: 40, source: imci },
  { name: 'respirationPerMinute', fromMonths: 5 * year, toMonths: 12 * year, high: 26, source: apls },
  { name: 'respirationPerMinute', fromMonths: 12 * year, toMonths: 16 * year, high: 21, source: apls },
  { name: 'spo2Percent', fromMonths: 0, toMonths: 16 * year, criticalLow: 89, low: 94, source: pocketBook },
  // Temperature is taken in the armpit, as IMCI does.
  {
    name: 'temperatureCelsius',
    fromMonths: 0,
    toMonths: 2,
    criticalLow: 35.4,
    high: 37.5,
    criticalHigh: 38,
    source: imci,
  },
  { name: 'temperatureCelsius', fromMonths: 2, toMonths: ever, low: 35.4, high: 37.5, source: imci },
  {
    name: 'temperatureCelsius',
    fromMonths: 2,
    toMonths: ever,
    criticalLow: 35,
    criticalHigh: 39.1,
    source: news2,
  },
  { name: 'glucoseMmolPerLitre', fromMonths: 0, toMonths: ever, criticalLow: 2.9, low: 3.8, source: ada },
  { name: 'glucoseMmolPerLitre', fromMonths: 0, toMonths: ever, high: 7, criticalHigh: 18, source: heartsD },
  { name: 'painOfTen', fromMonths: 0, toMonths: ever, high: 4, criticalHigh: 7, source: nrs },
  {
    name: 'bodyMassIndex',
    fromMonths: 19 * year,
    toMonths: ever,
    criticalLow: 15.9,
    low: 18.4,
    high: 25,
    source: bmi,
  },
];

/** A flag, and the source and version of the range that raised it. */
export interface RaisedFlag {
  readonly flag: VitalsFlag;
  readonly source: RangeSource;
  /** Version of the ranges. */
  readonly version: string;
}

/** Somebody whose age is not known is held to the ranges of adults. */
const adultMonths = 30 * year;

/**
 * The flag of one value, the severest if several ranges raise one, or undefined. `ageMonths` are completed months;
 * undefined if the age is not known.
 */
export function flagVital(
  name: FlaggedName,
  value: number,
  ageMonths: number | undefined,
): RaisedFlag | undefined {
  const months = ageMonths ?? adultMonths;
  const raised = ranges
    .filter((range) => range.name === name && range.fromMonths <= months && months < range.toMonths)
    .flatMap((range) => {
      const flag = flagIn(range, value);
      return flag === undefined ? [] : [{ flag, source: range.source, version: vitalsRangesVersion }];
    });
  return raised.find((each) => each.flag.startsWith('critical')) ?? raised[0];
}

function flagIn(range: Range, value: number): VitalsFlag | undefined {
  if (range.criticalLow !== undefined && value <= range.criticalLow) return 'critical-low';
  if (range.criticalHigh !== undefined && value >= range.criticalHigh) return 'critical-high';
  if (range.low !== undefined && value <= range.low) return 'low';
  if (range.high !== undefined && value >= range.high) return 'high';
  return undefined;
}

/** Flags of a whole set of vitals, the computed body mass index included, by name. */
export function flagVitals(
  values: Vitals,
  ageMonths: number | undefined,
): Readonly<Partial<Record<FlaggedName, RaisedFlag>>> {
  const measured: readonly (readonly [FlaggedName, number | undefined])[] = [
    ...vitalsForm.fields.map(({ name }) => [name, values[name]] as const),
    ['bodyMassIndex', bodyMassIndex(values)],
  ];
  const flags: Partial<Record<FlaggedName, RaisedFlag>> = {};
  for (const [name, value] of measured) {
    const raised = value === undefined ? undefined : flagVital(name, value, ageMonths);
    if (raised !== undefined) flags[name] = raised;
  }
  return flags;
}
