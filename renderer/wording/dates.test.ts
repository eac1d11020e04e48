import { setupI18n } from '@lingui/core';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { DaySchema } from '#contracts/ids.ts';
import { languages } from '#contracts/languages.ts';
import { readCatalogue } from '../locales/read-catalogue.ts';
import { describeAge, describeBirth, describeDay, describeInstant, describeWait } from './dates.ts';
import { describeError, type Translate } from './words.ts';

const files = import.meta.glob<string>('../locales/*.po', { query: '?raw', import: 'default', eager: true });

/** Outside of a build Lingui compiles messages as it meets them. */
function translator(language: (typeof languages)[number]): Translate {
  const words = readCatalogue(files[`../locales/${language}.po`] ?? '');
  const messages = Object.fromEntries(words);
  const i18n = setupI18n({ locale: language, messages: { [language]: messages } });
  return (id, values) => i18n._(id, { ...values });
}

const [latin, cyrillic, russian, english] = languages.map(translator);
if (!latin || !cyrillic || !russian || !english) throw new Error('a language is missing');
const today = v.parse(DaySchema, '2026-06-03');
const born = (date: string) => ({ date });

describe('ages', () => {
  it.each([
    ['2005-06-03', '21 год', '21 years'],
    ['2004-06-03', '22 года', '22 years'],
    ['2001-06-03', '25 лет', '25 years'],
    ['2015-06-03', '11 лет', '11 years'],
    ['2026-06-02', '1 день', '1 day'],
    ['2026-05-31', '3 дня', '3 days'],
    ['2026-05-14', '20 дней', '20 days'],
  ])('%s', (date, inRussian, inEnglish) => {
    expect(describeAge(russian, born(date), today)).toBe(inRussian);
    expect(describeAge(english, born(date), today)).toBe(inEnglish);
  });

  it('need no plural in Uzbek, say when they are approximate, and are left out for a birth to come', () => {
    expect(describeAge(latin, born('2005-06-03'), today)).toBe('21 yosh');
    expect(describeAge(cyrillic, born('1985'), today)).toBe('тахминан 40 ёш');
    expect(describeAge(english, born('2030-01-01'), today)).toBeNull();
  });
});

describe('days and times', () => {
  it('are near in words and far as dates', () => {
    expect(describeDay(latin, today, today)).toBe('Bugun');
    expect(describeDay(latin, v.parse(DaySchema, '2026-06-02'), today)).toBe('Kecha');
    expect(describeDay(latin, v.parse(DaySchema, '2026-05-02'), today)).toBe('02.05.2026');
  });

  it('show the day of an instant unless it is today, and the year unless it is this', () => {
    expect(describeInstant(Date.UTC(2026, 5, 3, 5, 42), today)).toBe('10:42');
    expect(describeInstant(Date.UTC(2026, 5, 1, 5, 42), today)).toBe('01.06 10:42');
    expect(describeInstant(Date.UTC(2025, 5, 1, 5, 42), today)).toBe('01.06.2025 10:42');
  });

  it('wait in minutes, then in hours, and never below zero when the clock was set back', () => {
    expect(describeWait(english, 45 * 60_000)).toBe('45 min');
    expect(describeWait(english, 185 * 60_000)).toBe('3 h');
    expect(describeWait(english, -5)).toBe('0 min');
  });

  it('say that a birth date is approximate', () => {
    expect(describeBirth(russian, { date: '1950', approximate: true })).toBe('примерно 1950');
  });
});

describe('errors', () => {
  it('fill in what the detail names', () => {
    const error = { code: 'access.too-many-attempts', detail: { seconds: 30 } } as const;
    expect(describeError(english, error)).toBe('Too many wrong attempts. Wait 30 seconds.');
    expect(describeError(russian, error)).toContain('30');
  });

  it('give the technician the number of an incident', () => {
    const error = { code: 'internal.failure', detail: { incident: 'a1b2' } } as const;
    expect(describeError(english, error)).toContain('a1b2');
  });
});
