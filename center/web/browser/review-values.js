import { tell } from './review-words.js';

/** @import { Language } from './words.js' */

/** @param {string} date as far as it is known: `1985-03-12`, `1985-03` or `1985` */
const writeDate = (date) => date.split('-').reverse().join('.');

/**
 * @param {Language} language
 * @param {number} value
 * @param {number} digits
 */
const writeNumber = (language, value, digits) =>
  language === 'en' ? value.toFixed(digits) : value.toFixed(digits).replace('.', ',');

/** @param {readonly unknown[]} parts */
const joined = (parts) =>
  parts.filter((part) => part !== undefined && part !== '' && part !== false).join(', ');

/** @param {{ family: string, given: string, patronymic?: string | undefined }} name */
export const writeName = ({ family, given, patronymic }) =>
  [family, given, patronymic].filter(Boolean).join(' ');

/**
 * @param {Language} language
 * @param {{ date: string, approximate?: boolean | undefined }} birth
 */
export const writeBirth = (language, { date, approximate }) =>
  approximate === true ? tell(language, 'birth.about', { date: writeDate(date) }) : writeDate(date);

/** @param {string} pinfl */
export const writePinfl = (pinfl) => pinfl.replace(/^(\d)(\d{6})(\d{3})(\d{4})$/, '$1 $2 $3 $4');

/** @param {string} phone */
export const writePhone = (phone) => phone.replace(/^\+998(\d\d)(\d{3})(\d\d)(\d\d)$/, '+998 $1 $2 $3 $4');

/**
 * @param {Language} language
 * @param {{ mahalla?: string | undefined, line?: string | undefined }} address
 */
export const writeAddress = (language, { mahalla, line }) =>
  joined([line, mahalla && tell(language, 'review.mahalla-code', { code: mahalla })]);

/** Measured values in clinical order, with their units and digits. @type {readonly (readonly [string, string, number])[]} */
const vitals = [
  ['pulsePerMinute', 'perMinute', 0],
  ['temperatureCelsius', 'celsius', 1],
  ['spo2Percent', 'percent', 0],
  ['respirationPerMinute', 'perMinute', 0],
  ['weightKilograms', 'kilogram', 1],
  ['heightCentimetres', 'centimetre', 1],
  ['glucoseMmolPerLitre', 'mmolPerLitre', 1],
  ['painOfTen', 'ofTen', 0],
];

/**
 * @param {Language} language
 * @param {any} values
 */
function writeVitals(language, values) {
  const words = [];
  const { systolicMmHg: systolic, diastolicMmHg: diastolic } = values;
  if (systolic !== undefined || diastolic !== undefined) {
    const pressure = `${systolic ?? '–'}/${diastolic ?? '–'}`;
    words.push(`${tell(language, 'vital.pressure')} ${pressure} ${tell(language, 'unit.mmHg')}`);
  }
  for (const [name, unit, digits] of vitals) {
    if (typeof values[name] !== 'number') continue;
    const value = writeNumber(language, values[name], digits);
    words.push(`${tell(language, `vital.${name}`)} ${value} ${tell(language, `unit.${unit}`)}`);
  }
  return words.join(' · ');
}

/**
 * @param {Language} language
 * @param {any} entry
 */
function writeEntry(language, entry) {
  switch (entry.kind) {
    case 'state':
      return joined([
        tell(language, `visit-state.${entry.state}`),
        entry.room && `${tell(language, 'visit.room')} ${entry.room}`,
      ]);
    case 'vitals':
      return writeVitals(language, entry.values ?? {});
    case 'diagnosis':
      return joined([
        entry.icd10,
        tell(language, `diagnosis.${entry.role}`),
        tell(language, `diagnosis.${entry.certainty}`),
      ]);
    case 'void':
      return `${tell(language, 'entry.in-error')}: ${entry.reason}`;
    case 'restore':
      return tell(language, 'entry.restored');
    default:
      return String(entry.text ?? '');
  }
}

/** @type {Readonly<Record<string, (language: Language, value: any,
 *   linkedNames: Readonly<Record<string, string>>) => string>>} */
const writers = {
  name: (_, name) => writeName(name),
  sex: (language, sex) => tell(language, `sex.${sex}`),
  birth: writeBirth,
  pinfl: (_, pinfl) => writePinfl(pinfl),
  phone: (_, phone) => writePhone(phone),
  address: writeAddress,
  consent: (language, consent) => tell(language, consent.given ? 'consent.given' : 'consent.not-given'),
  allergyStatus: (language, status) => tell(language, `allergy.${status}`),
  allergies: (language, allergy) =>
    joined([
      allergy.substance,
      allergy.reaction,
      allergy.severity && tell(language, `allergy.${allergy.severity}`),
      allergy.enteredInError && tell(language, 'entry.in-error'),
    ]),
  problems: (language, problem) =>
    joined([problem.icd10, problem.note, problem.enteredInError && tell(language, 'entry.in-error')]),
  replacedBy: (language, { other }, linkedNames) => {
    const name = linkedNames[other];
    return name === undefined
      ? tell(language, 'review.joined')
      : tell(language, 'review.joined-with', { name });
  },
  voided: (language, mark) => `${tell(language, 'entry.in-error')}: ${mark.reason}`,
  roles: (language, roles) =>
    joined(roles.map((/** @type {string} */ role) => tell(language, `role.${role}`))),
  day: (_, day) => writeDate(day),
  urgency: (language, urgency) => tell(language, `urgency.${urgency}`),
  entries: writeEntry,
};

/**
 * One value of a field, given as JSON, in words; what has none is told member by member, never as JSON.
 * @param {Language} language
 * @param {string} field
 * @param {string | null | undefined} json
 * @param {Readonly<Record<string, string>>} [linkedNames] patients by id
 * @returns {string}
 */
export function writeValue(language, field, json, linkedNames = {}) {
  if (json === undefined || json === null || json === 'null') return tell(language, 'review.empty');
  try {
    const value = JSON.parse(json);
    if (typeof value?.tooLong === 'number')
      return tell(language, 'review.too-long', { count: value.tooLong });
    const words = writers[field]?.(language, value, linkedNames) ?? plainWords(language, value);
    return words === '' ? tell(language, 'review.empty') : words;
  } catch {
    return json;
  }
}

/**
 * @param {Language} language
 * @param {unknown} value
 * @returns {string}
 */
function plainWords(language, value) {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return tell(language, value ? 'answer.yes' : 'answer.no');
  if (typeof value !== 'object' || value === null) return '';
  return joined(Object.values(value).map((member) => plainWords(language, member)));
}
