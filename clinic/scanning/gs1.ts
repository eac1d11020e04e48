import { fail, ok, type Result } from '#contracts/result.ts';

/** Why a text is no GS1 element string. */
export type Gs1Issue = 'gs1.identifier' | 'gs1.length' | 'gs1.character' | 'gs1.repeated' | 'gs1.empty';

/** Values by application identifier, as in the code. */
export type Gs1Elements = ReadonlyMap<string, string>;

/** FNC1 as scanners send it: the separator behind values of no fixed length. */
export const gs1Separator = '\u001d';

/** Longest element string that is looked at: more than the largest DataMatrix of GS1 holds in practice. */
const longestText = 1000;
const mostElements = 30;

/**
 * Digits of an application identifier by its first two (GS1 General Specifications, section 3.2). Those that are missing are
 * not assigned.
 */
const identifierLengths: Readonly<Record<string, 2 | 3 | 4>> = {
  ...lengths(2, '00 01 02 03 10 11 12 13 15 16 17 20 21 22 30 37 90 91 92 93 94 95 96 97 98 99'),
  ...lengths(3, '23 24 25 40 41 42 71'),
  ...lengths(4, '31 32 33 34 35 36 39 43 70 72 80 81 82'),
};

/** Characters of a value of fixed length by the identifier's first two digits (section 7.8.5, figure 7.8.5-2). */
const fixedLengths: Readonly<Record<string, number>> = {
  '00': 18,
  '01': 14,
  '02': 14,
  '03': 14,
  '11': 6,
  '12': 6,
  '13': 6,
  '15': 6,
  '16': 6,
  '17': 6,
  '20': 2,
  '31': 6,
  '32': 6,
  '33': 6,
  '34': 6,
  '35': 6,
  '36': 6,
  '41': 13,
};

/** Most characters of values of no fixed length: those this program uses, and what any other may have. */
const longestValues: Readonly<Record<string, number>> = { '10': 20, '21': 20, '22': 20, '30': 8, '37': 8 };
const longestValue = 90;

function lengths<Length extends number>(length: Length, starts: string): Record<string, Length> {
  return Object.fromEntries(starts.split(' ').map((start) => [start, length]));
}

/**
 * Reads a GS1 element string: identifiers and values one behind the other, those of no fixed length closed by U+001D. A separator
 * at the start, the end or behind a value of fixed length does no harm. The same identifier twice with different values is refused.
 */
export function parseGs1(text: string): Result<Gs1Elements, Gs1Issue> {
  if (text.length > longestText) return fail('gs1.length');
  const elements = new Map<string, string>();
  let rest = withoutSeparators(text);
  while (rest !== '') {
    if (elements.size === mostElements) return fail('gs1.length');
    const element = firstElement(rest);
    if (!element.ok) return element;
    const { identifier, value, taken } = element.value;
    if ((elements.get(identifier) ?? value) !== value) return fail('gs1.repeated');
    elements.set(identifier, value);
    rest = withoutSeparators(rest.slice(taken));
  }
  return elements.size === 0 ? fail('gs1.empty') : ok(elements);
}

const withoutSeparators = (text: string): string => {
  let start = 0;
  while (text.charAt(start) === gs1Separator) start += 1;
  return text.slice(start);
};

interface Element {
  readonly identifier: string;
  readonly value: string;
  /** Characters of identifier and value. */
  readonly taken: number;
}

function firstElement(text: string): Result<Element, Gs1Issue> {
  const start = text.slice(0, 2);
  const identifierLength = identifierLengths[start];
  if (identifierLength === undefined) return fail('gs1.identifier');
  const identifier = text.slice(0, identifierLength);
  if (!/^\d+$/.test(identifier) || identifier.length < identifierLength) return fail('gs1.identifier');
  const value = valueBehind(text, identifierLength, fixedLengths[start]);
  const issue = issueOf(start, value);
  if (issue !== undefined) return fail(issue);
  return ok({ identifier, value, taken: identifierLength + value.length });
}

function valueBehind(text: string, from: number, fixed: number | undefined): string {
  if (fixed !== undefined) return text.slice(from, from + fixed);
  const end = text.indexOf(gs1Separator, from);
  return end === -1 ? text.slice(from) : text.slice(from, end);
}

/** GS1 character set 82 (figure 7.11-1): what a value may be made of. */
const character82 = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]*$/;

function issueOf(start: string, value: string): Gs1Issue | undefined {
  const fixed = fixedLengths[start];
  if (fixed !== undefined) {
    if (value.length !== fixed) return 'gs1.length';
    return /^\d+$/.test(value) ? undefined : 'gs1.character';
  }
  if (value.length === 0 || value.length > (longestValues[start] ?? longestValue)) return 'gs1.length';
  return character82.test(value) ? undefined : 'gs1.character';
}

/** Whether the last digit of a GTIN of 8, 12, 13 or 14 digits is the check digit of the others (section 7.9). */
export function isGtin(digits: string): boolean {
  if (!/^(\d{8}|\d{12,14})$/.test(digits)) return false;
  const weighted = [...digits]
    .reverse()
    .reduce((sum, digit, at) => sum + Number(digit) * (at % 2 === 1 ? 3 : 1), 0);
  return weighted % 10 === 0;
}

/**
 * `YYMMDD` of a code as `YYYY-MM-DD`; day 00 is the month's last (section 3.4.2). The century is the one that puts the year at most
 * 49 before and 50 after that of `today`, `YYYY-MM-DD` (section 7.12). Undefined if there is no such day.
 */
export function gs1Day(yymmdd: string, today: string): string | undefined {
  if (!/^\d{6}$/.test(yymmdd)) return undefined;
  const thisYear = Number(today.slice(0, 4));
  const behind = (((thisYear - Number(yymmdd.slice(0, 2))) % 100) + 100) % 100;
  const year = thisYear - behind + (behind > 49 ? 100 : 0);
  const month = Number(yymmdd.slice(2, 4));
  if (month < 1 || month > 12) return undefined;
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const day = yymmdd.endsWith('00') ? last : Number(yymmdd.slice(4, 6));
  if (day > last) return undefined;
  return `${year}-${yymmdd.slice(2, 4)}-${String(day).padStart(2, '0')}`;
}
