// Dates and numbers without Intl: browsers lack the data of Uzbek in Latin script (docs/specs/center.md PAGE-6).
import { words } from './words.js';

/** @import { Language, Word } from './words.js' */

/** UTC+5 all year. */
const offsetMs = 5 * 3_600_000;
const dayMs = 86_400_000;

/** @param {number} value */
const twoDigits = (value) => String(value).padStart(2, '0');

/**
 * @param {Language} language
 * @param {Word} word
 */
export const say = (language, word) => words[language][word];

/**
 * A count in groups of three digits.
 * @param {Language} language
 * @param {number} value
 */
export function writeCount(language, value) {
  const groups = String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
  return groups.replaceAll(' ', language === 'en' ? ',' : '\u00a0');
}

/**
 * A moment by the clock of Uzbekistan: the time alone if it is of the same day as `now`.
 * @param {number} at milliseconds since 1970
 * @param {number} now milliseconds since 1970
 */
export function writeMoment(at, now) {
  const there = new Date(at + offsetMs);
  const time = [there.getUTCHours(), there.getUTCMinutes(), there.getUTCSeconds()].map(twoDigits).join(':');
  if (Math.floor((at + offsetMs) / dayMs) === Math.floor((now + offsetMs) / dayMs)) return time;
  return `${twoDigits(there.getUTCDate())}.${twoDigits(there.getUTCMonth() + 1)}.${there.getUTCFullYear()} ${time}`;
}

/** @type {readonly (readonly [Word, number])[]} */
const units = [
  ['days', dayMs],
  ['hours', 3_600_000],
  ['minutes', 60_000],
  ['seconds', 1_000],
];

/**
 * A span of time in its largest unit, with its sign.
 * @param {Language} language
 * @param {number} spanMs
 */
export function writeSpan(language, spanMs) {
  const size = Math.abs(spanMs);
  const [unit, unitMs] = units.find(([, length]) => size >= length) ?? ['seconds', 1_000];
  const sign = size < 1_000 ? '' : spanMs < 0 ? '−' : '+';
  return `${sign}${Math.round(size / unitMs)}\u00a0${say(language, unit)}`;
}

/**
 * How many records of a workstation were healed (docs/specs/sync.md DIG-6); null where there were none, or its program tells none.
 * @param {Language} language
 * @param {number | null} healed
 */
export function writeHealed(language, healed) {
  return healed === null || healed === 0
    ? null
    : `${say(language, 'healedRecords')}: ${writeCount(language, healed)}`;
}
