import * as v from 'valibot';
import { DaySchema, EntryIdSchema, InstantSchema, PersonIdSchema, RecordIdSchema } from '../ids.ts';
import { filledText, recordType, text } from './record.ts';
import { maxSignatures, SignatureSchema } from './signature.ts';

/** Queue states in their usual order; `cancelled` ends a visit that did not take place. */
export const visitStates = ['planned', 'arrived', 'triaged', 'in-progress', 'finished', 'cancelled'] as const;
export type VisitState = (typeof visitStates)[number];
export const VisitStateSchema = v.picklist(visitStates);

export const urgencies = ['routine', 'urgent', 'emergency'] as const;
export const UrgencySchema = v.picklist(urgencies);
export type Urgency = (typeof urgencies)[number];

const measurement = (min: number, max: number) =>
  v.optional(v.pipe(v.number(), v.minValue(min), v.maxValue(max)));

/**
 * One set of vitals. The bounds are what an instrument can show, not what is healthy; ranges that raise a flag are in
 * clinic/forms/vitals.
 */
export const VitalsSchema = v.object({
  systolicMmHg: measurement(30, 350),
  diastolicMmHg: measurement(10, 250),
  pulsePerMinute: measurement(10, 350),
  temperatureCelsius: measurement(25, 45),
  spo2Percent: measurement(20, 100),
  respirationPerMinute: measurement(2, 150),
  weightKilograms: measurement(0.3, 400),
  heightCentimetres: measurement(20, 260),
  glucoseMmolPerLitre: measurement(0.3, 80),
  painOfTen: measurement(0, 10),
});
export type Vitals = v.InferOutput<typeof VitalsSchema>;

const entry = {
  id: EntryIdSchema,
  at: InstantSchema,
  by: PersonIdSchema,
  /** The earlier entry that this one corrects. The earlier one stays. */
  amends: v.optional(EntryIdSchema),
} as const;

/** What nurse and doctor write side by side; append-only. */
export const VisitEntrySchema = v.variant('kind', [
  v.object({ ...entry, kind: v.literal('state'), state: VisitStateSchema, room: v.optional(text(20)) }),
  v.object({ ...entry, kind: v.literal('vitals'), values: VitalsSchema }),
  v.object({ ...entry, kind: v.literal('complaint'), text: filledText(2000) }),
  v.object({ ...entry, kind: v.literal('note'), text: filledText(8000) }),
  v.object({
    ...entry,
    kind: v.literal('diagnosis'),
    icd10: v.pipe(v.string(), v.regex(/^[A-Z]\d\d(\.\d{1,2})?$/, 'not an ICD-10 code')),
    role: v.picklist(['main', 'accompanying']),
    certainty: v.picklist(['provisional', 'confirmed']),
  }),
  /** Marks the entry named by `amends` as entered in error, or (restore) takes such a mark back. */
  v.object({ ...entry, kind: v.literal('void'), amends: EntryIdSchema, reason: filledText(200) }),
  v.object({ ...entry, kind: v.literal('restore'), amends: EntryIdSchema }),
]);
export type VisitEntry = v.InferOutput<typeof VisitEntrySchema>;

/** One contact of a patient with the clinic. The queue state is derived from the entries. */
export const VisitBodySchema = v.object({
  patientId: RecordIdSchema,
  /** The day of the visit by the clinic's calendar. */
  day: DaySchema,
  reason: text(300),
  urgency: UrgencySchema,
  entries: v.pipe(v.array(VisitEntrySchema), v.maxLength(500)),
  /** Made by whoever closed the visit. Append-only. Since protocol version 3. */
  signatures: v.optional(v.pipe(v.array(SignatureSchema), v.maxLength(maxSignatures))),
});
export type VisitBody = v.InferOutput<typeof VisitBodySchema>;

export const visits = recordType({
  collection: 'visits',
  version: 0,
  upgrades: {},
  body: VisitBodySchema,
  lane: 1,
  merge: {
    kind: 'fields',
    fields: {
      patientId: 'atom',
      day: 'atom',
      reason: 'atom',
      urgency: 'atom',
      entries: 'entries',
      signatures: 'entries',
    },
  },
  indexed: [
    { path: 'body.patientId', type: 'string', maxLength: 36 },
    { path: 'body.day', type: 'string', maxLength: 10 },
  ],
  indexes: [['body.patientId', 'body.day'], ['body.day']],
});
