import * as v from 'valibot';
import { EntryIdSchema, InstantSchema, PersonIdSchema, RecordIdSchema } from '../ids.ts';
import { filledText, recordType, text } from './record.ts';

/** Birth date as far as it is known: `1985-03-12`, `1985-03` or `1985`. */
export const BirthDateSchema = v.pipe(
  v.string(),
  v.regex(/^(18|19|20)\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/, 'not a birth date'),
);

/** National mahalla code: eight digits; those of the city of Tashkent are written `101-0085`. */
export const MahallaCodeSchema = v.pipe(v.string(), v.regex(/^\d{3}[\d-]\d{4}$/, 'not a mahalla code'));

/** Personal identification number of an individual: 14 digits. Its check digit is a matter of clinic/identity. */
export const PinflSchema = v.pipe(v.string(), v.regex(/^\d{14}$/, 'not 14 digits'));

export const AllergySchema = v.object({
  id: EntryIdSchema,
  substance: filledText(120),
  reaction: v.optional(text(200)),
  severity: v.optional(v.picklist(['mild', 'severe'])),
  at: InstantSchema,
  by: PersonIdSchema,
  /** Set when the entry turned out to be wrong; it stays visible, struck through. */
  enteredInError: v.optional(v.boolean()),
});

export const ProblemSchema = v.object({
  id: EntryIdSchema,
  icd10: v.pipe(v.string(), v.regex(/^[A-Z]\d\d(\.\d{1,2})?$/, 'not an ICD-10 code')),
  note: v.optional(text(200)),
  at: InstantSchema,
  by: PersonIdSchema,
  enteredInError: v.optional(v.boolean()),
});

/** Identity, contacts, address, consent, allergies, problem list of one citizen. */
export const PatientBodySchema = v.object({
  /** As on the document, in the script it was entered in. */
  name: v.object({ family: filledText(80), given: filledText(80), patronymic: v.optional(text(80)) }),
  sex: v.picklist(['female', 'male']),
  birth: v.object({ date: BirthDateSchema, approximate: v.optional(v.boolean()) }),
  pinfl: v.optional(PinflSchema),
  /** Stands in while the PINFL is not known: identifier of type MRT of the national guide, a UUID. */
  temporaryNumber: v.optional(v.pipe(v.string(), v.uuid())),
  /** +998 and nine digits. */
  phone: v.optional(v.pipe(v.string(), v.regex(/^\+998\d{9}$/, 'not +998 and nine digits'))),
  address: v.optional(
    v.object({
      mahalla: v.optional(MahallaCodeSchema),
      line: v.optional(text(200)),
    }),
  ),
  consent: v.optional(v.object({ given: v.boolean(), at: InstantSchema, by: PersonIdSchema })),
  /** `not-recorded` until somebody asked. `known` shows in the banner before everything else. */
  allergyStatus: v.picklist(['known', 'none-known', 'not-recorded']),
  allergies: v.pipe(v.array(AllergySchema), v.maxLength(100)),
  problems: v.pipe(v.array(ProblemSchema), v.maxLength(200)),
  bloodGroup: v.optional(v.picklist(['0+', '0-', 'A+', 'A-', 'B+', 'B-', 'AB+', 'AB-'])),
  /**
   * This record and `other` are one person, and `other` is the one to go on with (FHIR Patient.link `replaced-by`). Both
   * records stay; taking the link back takes the field away.
   */
  replacedBy: v.optional(
    v.object({
      other: RecordIdSchema,
      at: InstantSchema,
      by: PersonIdSchema,
      reviewId: v.optional(RecordIdSchema),
    }),
  ),
  /** Nothing is deleted: a void record says why it must not be used. */
  voided: v.optional(v.object({ reason: filledText(200), at: InstantSchema, by: PersonIdSchema })),
});
export type PatientBody = v.InferOutput<typeof PatientBodySchema>;

export const patients = recordType({
  collection: 'patients',
  version: 0,
  upgrades: {},
  body: PatientBodySchema,
  lane: 1,
  merge: {
    kind: 'fields',
    fields: {
      name: 'atom',
      sex: 'atom',
      birth: 'atom',
      pinfl: 'atom',
      temporaryNumber: 'atom',
      phone: 'atom',
      address: 'atom',
      consent: 'atom',
      allergyStatus: 'atom',
      allergies: 'union',
      problems: 'union',
      bloodGroup: 'atom',
      replacedBy: 'atom',
      voided: 'atom',
    },
  },
  indexed: [
    { path: 'body.birth.date', type: 'string', maxLength: 10 },
    { path: 'body.replacedBy.other', type: 'string', maxLength: 36 },
  ],
  indexes: [['body.birth.date'], ['body.replacedBy.other'], ['capturedAt']],
});
