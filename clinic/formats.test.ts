import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { DaySchema } from '#contracts/ids.ts';
import { languages } from '#contracts/languages.ts';
import { ageInYears, ageOn } from './age.ts';
import { addDays, dayAt, daysBetween, instantsOfDay, isCalendarDay, timeAt } from './clinic-day.ts';
import { formatDate, formatInstant, formatNumber, parseDecimal } from './formats.ts';

const day = (text: string) => v.parse(DaySchema, text);

describe('numbers on screen', () => {
  it.each([
    [36.6, '36,6', '36.6'],
    [1234567.5, '1\u00a0234\u00a0567,5', '1\u00a0234\u00a0567.5'],
    [0.5, '0,5', '0.5'],
    [-3.25, '\u22123,25', '\u22123.25'],
    [0.1 + 0.2, '0,3', '0.3'],
    [120, '120', '120'],
    [1000, '1\u00a0000', '1\u00a0000'],
    [-0, '0', '0'],
    [100.0000001, '100', '100'],
  ])('%d', (value, comma, point) => {
    expect(formatNumber(value, 'uz-Latn')).toBe(comma);
    expect(formatNumber(value, 'uz-Cyrl')).toBe(comma);
    expect(formatNumber(value, 'ru')).toBe(comma);
    expect(formatNumber(value, 'en')).toBe(point);
  });

  it('shows as many digits as asked', () => {
    expect(formatNumber(36, 'ru', 1)).toBe('36,0');
    expect(formatNumber(24.449, 'ru', 1)).toBe('24,4');
    expect(formatNumber(-0.04, 'ru', 1)).toBe('0,0');
  });

  it('refuses what is no number', () => {
    expect(() => formatNumber(Number.NaN, 'ru')).toThrow();
  });

  it('reads back what it shows, in every language', () => {
    for (let tenths = 0; tenths < 9999; tenths += 7) {
      for (const language of languages) {
        expect(parseDecimal(formatNumber(tenths / 10, language))).toBe(tenths / 10);
      }
    }
  });

  it.each(['', 'a', '1,2,3', '-1', '1e3', '1 000', ',5', '12345678'])('does not read %j', (typed) => {
    expect(parseDecimal(typed)).toBeUndefined();
  });
});

describe('days at the clinic', () => {
  it('begin at 19:00 of the day before in Greenwich', () => {
    expect(dayAt(Date.UTC(2026, 5, 2, 18, 59, 59, 999))).toBe('2026-06-02');
    expect(dayAt(Date.UTC(2026, 5, 2, 19))).toBe('2026-06-03');
    expect(timeAt(Date.UTC(2026, 5, 2, 19, 5))).toBe('00:05');
    const { start, end } = instantsOfDay(day('2026-06-03'));
    expect(dayAt(start)).toBe('2026-06-03');
    expect(dayAt(end - 1)).toBe('2026-06-03');
    expect(dayAt(end)).toBe('2026-06-04');
  });

  it('are counted over months and leap years', () => {
    expect(addDays(day('2024-02-28'), 2)).toBe('2024-03-01');
    expect(addDays(day('2026-01-01'), -1)).toBe('2025-12-31');
    expect(daysBetween(day('2024-01-01'), day('2025-01-01'))).toBe(366);
    expect(isCalendarDay('2023-02-29')).toBe(false);
    expect(isCalendarDay('2024-02-29')).toBe(true);
    expect(isCalendarDay('2024-2-9')).toBe(false);
  });

  it('show day first', () => {
    expect(formatDate('1985-03-12')).toBe('12.03.1985');
    expect(formatDate('1985-03')).toBe('03.1985');
    expect(formatDate('1985')).toBe('1985');
    expect(formatInstant(Date.UTC(2026, 5, 2, 19, 5))).toBe('03.06.2026 00:05');
  });
});

describe('age', () => {
  it.each([
    ['2026-06-03', 0, 'days'],
    ['2026-05-07', 27, 'days'],
    ['2026-05-06', 28, 'days'],
    ['2026-05-03', 1, 'months'],
    ['2025-06-04', 11, 'months'],
    ['2024-06-04', 23, 'months'],
    ['2024-06-03', 2, 'years'],
    ['1985-06-04', 40, 'years'],
    ['1985-06-03', 41, 'years'],
  ] as const)('born %s', (date, value, unit) => {
    expect(ageOn({ date }, day('2026-06-03'))).toEqual({ value, unit, isApproximate: false });
  });

  it('is approximate for a birth known in part', () => {
    expect(ageOn({ date: '1985' }, day('2026-06-03'))).toEqual({
      value: 40,
      unit: 'years',
      isApproximate: true,
    });
    expect(ageOn({ date: '1985-03-12', approximate: true }, day('2026-06-03'))?.isApproximate).toBe(true);
    expect(ageOn({ date: '2026' }, day('2026-06-03'))).toEqual({
      value: 0,
      unit: 'days',
      isApproximate: true,
    });
  });

  it('is unknown for a birth after the clock', () => {
    expect(ageOn({ date: '2026-06-04' }, day('2026-06-03'))).toBeUndefined();
    expect(ageInYears({ date: '2030' }, day('2026-06-03'))).toBeUndefined();
    expect(ageInYears({ date: '1985-06-03' }, day('2026-06-03'))).toBe(41);
  });
});
