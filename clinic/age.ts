import type { Day } from '#contracts/ids.ts';

/** How old somebody is, in the unit that says most: days under a month, months under two years, then years. */
export interface Age {
  readonly value: number;
  readonly unit: 'days' | 'months' | 'years';
  /** The birth date is known in part or was estimated: the value may be one too high or low. */
  readonly isApproximate: boolean;
}

/**
 * Age on `today`, which comes from a clock that may be wrong. Undefined when the birth lies after it. Of a birth known by
 * year or month only, the middle is taken.
 */
export function ageOn(
  birth: { readonly date: string; readonly approximate?: boolean | undefined },
  today: Day,
): Age | undefined {
  const isWhole = birth.date.length === 10;
  const born = isWhole ? birth.date : middleOf(birth.date, today);
  if (born > today) return undefined;
  const isApproximate = !isWhole || birth.approximate === true;
  const months = wholeMonths(born, today);
  if (months >= 24) return { value: Math.floor(months / 12), unit: 'years', isApproximate };
  if (months >= 1) return { value: months, unit: 'months', isApproximate };
  const days = Math.round((Date.parse(today) - Date.parse(born)) / 86_400_000);
  return { value: days, unit: 'days', isApproximate };
}

/** Age in completed months for rules, or undefined when the birth lies after `today`. */
export function ageInMonths(birth: { readonly date: string }, today: Day): number | undefined {
  const born = birth.date.length === 10 ? birth.date : middleOf(birth.date, today);
  return born > today ? undefined : wholeMonths(born, today);
}

/** Age in completed years for rules, or undefined when the birth lies after `today`. */
export function ageInYears(birth: { readonly date: string }, today: Day): number | undefined {
  const months = ageInMonths(birth, today);
  return months === undefined ? undefined : Math.floor(months / 12);
}

/** The middle of the year or month, but not after `today` if some of it is before. */
function middleOf(partial: string, today: Day): string {
  const middle = partial.length === 4 ? `${partial}-07-01` : `${partial}-15`;
  return middle > today && today.startsWith(partial) ? today : middle;
}

/** Completed months from one day to another, both `YYYY-MM-DD`. */
function wholeMonths(from: string, to: string): number {
  const months =
    (Number(to.slice(0, 4)) - Number(from.slice(0, 4))) * 12 +
    Number(to.slice(5, 7)) -
    Number(from.slice(5, 7));
  return to.slice(8, 10) < from.slice(8, 10) ? months - 1 : months;
}
