import type { Vitals } from '#contracts/records/visits.ts';
import type { FieldIssue } from './registration.ts';

export type VitalsName = keyof Vitals;

/** One field of the vitals form, in the order it is measured and typed. */
export interface VitalsField {
  readonly name: VitalsName;
  /** Unit as an id of the catalogues, `unit.<unit>`. */
  readonly unit:
    | 'mmHg'
    | 'perMinute'
    | 'celsius'
    | 'percent'
    | 'kilogram'
    | 'centimetre'
    | 'mmolPerLitre'
    | 'ofTen';
  /** Digits after the decimal sign that the instrument shows. */
  readonly digits: 0 | 1;
  /** What an instrument can show; outside of it the typed number is refused. */
  readonly least: number;
  readonly most: number;
}

/** The form; same bounds as `VitalsSchema`, which its test checks. */
export const vitalsForm = {
  id: 'vitals',
  version: 1,
  fields: [
    { name: 'systolicMmHg', unit: 'mmHg', digits: 0, least: 30, most: 350 },
    { name: 'diastolicMmHg', unit: 'mmHg', digits: 0, least: 10, most: 250 },
    { name: 'pulsePerMinute', unit: 'perMinute', digits: 0, least: 10, most: 350 },
    { name: 'temperatureCelsius', unit: 'celsius', digits: 1, least: 25, most: 45 },
    { name: 'spo2Percent', unit: 'percent', digits: 0, least: 20, most: 100 },
    { name: 'respirationPerMinute', unit: 'perMinute', digits: 0, least: 2, most: 150 },
    { name: 'weightKilograms', unit: 'kilogram', digits: 1, least: 0.3, most: 400 },
    { name: 'heightCentimetres', unit: 'centimetre', digits: 1, least: 20, most: 260 },
    { name: 'glucoseMmolPerLitre', unit: 'mmolPerLitre', digits: 1, least: 0.3, most: 80 },
    { name: 'painOfTen', unit: 'ofTen', digits: 0, least: 0, most: 10 },
  ],
} as const satisfies {
  readonly id: string;
  readonly version: number;
  readonly fields: readonly VitalsField[];
};

/** Body mass index in kg/m², to one digit; undefined unless weight and height are known. */
export function bodyMassIndex(
  values: Pick<Vitals, 'weightKilograms' | 'heightCentimetres'>,
): number | undefined {
  const { weightKilograms: weight, heightCentimetres: height } = values;
  if (weight === undefined || height === undefined || height <= 0) return undefined;
  return Math.round((weight / (height / 100) ** 2) * 10) / 10;
}

/** What forbids to save a set of vitals, in the order of the form; empty if it may be saved. */
export function vitalsIssues(values: Vitals): readonly FieldIssue[] {
  const outside = vitalsForm.fields
    .filter(({ name, least, most }) => {
      const value = values[name];
      return value !== undefined && !(value >= least && value <= most);
    })
    .map(({ name }) => ({ path: name, message: 'vitals.out-of-range' }));
  const isEmpty = vitalsForm.fields.every(({ name }) => values[name] === undefined);
  return [
    ...(isEmpty ? [{ path: 'systolicMmHg', message: 'vitals.empty' }] : []),
    ...outside,
    ...pressureIssues(values),
  ];
}

function pressureIssues({ systolicMmHg: systolic, diastolicMmHg: diastolic }: Vitals): readonly FieldIssue[] {
  if (diastolic !== undefined && systolic === undefined) {
    return [{ path: 'systolicMmHg', message: 'vitals.pressure-incomplete' }];
  }
  if (systolic === undefined || diastolic === undefined || diastolic < systolic) return [];
  return [{ path: 'diastolicMmHg', message: 'vitals.diastolic-not-below-systolic' }];
}
