import * as v from 'valibot';
import { EntryIdSchema, InstantSchema, PersonIdSchema, RecordIdSchema, ScopeSchema } from '../ids.ts';
import { PinflSchema } from './patients.ts';
import { filledText, recordType, text } from './record.ts';
import { UrgencySchema } from './visits.ts';

const event = { id: EntryIdSchema, at: InstantSchema, by: PersonIdSchema } as const;

/**
 * What happened to a request, append-only. Written by people of either facility, and by the center for what it did
 * (`granted`, `not-found`, `moved`, `ended`): its own events carry the center's id as `by`.
 */
export const RequestEventSchema = v.variant('kind', [
  v.object({ ...event, kind: v.literal('sent') }),
  v.object({ ...event, kind: v.literal('seen') }),
  v.object({ ...event, kind: v.literal('accepted'), note: v.optional(text(1000)) }),
  v.object({ ...event, kind: v.literal('declined'), note: filledText(1000) }),
  v.object({ ...event, kind: v.literal('attended'), visitId: v.optional(RecordIdSchema) }),
  v.object({ ...event, kind: v.literal('answered'), text: filledText(8000) }),
  v.object({ ...event, kind: v.literal('cancelled'), reason: filledText(200) }),
  /** The patient's records are on their way to the facility; they are withdrawn at `until`, null for never. */
  v.object({
    ...event,
    kind: v.literal('granted'),
    patientId: RecordIdSchema,
    home: ScopeSchema,
    until: v.nullable(InstantSchema),
  }),
  v.object({ ...event, kind: v.literal('not-found') }),
  v.object({ ...event, kind: v.literal('moved'), from: ScopeSchema, to: ScopeSchema }),
  /** The grant has run out; the records were withdrawn. */
  v.object({ ...event, kind: v.literal('ended') }),
]);
export type RequestEvent = v.InferOutput<typeof RequestEventSchema>;

/**
 * How long a referral or move waits for its patient, counted from when the center answered that there is none
 * (docs/specs/center.md SHA-13).
 */
export const patientAwaitedMs = 30 * 24 * 3_600_000;

/** How a facility asks another facility or the center for something. The state is derived from the events. */
export const RequestBodySchema = v.object({
  matter: v.variant('kind', [
    /** The patient goes to facility `to`, which gets the records as long as the referral is open and 90 days more. */
    v.object({
      kind: v.literal('referral'),
      patientId: RecordIdSchema,
      to: ScopeSchema,
      reason: filledText(2000),
      icd10: v.optional(v.pipe(v.string(), v.regex(/^[A-Z]\d\d(\.\d{1,2})?$/, 'not an ICD-10 code'))),
      visitId: v.optional(RecordIdSchema),
    }),
    /**
     * The records of a patient of another facility, found by the PINFL. `break-glass`: without consent, in an emergency;
     * shorter, and shown to the heads of both facilities.
     */
    v.object({
      kind: v.literal('access'),
      pinfl: PinflSchema,
      ground: v.picklist(['consent', 'break-glass']),
      reason: filledText(500),
    }),
    /** From now on the patient belongs to facility `to`; the former one keeps what it wrote. */
    v.object({
      kind: v.literal('move'),
      patientId: RecordIdSchema,
      to: ScopeSchema,
      reason: filledText(500),
    }),
  ]),
  urgency: UrgencySchema,
  events: v.pipe(v.array(RequestEventSchema), v.maxLength(200)),
});
export type RequestBody = v.InferOutput<typeof RequestBodySchema>;

export const requests = recordType({
  collection: 'requests',
  version: 0,
  upgrades: {},
  body: RequestBodySchema,
  lane: 0,
  merge: { kind: 'fields', fields: { matter: 'atom', urgency: 'atom', events: 'entries' } },
  indexed: [],
  indexes: [['capturedAt']],
});
