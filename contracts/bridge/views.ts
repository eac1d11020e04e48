import * as v from 'valibot';
import { AppErrorSchema, ErrorCodeSchema } from '../errors.ts';
import {
  DaySchema,
  DeviceIdSchema,
  EntryIdSchema,
  InstantSchema,
  PersonIdSchema,
  RecordIdSchema,
  RevisionSchema,
  ScopeSchema,
} from '../ids.ts';
import { PatientBodySchema } from '../records/patients.ts';
import { CollectionNameSchema } from '../records/registry.ts';
import { RequestBodySchema } from '../records/requests.ts';
import { ConflictingFieldSchema, DecisionSchema, ReviewBodySchema } from '../records/reviews.ts';
import { UrgencySchema, VisitBodySchema, VisitStateSchema } from '../records/visits.ts';
import { RoleSchema } from '../roles.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** The version that is shown is saved on this computer, and the center does not have it yet. */
export const SavedHereSchema = v.object({ state: v.literal('saved'), savedAt: InstantSchema });

/** How far the version that is shown got (WS-8). */
export const DeliverySchema = v.variant('state', [
  SavedHereSchema,
  /** Sent from this computer, and confirmed by the center at this time. */
  v.object({ state: v.literal('received'), receivedAt: InstantSchema }),
  /** Written elsewhere and come from the center; when the center got it is not known here. */
  v.object({ state: v.literal('at-center') }),
]);
export type Delivery = v.InferOutput<typeof DeliverySchema>;
export type SavedHere = v.InferOutput<typeof SavedHereSchema>;

/** A member of staff as shown beside an entry. */
export const PersonSchema = v.object({
  id: PersonIdSchema,
  name: v.string(),
  roles: v.array(RoleSchema),
  /** Nobody who is known: somebody with the paper key wrote at a computer whose id this is (ACC-31). The name is empty. */
  isComputer: v.optional(v.literal(true)),
});
export type Person = v.InferOutput<typeof PersonSchema>;

export const FacilitySchema = v.object({
  code: ScopeSchema,
  name: v.object({ 'uz-Latn': v.string(), 'uz-Cyrl': v.string(), ru: v.string(), en: v.string() }),
  isTraining: v.boolean(),
});

/** A facility to choose. */
export const FacilityHitSchema = v.object({
  code: ScopeSchema,
  name: FacilitySchema.entries.name,
  /** National district code. */
  district: v.string(),
});
export type FacilityHit = v.InferOutput<typeof FacilityHitSchema>;

/** The one view that a locked or not yet enrolled workstation shows. No patient data. */
export const WorkstationStateSchema = v.object({
  phase: v.picklist(['unenrolled', 'locked', 'unlocked', 'failed']),
  /** Why `failed`, or why it locked by itself. */
  failure: v.nullable(AppErrorSchema),
  session: v.nullable(
    v.object({
      person: PersonSchema,
      device: DeviceIdSchema,
      unlockedAt: InstantSchema,
      idleLockMs: count,
      /** The records were opened by the paper key or by two people: an emergency, until the lock. */
      breakGlass: v.nullable(v.picklist(['paper', 'two'])),
      /** One lost key or forgotten passphrase would shut her out: a second way is demanded (ACC-53). Never in an emergency. */
      needsSecond: v.boolean(),
    }),
  ),
  /** Who can unlock here. Names of staff only. */
  people: v.array(
    v.object({
      id: PersonIdSchema,
      name: v.string(),
      methods: v.array(v.picklist(['passphrase', 'fido2', 'simulated-key'])),
    }),
  ),
  facility: v.nullable(FacilitySchema),
  /** A development build: simulated devices may be offered. Never true in a release. */
  hasSimulatedDevices: v.boolean(),
  /** The workstation's clock differs from the center's by more than five minutes: by this much, else null. */
  clockErrorMs: v.nullable(v.number()),
  /** The center was not met for longer than it allows: no record is shown until it is (WIP-2). */
  mustConnect: v.boolean(),
});
export type WorkstationState = v.InferOutput<typeof WorkstationStateSchema>;

