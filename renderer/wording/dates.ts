import { ageOn } from '#clinic/age.ts';
import { addDays, dayAt, timeAt } from '#clinic/clinic-day.ts';
import { formatDate } from '#clinic/formats.ts';
import type { Day, Instant } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import type { Translate } from './words.ts';

/** The day in words where it is near, else as a date. */
export function describeDay(t: Translate, day: Day, today: Day): string {
  if (day === today) return t('day.today');
  if (day === addDays(today, -1)) return t('day.yesterday');
  return formatDate(day);
}

/** `10:42` if today, else `21.11. 10:42`; another year is named. */
export function describeInstant(instant: Instant, today: Day): string {
  const day = dayAt(instant);
  if (day === today) return timeAt(instant);
  const date = formatDate(day);
  return `${day.slice(0, 4) === today.slice(0, 4) ? date.slice(0, 5) : date} ${timeAt(instant)}`;
}

/** Birth date as far as it is known; an approximate one says so. */
export function describeBirth(t: Translate, birth: PatientBody['birth']): string {
  const date = formatDate(birth.date);
  return birth.approximate === true ? t('birth.about', { date }) : date;
}

/** Age in the unit a clinician thinks in, or null for a birth after the clock. */
export function describeAge(t: Translate, birth: PatientBody['birth'], today: Day): string | null {
  const age = ageOn(birth, today);
  if (age === undefined) return null;
  const words = t(`age.${age.unit}`, { count: age.value });
  return age.isApproximate ? t('age.about', { age: words }) : words;
}

/** A waiting time: minutes under two hours, then hours. */
export function describeWait(t: Translate, ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 120) return t('wait.minutes', { count: minutes });
  return t('wait.hours', { count: Math.floor(minutes / 60) });
}
