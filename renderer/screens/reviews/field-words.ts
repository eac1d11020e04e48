import * as v from 'valibot';
import { formatDate } from '#clinic/formats.ts';
import { formatPhone } from '#clinic/identity/phone.ts';
import type { Person } from '#contracts/bridge/views.ts';
import { type Day, DaySchema, type Instant, InstantSchema, PersonIdSchema } from '#contracts/ids.ts';
import type { Language } from '#contracts/languages.ts';
import { PatientBodySchema } from '#contracts/records/patients.ts';
import { UrgencySchema, VisitEntrySchema } from '#contracts/records/visits.ts';
import { RoleSchema } from '#contracts/roles.ts';
import { formatPinfl, formatTemporary, plainName } from '../../parts/patient-words.ts';
import { vitalWords } from '../../parts/vital-words.ts';
import { describeBirth, describeInstant } from '../../wording/dates.ts';
import type { Translate } from '../../wording/words.ts';

/** What the words of a value are made with. */
export interface Naming {
  readonly t: Translate;
  readonly language: Language;
  readonly today: Day;
  /** Names by code. */
  readonly mahallas: Readonly<Record<string, string>>;
  /** Patients by id. */
  readonly linkedNames: Readonly<Record<string, string>>;
  readonly icd10Names: ReadonlyMap<string, string>;
  readonly people: readonly Person[];
}

type Describe = (value: unknown, naming: Naming) => string | null;

/** Reads with the schema of the field; null when the value is of another shape. */
const reader =
  <Schema extends v.GenericSchema>(
    schema: Schema,
    describe: (value: NonNullable<v.InferOutput<Schema>>, naming: Naming) => string,
  ): Describe =>
  (value, naming) => {
    const parsed = v.safeParse(schema, value);
    if (!parsed.success || parsed.output === undefined || parsed.output === null) return null;
    return describe(parsed.output, naming);
  };

const patient = PatientBodySchema.entries;
const text = reader(v.string(), (value) => value);
const joined = (parts: readonly (string | false | undefined)[]): string => parts.filter(Boolean).join(', ');

const LinkSchema = v.object({ other: v.string() });

const describers: Readonly<Record<string, Describe>> = {
  name: reader(patient.name, plainName),
  sex: reader(patient.sex, (sex, { t }) => t(`sex.${sex}`)),
  birth: reader(patient.birth, (birth, { t }) => describeBirth(t, birth)),
  pinfl: reader(patient.pinfl, formatPinfl),
  temporaryNumber: reader(v.string(), formatTemporary),
  phone: reader(patient.phone, formatPhone),
  address: reader(patient.address, ({ mahalla, line }, { t, mahallas }) =>
    joined([line, mahalla && (mahallas[mahalla] ?? t('review.mahalla-code', { code: mahalla }))]),
  ),
  consent: reader(patient.consent, (consent, { t }) =>
    t(consent.given ? 'consent.given' : 'consent.not-given'),
  ),
  allergyStatus: reader(patient.allergyStatus, (status, { t }) => t(`allergy.${status}`)),
  allergies: reader(patient.allergies.pipe[0].item, (allergy, { t }) =>
    joined([
      allergy.substance,
      allergy.reaction,
      allergy.severity && t(`allergy.${allergy.severity}`),
      allergy.enteredInError && t('entry.in-error'),
    ]),
  ),
  problems: reader(patient.problems.pipe[0].item, (problem, { t, icd10Names }) =>
    joined([
      withName(problem.icd10, icd10Names),
      problem.note,
      problem.enteredInError && t('entry.in-error'),
    ]),
  ),
  bloodGroup: text,
  replacedBy: reader(LinkSchema, ({ other }, { t, linkedNames }) => {
    const name = linkedNames[other];
    return name === undefined ? t('review.joined') : t('review.joined-with', { name });
  }),
  voided: reader(patient.voided, (mark, { t }) => `${t('entry.in-error')}: ${mark.reason}`),
  roles: reader(v.array(RoleSchema), (roles, { t }) => joined(roles.map((role) => t(`role.${role}`)))),
  reason: text,
  day: reader(DaySchema, formatDate),
  urgency: reader(UrgencySchema, (urgency, { t }) => t(`urgency.${urgency}`)),
  entries: reader(VisitEntrySchema, describeEntry),
};

const withName = (icd10: string, names: ReadonlyMap<string, string>): string =>
  [icd10, names.get(icd10)].filter(Boolean).join(' ');

function describeEntry(entry: v.InferOutput<typeof VisitEntrySchema>, naming: Naming): string {
  const { t, language, icd10Names } = naming;
  switch (entry.kind) {
    case 'state':
      return joined([t(`visit-state.${entry.state}`), entry.room && `${t('visit.room')} ${entry.room}`]);
    case 'vitals':
      return vitalWords(entry.values, t, language).join(' · ');
    case 'complaint':
    case 'note':
      return entry.text;
    case 'diagnosis':
      return joined([
        withName(entry.icd10, icd10Names),
        t(`diagnosis.${entry.role}`),
        t(`diagnosis.${entry.certainty}`),
      ]);
    case 'void':
      return `${t('entry.in-error')}: ${entry.reason}`;
    case 'restore':
      return t('entry.restored');
  }
}

const TooLongSchema = v.strictObject({ tooLong: v.number() });

/**
 * One value of a conflicting field, given as JSON, in words. A value that no record type knows is still told, member by
 * member; never as JSON.
 */
export function describeValue(field: string, json: string | null | undefined, naming: Naming): string {
  const { t } = naming;
  if (json === undefined || json === null || json === 'null') return t('review.empty');
  const value = parsed(json);
  const tooLong = v.safeParse(TooLongSchema, value);
  if (tooLong.success) return t('review.too-long', { count: tooLong.output.tooLong });
  const words = describers[field]?.(value, naming) ?? plainWords(value, naming);
  return words === '' ? t('review.empty') : words;
}

function parsed(json: string): unknown {
  const result = v.safeParse(v.pipe(v.string(), v.parseJson()), json);
  return result.success ? result.output : json;
}

function plainWords(value: unknown, naming: Naming): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return naming.t(value ? 'answer.yes' : 'answer.no');
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value)
    .map((member) => plainWords(member, naming))
    .filter((words) => words !== '')
    .join(', ');
}

const AuthoredSchema = v.object({ by: PersonIdSchema, at: InstantSchema });

/** Who wrote a value and when, where the value says so itself: entries, allergies, marks. */
export function describeAuthor(json: string | null | undefined, { people, today }: Naming): string | null {
  const authored = v.safeParse(AuthoredSchema, parsed(json ?? ''));
  if (!authored.success) return null;
  const person = people.find(({ id }) => id === authored.output.by);
  return personAndTime(person ?? null, authored.output.at, today);
}

/** `Yusupova Malika, 10:42`. */
export function personAndTime(person: Person | null, at: Instant | undefined, today: Day): string | null {
  const words = [person?.name, at === undefined ? undefined : describeInstant(at, today)].filter(Boolean);
  return words.length === 0 ? null : words.join(', ');
}

const CodedSchema = v.object({ icd10: v.string() });

/** ICD-10 codes in values, to be shown with their names. */
export function codesIn(values: readonly (string | null | undefined)[]): readonly string[] {
  const codes = values.flatMap((json) => {
    const coded = v.safeParse(CodedSchema, parsed(json ?? ''));
    return coded.success ? [coded.output.icd10] : [];
  });
  return [...new Set(codes)];
}
