const dayMs = 86_400_000;
/** UTC+5 all year (facts of the country: no summer time). */
const offsetMs = 5 * 3_600_000;

/** Day number since 1970-01-01 by the calendar of Uzbekistan. */
export const dayInUzbekistan = (at: number) => Math.floor((at + offsetMs) / dayMs);