/** State of the exchange with the center. Being offline is normal. */
export const SyncStateSchema = v.object({
  link: v.picklist(['offline', 'connecting', 'online', 'refused']),
  refusal: v.nullable(ErrorCodeSchema),
  unsent: count,
  oldestUnsentAt: v.nullable(InstantSchema),
  quarantined: count,
  openReviews: count,
  /** Referrals to this facility that nobody has answered yet. */
  waitingRequests: count,
  lastContactAt: v.nullable(InstantSchema),
  /** True while the first copy of the facility's records is still arriving. */
  isFirstCopy: v.boolean(),
  received: count,
  /** Records found different from the center's and healed, since the workstation was enrolled (DIG-6). */
  healed: v.optional(count),
});
export type SyncState = v.InferOutput<typeof SyncStateSchema>;

/** What identifies a patient in a list. */
export const PatientSummarySchema = v.object({
  id: RecordIdSchema,
  name: PatientBodySchema.entries.name,
  sex: PatientBodySchema.entries.sex,
  birth: PatientBodySchema.entries.birth,
  pinfl: v.nullable(v.string()),
  mahalla: v.nullable(v.string()),
  allergyStatus: PatientBodySchema.entries.allergyStatus,
  isVoid: v.boolean(),
});
export type PatientSummary = v.InferOutput<typeof PatientSummarySchema>;

/**
 * A patient found by a search. `foundAs` is the name in an older record that leads to this one; null if it is this one.
 * `matchesAll` is false where only some of the typed words fit: a similar patient, not the one asked for (SEA-10).
 */
export const FoundPatientSchema = v.object({
  ...PatientSummarySchema.entries,
  foundAs: v.nullable(PatientBodySchema.entries.name),
  matchesAll: v.boolean(),
});
export type FoundPatient = v.InferOutput<typeof FoundPatientSchema>;

/** Another record of the same citizen: what of it must be in sight beside the record that is shown. */
export const LinkedPatientSchema = v.object({
  ...PatientSummarySchema.entries,
  /** This is the record that goes on. */
  isSurvivor: v.boolean(),
  allergies: PatientBodySchema.entries.allergies,
  problems: PatientBodySchema.entries.problems,
  replacedBy: v.nullable(v.object({ other: RecordIdSchema, at: InstantSchema, by: PersonIdSchema })),
});
export type LinkedPatient = v.InferOutput<typeof LinkedPatientSchema>;

/** What a signature of a visit is worth here, and the entries that it does not cover (docs/specs/audit.md SIG-4). */
export const SignatureViewSchema = v.object({
  id: EntryIdSchema,
  at: InstantSchema,
  by: PersonIdSchema,
  verdict: v.picklist(['valid', 'altered', 'unknown-key', 'revoked-key-at-that-time']),
  beyond: v.array(EntryIdSchema),
});
export type SignatureView = v.InferOutput<typeof SignatureViewSchema>;

export const VisitViewSchema = v.object({
  id: RecordIdSchema,
  rev: RevisionSchema,
  body: VisitBodySchema,
  state: VisitStateSchema,
  /** The facility whose visit it is, where it is another one. */
  elsewhere: v.optional(FacilityHitSchema),
  delivery: DeliverySchema,
  /** Absent where nobody signed. */
  signatures: v.optional(v.pipe(v.array(SignatureViewSchema), v.maxLength(50))),
});
export type VisitView = v.InferOutput<typeof VisitViewSchema>;

/** A patient with visits, newest first, and the people named in them. All records of the citizen count. */
export const PatientRecordSchema = v.object({
  id: RecordIdSchema,
  rev: RevisionSchema,
  body: PatientBodySchema,
  mahallaName: v.nullable(v.string()),
  delivery: DeliverySchema,
  /** The facility the patient belongs to, if it is another one, and until when this copy stays (null: for good). */
  home: v.nullable(v.object({ facility: FacilityHitSchema, until: v.nullable(InstantSchema) })),
  /** Visits of the linked records are among them; `patientId` says whose. */
  visits: v.pipe(v.array(VisitViewSchema), v.maxLength(50)),
  /** Other records of the same citizen; empty for almost everybody. */
  linked: v.pipe(v.array(LinkedPatientSchema), v.maxLength(100)),
  people: v.array(PersonSchema),
});
export type PatientRecord = v.InferOutput<typeof PatientRecordSchema>;

/** How a request stands, derived from its events. */
export const RequestStateSchema = v.picklist([
  /** On its way, or not looked at yet. */
  'sent',
  'seen',
  'accepted',
  'declined',
  'attended',
  'answered',
  'cancelled',
  /** The center found nobody with this number. */
  'not-found',
  /** The patient's records are here, or on their way, until they are withdrawn. */
  'granted',
  'ended',
  'moved',
]);
export type RequestState = v.InferOutput<typeof RequestStateSchema>;

