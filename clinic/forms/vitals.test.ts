import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { VitalsSchema } from '#contracts/records/visits.ts';
import { bodyMassIndex, vitalsForm, vitalsIssues } from './vitals.ts';
import { flagVital, flagVitals } from './vitals-ranges.ts';

const years = (count: number) => count * 12;
const flagOf = (...asked: Parameters<typeof flagVital>) => flagVital(...asked)?.flag;

describe('the vitals form', () => {
  it('has every field of the record, with its bounds', () => {
    expect(vitalsForm.fields.map((field) => field.name).sort()).toEqual(
      Object.keys(VitalsSchema.entries).sort(),
    );
    for (const { name, least, most } of vitalsForm.fields) {
      for (const [value, fits] of [
        [least, true],
        [most, true],
        [least - 0.1, false],
        [most + 0.1, false],
      ] as const) {
        expect(v.is(VitalsSchema, { [name]: value })).toBe(fits);
        const refused = vitalsIssues({ systolicMmHg: 120, [name]: value });
        expect(refused.some((issue) => issue.path === name && issue.message === 'vitals.out-of-range')).toBe(
          !fits,
        );
      }
    }
  });

  it('refuses an empty set, a lone diastolic and a pressure upside down', () => {
    expect(vitalsIssues({})).toEqual([{ path: 'systolicMmHg', message: 'vitals.empty' }]);
    expect(vitalsIssues({ diastolicMmHg: 80 })).toEqual([
      { path: 'systolicMmHg', message: 'vitals.pressure-incomplete' },
    ]);
    expect(vitalsIssues({ systolicMmHg: 80, diastolicMmHg: 120 })).toEqual([
      { path: 'diastolicMmHg', message: 'vitals.diastolic-not-below-systolic' },
    ]);
    expect(vitalsIssues({ systolicMmHg: 120 })).toEqual([]);
    expect(vitalsIssues({ systolicMmHg: Number.NaN })).toEqual([
      { path: 'systolicMmHg', message: 'vitals.out-of-range' },
    ]);
  });

  it('computes the body mass index', () => {
    expect(bodyMassIndex({ weightKilograms: 70, heightCentimetres: 175 })).toBe(22.9);
    expect(bodyMassIndex({ weightKilograms: 70 })).toBeUndefined();
  });
});

describe('range flags', () => {
  it.each([
    ['systolicMmHg', 90, 'critical-low'],
    ['systolicMmHg', 100, 'low'],
    ['systolicMmHg', 101, undefined],
    ['systolicMmHg', 139, undefined],
    ['systolicMmHg', 140, 'high'],
    ['systolicMmHg', 180, 'critical-high'],
    ['diastolicMmHg', 89, undefined],
    ['diastolicMmHg', 90, 'high'],
    ['diastolicMmHg', 110, 'critical-high'],
    ['pulsePerMinute', 40, 'critical-low'],
    ['pulsePerMinute', 90, undefined],
    ['pulsePerMinute', 131, 'critical-high'],
    ['respirationPerMinute', 24, 'high'],
    ['respirationPerMinute', 25, 'critical-high'],
    ['spo2Percent', 91, 'critical-low'],
    ['spo2Percent', 95, 'low'],
    ['spo2Percent', 96, undefined],
    ['temperatureCelsius', 37.4, undefined],
    ['temperatureCelsius', 37.5, 'high'],
    ['temperatureCelsius', 39.1, 'critical-high'],
    ['temperatureCelsius', 35, 'critical-low'],
    ['glucoseMmolPerLitre', 2.9, 'critical-low'],
    ['glucoseMmolPerLitre', 3.9, undefined],
    ['glucoseMmolPerLitre', 7, 'high'],
    ['glucoseMmolPerLitre', 18, 'critical-high'],
    ['painOfTen', 7, 'critical-high'],
    ['bodyMassIndex', 24.9, undefined],
    ['bodyMassIndex', 25, 'high'],
  ] as const)('%s %d of an adult: %s', (name, value, flag) => {
    expect(flagOf(name, value, years(45))).toBe(flag);
    expect(flagOf(name, value, undefined)).toBe(flag);
  });

  it.each([
    ['respirationPerMinute', 59, 1, undefined],
    ['respirationPerMinute', 60, 1, 'high'],
    ['respirationPerMinute', 50, 2, 'high'],
    ['respirationPerMinute', 49, 11, undefined],
    ['respirationPerMinute', 40, 12, 'high'],
    ['pulsePerMinute', 140, 5, undefined],
    ['pulsePerMinute', 140, years(30), 'critical-high'],
    ['temperatureCelsius', 38, 1, 'critical-high'],
    ['temperatureCelsius', 38, 24, 'high'],
    ['bodyMassIndex', 15, 36, undefined],
    ['systolicMmHg', 85, 36, undefined],
  ] as const)('%s %d at %d months: %s', (name, value, months, flag) => {
    expect(flagOf(name, value, months)).toBe(flag);
  });

  it('flag a whole set with sources, the body mass index included', () => {
    const flags = flagVitals({ systolicMmHg: 185, weightKilograms: 95, heightCentimetres: 170 }, years(50));
    expect(Object.keys(flags).sort()).toEqual(['bodyMassIndex', 'systolicMmHg']);
    expect(flags.systolicMmHg).toMatchObject({ flag: 'critical-high', source: { id: 'hearts' } });
  });

  it('grow more severe with distance, for every value and age', () => {
    const severity = { 'critical-low': -2, low: -1, none: 0, high: 1, 'critical-high': 2 };
    for (const { name, least, most } of vitalsForm.fields) {
      for (const months of [0, 1, 2, 11, 12, 40, 100, 150, 200, 600]) {
        let before = -2;
        for (let step = 0; step <= 200; step += 1) {
          const value = least + ((most - least) * step) / 200;
          const now = severity[flagOf(name, value, months) ?? 'none'];
          expect(now).toBeGreaterThanOrEqual(before);
          before = now;
        }
      }
    }
  });
});
