import { isCalendarDay } from '../clinic-day.ts';

/**
 * Reads a date as nurses type it, day first: `12031985`, `12.3.85`, `12/03/1985`, `120385`, `03.1985`, `1985`, and
 * `1985-03-12` as programs write it. Gives `YYYY-MM-DD`, `YYYY-MM` or `YYYY`, or undefined if it is no date that exists.
 * A year of two digits is the latest that is not after `today` (a day, `YYYY-MM-DD`).
 */
export function parseTypedDate(text: string, today: string): string | undefined {
  const trimmed = text.trim();
  const parts = /^\d+$/.test(trimmed) ? splitDigits(trimmed) : splitSigns(trimmed);
  if (parts === undefined) return undefined;
  const { day, month, year } = parts;
  const fullYear = year.length === 2 ? guessCentury(year, today) : year;
  if (!/^(18|19|20)\d\d$/.test(fullYear)) return undefined;
  if (month === undefined) return fullYear;
  const fullMonth = month.padStart(2, '0');
  if (Number(fullMonth) < 1 || Number(fullMonth) > 12) return undefined;
  if (day === undefined) return `${fullYear}-${fullMonth}`;
  const whole = `${fullYear}-${fullMonth}-${day.padStart(2, '0')}`;
  return isCalendarDay(whole) ? whole : undefined;
}

interface DateParts {
  readonly day?: string;
  readonly month?: string;
  readonly year: string;
}

function splitDigits(digits: string): DateParts | undefined {
  switch (digits.length) {
    case 4:
      return { year: digits };
    case 6: {
      // `031985` is a month and a year where that makes one; `120385` a whole date otherwise.
      const isMonthAndYear = /^(0[1-9]|1[0-2])(19|20)\d\d$/.test(digits);
      if (isMonthAndYear) return { month: digits.slice(0, 2), year: digits.slice(2) };
      return { day: digits.slice(0, 2), month: digits.slice(2, 4), year: digits.slice(4) };
    }
    case 8:
      return { day: digits.slice(0, 2), month: digits.slice(2, 4), year: digits.slice(4) };
    default:
      return undefined;
  }
}

function splitSigns(text: string): DateParts | undefined {
  const iso = /^(\d{4})-(\d{1,2})(?:-(\d{1,2}))?$/.exec(text);
  if (iso !== null) return partsOf(iso[3], iso[2], iso[1]);
  const typed = /^(?:(\d{1,2})[./\s-]+)?(\d{1,2})[./\s-]+(\d{4}|\d{2})\.?$/.exec(text);
  if (typed === null) return undefined;
  // Two numbers are a month and a year, and then the year must be whole: `3.85` says too little.
  if (typed[1] === undefined && typed[3]?.length === 2) return undefined;
  return partsOf(typed[1], typed[2], typed[3]);
}

function partsOf(
  day: string | undefined,
  month: string | undefined,
  year: string | undefined,
): DateParts | undefined {
  if (year === undefined) return undefined;
  return {
    ...(day === undefined ? {} : { day }),
    ...(month === undefined ? {} : { month }),
    year,
  };
}

function guessCentury(year: string, today: string): string {
  const century = Number(today.slice(0, 2));
  const isPast = Number(year) <= Number(today.slice(2, 4));
  return `${isPast ? century : century - 1}${year}`;
}
