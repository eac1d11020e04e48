import { parseTypedDate } from '../identity/typed-dates.ts';
import type { NumberFit, QueryNumber } from '../ports/search-rules.ts';

/** Least digits that are looked up as the end of a PINFL or of a telephone number. */
const leastEnding = 4;

/** The numbers of a text that are looked for, and whether there are digits that are not. */
export interface UnderstoodNumbers {
  readonly numbers: readonly QueryNumber[];
  readonly hasMeaningless: boolean;
}

/**
 * The numbers in a text and what each may mean (SEA-7): a birth date or year, the beginning or end of a PINFL, the
 * beginning or end of a telephone number. Numbers that stand together are one ("90 123 45 67"), dates keep their signs.
 */
export function understandNumbers(text: string): UnderstoodNumbers {
  const runs = text.match(/\+?\d[\d\s().,/+-]*/g) ?? [];
  const understood = runs.map((run) => meaningsOf(run.trim().replace(/[^\d]+$/, '')));
  const numbers = understood.filter((meanings) => meanings.length > 0).map((meanings) => ({ meanings }));
  return { numbers, hasMeaningless: numbers.length < understood.length };
}

function meaningsOf(run: string): readonly NumberFit[] {
  const digits = run.replace(/\D/g, '');
  return [...birthMeanings(run), ...pinflMeanings(digits), ...phoneMeanings(digits)];
}

/** A year of two digits may lie in either century. */
function birthMeanings(run: string): readonly NumberFit[] {
  const dates = [parseTypedDate(run, '1999-12-31'), parseTypedDate(run, '2099-12-31')];
  const known = [...new Set(dates)].filter((date) => date !== undefined);
  return known.map((date) => ({ field: 'birth', beginning: date }));
}

function pinflMeanings(digits: string): readonly NumberFit[] {
  if (digits.length < leastEnding || digits.length > 14) return [];
  return [
    { field: 'pinfl', beginning: digits },
    { field: 'pinflReversed', beginning: reversed(digits) },
  ];
}

function phoneMeanings(digits: string): readonly NumberFit[] {
  const local = digits.length > 9 && digits.startsWith('998') ? digits.slice(3) : digits;
  if (local.length < leastEnding || local.length > 9) return [];
  return [
    { field: 'phone', beginning: local },
    { field: 'phoneReversed', beginning: reversed(local) },
  ];
}

/** The digits from the last to the first: so an ending is found by an index. */
export const reversed = (digits: string): string => [...digits].reverse().join('');
