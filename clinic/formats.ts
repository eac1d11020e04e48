import type { Instant } from '#contracts/ids.ts';
import type { Language } from '#contracts/languages.ts';
import { dayAt, timeAt } from './clinic-day.ts';

/**
 * Numbers and dates as the screen shows them, without Intl: Chromium has no Uzbek Latin data and would show 1,234,567.5
 * with the wrong separators (docs/decisions). Thousands are set apart by a no-break space in every language, because a
 * comma there would read as a decimal comma.
 */
const noBreakSpace = '\u00a0';

const decimalSign: Readonly<Record<Language, ',' | '.'>> = {
  'uz-Latn': ',',
  'uz-Cyrl': ',',
  ru: ',',
  en: '.',
};

/** A number with the language's decimal sign. `digits` after it are always shown; without, as many as the number has. */
export function formatNumber(value: number, language: Language, digits?: number): string {
  if (!Number.isFinite(value)) throw new RangeError('only finite numbers can be shown');
  const plain = digits === undefined ? plainDecimal(value) : Math.abs(value).toFixed(digits);
  const [whole = '0', fraction = ''] = plain.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, noBreakSpace);
  const isZero = !/[1-9]/.test(plain);
  const sign = value < 0 && !isZero ? '\u2212' : '';
  return `${sign}${grouped}${fraction === '' ? '' : decimalSign[language] + fraction}`;
}

/** At most six digits after the point, which hides the rounding of binary fractions. */
const plainDecimal = (value: number): string => {
  const fixed = Math.abs(value).toFixed(6);
  return fixed.replace(/\.?0+$/, '');
};

/** Reads a typed decimal number with comma or point; undefined if it is none. Signs and thousands are not typed. */
export function parseDecimal(text: string): number | undefined {
  const trimmed = text.trim();
  if (!/^\d{1,6}([.,]\d{0,3})?$/.test(trimmed)) return undefined;
  return Number(trimmed.replace(',', '.'));
}

/** `1985-03-12` as 12.03.1985, `1985-03` as 03.1985, `1985` as it is. The same in every language. */
export function formatDate(date: string): string {
  return date.split('-').reverse().join('.');
}

/** The day at the clinic, dd.mm.yyyy. */
export const formatDayOf = (instant: Instant): string => formatDate(dayAt(instant));

/** Day and time at the clinic, dd.mm.yyyy HH:MM. */
export const formatInstant = (instant: Instant): string => `${formatDayOf(instant)} ${timeAt(instant)}`;
