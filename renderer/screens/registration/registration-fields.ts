import * as v from 'valibot';
import { formatDate } from '#clinic/formats.ts';
import { registrationIssues } from '#clinic/forms/registration.ts';
import { normalizeNameParts } from '#clinic/identity/names.ts';
import { formatPhone, normalizePhone } from '#clinic/identity/phone.ts';
import { pinflDigits } from '#clinic/identity/pinfl.ts';
import { parseTypedDate } from '#clinic/identity/typed-dates.ts';
import { type Registration, RegistrationSchema } from '#contracts/bridge/requests.ts';
import type { PatientRecord } from '#contracts/bridge/views.ts';
import type { Day } from '#contracts/ids.ts';
import type { Mistake } from '../../parts/error-summary.tsx';
import type { Translate } from '../../wording/words.ts';

/** The form as it is typed, and as a draft keeps it. */
export const RegistrationFieldsSchema = v.object({
  family: v.string(),
  given: v.string(),
  patronymic: v.string(),
  sex: v.picklist(['', 'female', 'male']),
  birth: v.string(),
  isBirthApproximate: v.boolean(),
  pinfl: v.string(),
  phone: v.string(),
  mahallaCode: v.string(),
  mahallaName: v.string(),
  addressLine: v.string(),
  hasConsent: v.boolean(),
  allergyStatus: v.picklist(['none-known', 'not-recorded']),
});
export type RegistrationFields = v.InferOutput<typeof RegistrationFieldsSchema>;

const empty: RegistrationFields = {
  family: '',
  given: '',
  patronymic: '',
  sex: '',
  birth: '',
  isBirthApproximate: false,
  pinfl: '',
  phone: '',
  mahallaCode: '',
  mahallaName: '',
  addressLine: '',
  hasConsent: false,
  allergyStatus: 'not-recorded',
};

/** A new form; what was typed into the search goes where it fits. */
export function newFields(searched: string, today: Day): RegistrationFields {
  const text = searched.trim();
  if (/^[\d\s-]{14,}$/.test(text)) return { ...empty, pinfl: pinflDigits(text) };
  const birth = parseTypedDate(text, today);
  if (birth !== undefined) return { ...empty, birth: text };
  if (normalizePhone(text) !== undefined) return { ...empty, phone: text };
  const [family = '', given = '', ...rest] = text.split(/\s+/);
  const name = normalizeNameParts({ family, given, patronymic: rest.join(' ') });
  return { ...empty, family: name.family, given: name.given, patronymic: name.patronymic ?? '' };
}

/** The form that changes what is recorded. */
export function fieldsOf({ body, mahallaName }: PatientRecord): RegistrationFields {
  return {
    family: body.name.family,
    given: body.name.given,
    patronymic: body.name.patronymic ?? '',
    sex: body.sex,
    birth: formatDate(body.birth.date),
    isBirthApproximate: body.birth.approximate === true,
    pinfl: body.pinfl ?? '',
    phone: body.phone === undefined ? '' : formatPhone(body.phone),
    mahallaCode: body.address?.mahalla ?? '',
    mahallaName: mahallaName ?? '',
    addressLine: body.address?.line ?? '',
    hasConsent: body.consent?.given === true,
    allergyStatus: body.allergyStatus === 'none-known' ? 'none-known' : 'not-recorded',
  };
}

/** What the form says so far. It may not fit the schema yet. */
export function typedRegistration(fields: RegistrationFields, today: Day) {
  const date = parseTypedDate(fields.birth, today) ?? '';
  const phone = fields.phone.trim();
  const patronymic = fields.patronymic.trim();
  const line = fields.addressLine.trim();
  const pinfl = pinflDigits(fields.pinfl);
  const hasAddress = fields.mahallaCode !== '' || line !== '';
  return {
    name: { family: fields.family, given: fields.given, ...(patronymic === '' ? {} : { patronymic }) },
    sex: fields.sex === '' ? undefined : fields.sex,
    birth: { date, ...(fields.isBirthApproximate ? { approximate: true } : {}) },
    ...(pinfl === '' ? {} : { pinfl }),
    ...(phone === '' ? {} : { phone: normalizePhone(phone) ?? phone }),
    ...(hasAddress
      ? {
          address: {
            ...(fields.mahallaCode === '' ? {} : { mahalla: fields.mahallaCode }),
            ...(line === '' ? {} : { line }),
          },
        }
      : {}),
    hasConsent: fields.hasConsent,
    allergyStatus: fields.allergyStatus,
  };
}

/** Field of the form for each path of a registration, in the order of the form. */
const fieldIdByPath: readonly (readonly [path: string, fieldId: string])[] = [
  ['pinfl', 'pinfl'],
  ['name.family', 'family'],
  ['name.given', 'given'],
  ['name.patronymic', 'patronymic'],
  ['birth.date', 'birth'],
  ['sex', 'sex-female'],
  ['phone', 'phone'],
  ['address.mahalla', 'mahalla'],
  ['address.line', 'address-line'],
];

/** Turns issues (paths and message ids) into lines of the error summary, in the order of the form, one for each field. */
export function mistakesOf(
  t: Translate,
  issues: readonly { path: string; message: string }[],
): readonly Mistake[] {
  const mistakes = fieldIdByPath.flatMap(([path, fieldId]) => {
    const issue = issues.find((each) => each.path === path);
    return issue === undefined ? [] : [{ fieldId, words: t(`issue.${issue.message}`) }];
  });
  const others = issues.filter((issue) => fieldIdByPath.every(([path]) => path !== issue.path));
  return [...mistakes, ...others.map(() => ({ fieldId: 'family', words: t('issue.field.invalid') }))];
}

export interface Checked {
  readonly registration: Registration | null;
  readonly mistakes: readonly Mistake[];
}

/**
 * The registration to save, or what is wrong. `before` is the record that is changed: a PINFL that was imported with a
 * fault does not forbid to change the rest.
 */
export function checkFields(
  t: Translate,
  fields: RegistrationFields,
  today: Day,
  before: PatientRecord | null,
): Checked {
  const typed = typedRegistration(fields, today);
  const isOldPinfl = before !== null && before.body.pinfl === typed.pinfl;
  const issues = registrationIssues(typed)
    .filter((issue) => !(isOldPinfl && issue.path === 'pinfl'))
    .map((issue) =>
      isUnreadableBirth(issue.path, fields) ? { ...issue, message: 'birth.not-a-day' } : issue,
    );
  const parsed = v.safeParse(RegistrationSchema, typed);
  return {
    registration: issues.length === 0 && parsed.success ? parsed.output : null,
    mistakes: mistakesOf(t, issues),
  };
}

const isUnreadableBirth = (path: string, fields: RegistrationFields): boolean =>
  path === 'birth.date' && fields.birth.trim() !== '';
