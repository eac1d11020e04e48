import type { PatientSummary } from '#contracts/bridge/views.ts';
import type { Day } from '#contracts/ids.ts';
import { describeAge, describeBirth } from '../wording/dates.ts';
import type { Translate } from '../wording/words.ts';

type Name = PatientSummary['name'];

/** `FAMILY, Given Patronymic`: the family name apart by capitals (banner rule of the NHS common user interface). */
export const bannerName = (name: Name): string =>
  [shortBannerName(name), name.patronymic].filter(Boolean).join(' ');

/** `FAMILY, Given`. */
export const shortBannerName = (name: Name): string => `${name.family.toUpperCase()}, ${name.given}`;

/** `Family Given Patronymic`, for sentences. */
export const plainName = (name: Name): string =>
  [name.family, name.given, name.patronymic].filter(Boolean).join(' ');

/** `12.03.1985 · 41 years`. */
export function birthAndAge(t: Translate, birth: PatientSummary['birth'], today: Day): string {
  const age = describeAge(t, birth, today);
  const date = describeBirth(t, birth);
  return age === null ? date : `${date} · ${age}`;
}

/** The 14 digits in the groups people read them in: `4 120385 012 3456`. */
export const formatPinfl = (pinfl: string): string =>
  pinfl.replace(/^(\d)(\d{6})(\d{3})(\d{4})$/, '$1 $2 $3 $4');

/**
 * A temporary number is shown by its end: it only tells patients of one list apart, and its beginning is the time, the same for
 * everybody who was registered within a minute.
 */
export const formatTemporary = (number: string): string => number.slice(-8).toUpperCase();

/** First letters of a member of staff. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return words
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join('');
}
