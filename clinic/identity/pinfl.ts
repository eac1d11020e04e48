import { fail, ok, type Result } from '#contracts/result.ts';
import { isCalendarDay } from '../clinic-day.ts';

/** Why a text is no PINFL. The words are in the catalogues as `issue.<code>`. */
export type PinflIssue = 'pinfl.length' | 'pinfl.century' | 'pinfl.date' | 'pinfl.check-digit';

/** What a PINFL says of its bearer. */
export interface Pinfl {
  /** The 14 digits. */
  readonly digits: string;
  readonly sex: 'female' | 'male';
  /** `YYYY-MM-DD` */
  readonly birthDate: string;
}

const centuryByDigit: Readonly<Record<string, string>> = { '3': '19', '4': '19', '5': '20', '6': '20' };
const weights = [7, 3, 1] as const;

/** Check digit of 13 digits: the sum of digit times 7, 3, 1, 7, 3, 1 ... modulo 10. */
export function pinflCheckDigit(first13: string): number {
  const sum = [...first13].reduce((total, digit, at) => total + Number(digit) * (weights[at % 3] ?? 0), 0);
  return sum % 10;
}

/** Digits of what may be a PINFL typed with blanks or dashes; other characters stay and fail later. */
export const pinflDigits = (text: string): string => text.replace(/[\s-]/g, '');

/**
 * Reads a PINFL: century and sex, DDMMYY, area (3), serial (3), check digit. `text` may hold blanks and dashes.
 */
export function parsePinfl(text: string): Result<Pinfl, PinflIssue> {
  const digits = pinflDigits(text);
  if (!/^\d{14}$/.test(digits)) return fail('pinfl.length');
  const first = digits.charAt(0);
  const century = centuryByDigit[first];
  if (century === undefined) return fail('pinfl.century');
  const birthDate = `${century}${digits.slice(5, 7)}-${digits.slice(3, 5)}-${digits.slice(1, 3)}`;
  if (!isCalendarDay(birthDate)) return fail('pinfl.date');
  if (pinflCheckDigit(digits.slice(0, 13)) !== Number(digits.charAt(13))) return fail('pinfl.check-digit');
  return ok({ digits, sex: Number(first) % 2 === 1 ? 'male' : 'female', birthDate });
}

/** Which of the stated facts a PINFL contradicts. A birth date known in part must agree in that part. */
export function pinflContradictions(
  pinfl: Pinfl,
  stated: { readonly sex: 'female' | 'male'; readonly birth: { readonly date: string } },
): readonly ('sex' | 'birth')[] {
  const contradictions: ('sex' | 'birth')[] = [];
  if (pinfl.sex !== stated.sex) contradictions.push('sex');
  if (!pinfl.birthDate.startsWith(stated.birth.date)) contradictions.push('birth');
  return contradictions;
}
