import * as v from 'valibot';
import { type Day, DaySchema, type Instant } from '#contracts/ids.ts';

/** Uzbekistan is at UTC+5 all year. */
const offsetMs = 5 * 60 * 60 * 1000;
const dayMs = 24 * 60 * 60 * 1000;

/** The calendar day at the clinic at `instant`. */
export function dayAt(instant: Instant): Day {
  return v.parse(DaySchema, new Date(instant + offsetMs).toISOString().slice(0, 10));
}

/** Time of day at the clinic, `HH:MM`. */
export function timeAt(instant: Instant): string {
  return new Date(instant + offsetMs).toISOString().slice(11, 16);
}

/** The instants of `day` at the clinic: from `start` to before `end`. */
export function instantsOfDay(day: Day): { readonly start: Instant; readonly end: Instant } {
  const start = Date.parse(`${day}T00:00:00.000Z`) - offsetMs;
  return { start, end: start + dayMs };
}

/** The day `days` after `day` (before it, if negative). */
export function addDays(day: Day, days: number): Day {
  const moved = new Date(Date.parse(`${day}T00:00:00.000Z`) + days * dayMs);
  return v.parse(DaySchema, moved.toISOString().slice(0, 10));
}

/** Whole days from `from` to `to`. */
export function daysBetween(from: Day, to: Day): number {
  return Math.round((Date.parse(`${to}T00:00:00.000Z`) - Date.parse(`${from}T00:00:00.000Z`)) / dayMs);
}

/** Whether `YYYY-MM-DD` is a day that exists. */
export function isCalendarDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const instant = Date.parse(`${text}T00:00:00.000Z`);
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(text);
}
