import * as v from 'valibot';
import { formatDate } from '#clinic/formats.ts';
import { formatPhone } from '#clinic/identity/phone.ts';
import type { Language } from '#contracts/languages.ts';
import { PatientBodySchema } from '#contracts/records/patients.ts';
import type { ConflictingField } from '#contracts/records/reviews.ts';
import { UrgencySchema, VisitEntrySchema } from '#contracts/records/visits.ts';
import { formatPinfl, plainName } from '../../parts/patient-words.ts';
import { vitalWords } from '../../parts/vital-words.ts';
import { describeBirth } from '../../wording/dates.ts';
import type { Translate } from '../../wording/words.ts';

type Describe = (value: unknown, t: Translate, language: Language) => string | null;

/** Reads with the schema of the field; null when the value is of another shape. */
const reader =
  <Schema extends v.GenericSchema>(
    schema: Schema,
    describe: (value: NonNullable<v.InferOutput<Schema>>, t: Translate, language: Language) => string,
  ): Describe =>
  (value, t, language) => {
    const parsed = v.safeParse(schema, value);
    if (!parsed.success || parsed.output === undefined || parsed.output === null) return null;
    return describe(parsed.output, t, language);
  };

const patient = PatientBodySchema.entries;
const text = reader(v.string(), (value) => value);

const describers: Readonly<Record<string, Describe>> = {
  name: reader(patient.name, plainName),
  sex: reader(patient.sex, (sex, t) => t(`sex.${sex}`)),
  birth: reader(patient.birth, (birth, t) => describeBirth(t, birth)),
  pinfl: reader(patient.pinfl, formatPinfl),
  phone: reader(patient.phone, formatPhone),
  address: reader(patient.address, (address, t) =>
    [address.line, address.mahalla && t('review.mahalla-code', { code: address.mahalla })]
      .filter(Boolean)
      .join(', '),
  ),
  consent: reader(patient.consent, (consent, t) => t(consent.given ? 'consent.given' : 'consent.not-given')),
  allergyStatus: reader(patient.allergyStatus, (status, t) => t(`allergy.${status}`)),
  allergies: reader(patient.allergies.pipe[0].item, (allergy, t) =>
    [
      allergy.substance,
      allergy.reaction,
      allergy.severity && t(`allergy.${allergy.severity}`),
      allergy.enteredInError && t('entry.in-error'),
    ]
      .filter(Boolean)
      .join(', '),
  ),
  problems: reader(patient.problems.pipe[0].item, (problem, t) =>
    [problem.icd10, problem.note, problem.enteredInError && t('entry.in-error')].filter(Boolean).join(', '),
  ),
  bloodGroup: text,
  voided: reader(patient.voided, (mark) => mark.reason),
  reason: text,
  day: reader(v.string(), formatDate),
  urgency: reader(UrgencySchema, (urgency, t) => t(`urgency.${urgency}`)),
  entries: reader(VisitEntrySchema, describeEntry),
};

function describeEntry(
  entry: v.InferOutput<typeof VisitEntrySchema>,
  t: Translate,
  language: Language,
): string {
  switch (entry.kind) {
    case 'state':
      return t(`visit-state.${entry.state}`);
    case 'vitals':
      return vitalWords(entry.values, t, language).join(' · ');
    case 'complaint':
    case 'note':
      return entry.text;
    case 'diagnosis':
      return `${entry.icd10}, ${t(`diagnosis.${entry.role}`)}, ${t(`diagnosis.${entry.certainty}`)}`;
    case 'void':
      return `${t('entry.in-error')}: ${entry.reason}`;
    case 'restore':
      return t('entry.restored');
  }
}

/** One side of a conflicting field in words; what has no words of its own is shown as it is, never left out. */
export function describeField(
  field: ConflictingField,
  side: 'base' | 'mine' | 'theirs',
  t: Translate,
  language: Language,
): string {
  const json = field[side];
  if (json === undefined || json === 'null') return t('review.empty');
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson()), json);
  if (!parsed.success) return json;
  return describers[field.field]?.(parsed.output, t, language) ?? json;
}