/** A referral, an access request or a move, as a list shows it. */
export const RequestRowSchema = v.object({
  id: RecordIdSchema,
  rev: RevisionSchema,
  body: RequestBodySchema,
  state: RequestStateSchema,
  /** `incoming`: another facility made it. */
  direction: v.picklist(['incoming', 'outgoing']),
  /** Null while the patient's record is not here. */
  patient: v.nullable(PatientSummarySchema),
  /** The other facility: who asked, or who is asked. Null for an access request that the center has not answered. */
  facility: v.nullable(FacilityHitSchema),
  author: v.nullable(PersonSchema),
  madeAt: InstantSchema,
  /** Until when granted records stay here; null for always or not granted. */
  until: v.nullable(InstantSchema),
  delivery: DeliverySchema,
});
export type RequestRow = v.InferOutput<typeof RequestRowSchema>;

export const QueueRowSchema = v.object({
  visitId: RecordIdSchema,
  patient: PatientSummarySchema,
  reason: v.string(),
  urgency: UrgencySchema,
  state: VisitStateSchema,
  room: v.nullable(v.string()),
  /** When the present state began. */
  since: InstantSchema,
  arrivedAt: v.nullable(InstantSchema),
  delivery: DeliverySchema,
});
export type QueueRow = v.InferOutput<typeof QueueRowSchema>;

export const UnsentRowSchema = v.object({
  collection: CollectionNameSchema,
  id: RecordIdSchema,
  patient: v.nullable(PatientSummarySchema),
  savedAt: InstantSchema,
  state: v.picklist(['pending', 'quarantined']),
  refusal: v.nullable(ErrorCodeSchema),
});
export type UnsentRow = v.InferOutput<typeof UnsentRowSchema>;

export const ReviewRowSchema = v.object({
  id: RecordIdSchema,
  rev: RevisionSchema,
  body: ReviewBodySchema,
  patient: v.nullable(PatientSummarySchema),
  fields: v.array(ConflictingFieldSchema),
  mineAuthor: v.nullable(PersonSchema),
  theirsAuthor: v.nullable(PersonSchema),
  capturedAt: InstantSchema,
  /** The day and reason of the visit, where the question is about one. */
  visit: v.nullable(v.object({ day: DaySchema, reason: v.string() })),
  /** The subject as it is now: its revision, and the JSON of each of `fields`, null for what is not there. */
  present: v.nullable(v.object({ rev: RevisionSchema, values: v.array(v.nullable(v.string())) })),
  /** The decision that counts, and others that were made without knowing of it. `counting` is null while it is open. */
  counting: v.nullable(DecisionSchema),
  passedOver: v.pipe(v.array(DecisionSchema), v.maxLength(50)),
  /** Names by code and everybody named. */
  mahallas: v.record(v.string(), v.string()),
  /** Patients whom a link names. */
  linkedNames: v.record(v.string(), v.string()),
  people: v.array(PersonSchema),
});
export type ReviewRow = v.InferOutput<typeof ReviewRowSchema>;

/** The end-of-day page. */
export const DaySummarySchema = v.object({
  day: DaySchema,
  visitsByState: v.object({
    planned: count,
    arrived: count,
    triaged: count,
    'in-progress': count,
    finished: count,
    cancelled: count,
  }),
  patientsSeen: count,
  patientsRegistered: count,
  visitsWithoutDiagnosis: count,
  elevatedPressure: count,
  /** Main diagnoses of the day, most frequent first, at most ten. */
  diagnoses: v.array(v.object({ icd10: v.string(), count })),
});
export type DaySummary = v.InferOutput<typeof DaySummarySchema>;

export const Icd10HitSchema = v.object({
  code: v.string(),
  names: v.object({
    ru: v.string(),
    'uz-Latn': v.optional(v.string()),
    'uz-Cyrl': v.optional(v.string()),
    en: v.optional(v.string()),
  }),
});
export type Icd10Hit = v.InferOutput<typeof Icd10HitSchema>;

export const MahallaHitSchema = v.object({ code: v.string(), name: v.string() });
export type MahallaHit = v.InferOutput<typeof MahallaHitSchema>;
