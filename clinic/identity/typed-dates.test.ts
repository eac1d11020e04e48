import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { DaySchema } from '#contracts/ids.ts';
import { addDays } from '../clinic-day.ts';
import { parseTypedDate } from './typed-dates.ts';

const today = '2026-06-03';

describe('dates as typed', () => {
  it.each([
    ['12031985', '1985-03-12'],
    ['12.3.85', '1985-03-12'],
    ['12.03.1985', '1985-03-12'],
    ['12/3/1985', '1985-03-12'],
    ['12-03-85', '1985-03-12'],
    ['12 3 1985', '1985-03-12'],
    ['120385', '1985-03-12'],
    ['1.2.26', '2026-02-01'],
    ['1.2.27', '1927-02-01'],
    ['1985', '1985'],
    ['03.1985', '1985-03'],
    ['3/1985', '1985-03'],
    ['031985', '1985-03'],
    ['111926', '1926-11'],
    ['1985-03-12', '1985-03-12'],
    ['1985-03', '1985-03'],
    [' 29.02.2024 ', '2024-02-29'],
  ])('%s is %s', (typed, date) => {
    expect(parseTypedDate(typed, today)).toBe(date);
  });

  it.each([
    '',
    '1',
    '12',
    '12.3',
    '3.85',
    '29.02.2023',
    '31.04.1985',
    '12.13.1985',
    '00.03.1985',
    '1785',
    '2185',
    '12031',
    'mart 1985',
    '12.03.19850',
    '120319855',
  ])('%s is no date', (typed) => {
    expect(parseTypedDate(typed, today)).toBeUndefined();
  });

  it('reads every day of a lifetime in each way of typing it', () => {
    for (let back = 0; back < 36_000; back += 7) {
      const date = addDays(v.parse(DaySchema, today), -back);
      const [year = '', month = '', day = ''] = date.split('-');
      const ways = [
        `${day}${month}${year}`,
        `${day}.${month}.${year}`,
        `${Number(day)}/${Number(month)}/${year}`,
        date,
      ];
      for (const way of ways) expect(parseTypedDate(way, today)).toBe(date);
    }
  });
});
