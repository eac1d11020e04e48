import * as v from 'valibot';
import type { ErrorCode } from '../errors.ts';
import {
  DaySchema,
  EntryIdSchema,
  PersonIdSchema,
  RecordIdSchema,
  RevisionSchema,
  ScopeSchema,
} from '../ids.ts';
import { PatientBodySchema } from '../records/patients.ts';
import { filledText, text } from '../records/record.ts';
import { DecisionSchema } from '../records/reviews.ts';
import { UrgencySchema, VisitStateSchema, VitalsSchema } from '../records/visits.ts';
import { administratorRoles, clinicalRoles, RoleSchema, roles } from '../roles.ts';
import { accessRequests, keyErrors, proofs } from './access.ts';
import { requestContract } from './contract.ts';
import {
  FacilityHitSchema,
  FoundPatientSchema,
  Icd10HitSchema,
  MahallaHitSchema,
  PatientSummarySchema,
  SavedHereSchema,
} from './views.ts';

/** Errors every request may answer with. */
export const usualErrors = [
  'access.locked',
  'access.forbidden',
  'bridge.invalid-input',
  'bridge.unknown-message',
  'bridge.busy',
  'bridge.link-lost',
  'internal.failure',
] as const satisfies readonly ErrorCode[];

const writeErrors = [
  'store.disk-full',
  'store.damaged',
  'record.invalid',
  'record.not-found',
] as const satisfies readonly ErrorCode[];

const request = requestContract;
const Nothing = v.strictObject({});
const passphrase = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const personName = v.object({
  family: filledText(80),
  given: filledText(80),
  patronymic: v.optional(text(80)),
});
/** Answer to everything that writes: durable on this computer's disk before it is sent. */
const Saved = v.object({ id: RecordIdSchema, rev: RevisionSchema, delivery: SavedHereSchema });

/** `isSigned`: whoever acts closed the visit, and her signature was saved with it (SIG-1). */
const SavedVisit = v.object({ ...Saved.entries, isSigned: v.optional(v.literal(true)) });

/** What a nurse enters to register a patient; the rest of the body is made by the action. */
export const RegistrationSchema = v.object({
  name: PatientBodySchema.entries.name,
  sex: PatientBodySchema.entries.sex,
  birth: PatientBodySchema.entries.birth,
  pinfl: PatientBodySchema.entries.pinfl,
  phone: PatientBodySchema.entries.phone,
  address: PatientBodySchema.entries.address,
  hasConsent: v.boolean(),
  allergyStatus: v.picklist(['none-known', 'not-recorded']),
});
export type Registration = v.InferOutput<typeof RegistrationSchema>;

/** An entry as the screen drafts it; id, time and author are added by the action. */
export const EntryDraftSchema = v.variant('kind', [
  v.object({ kind: v.literal('vitals'), values: VitalsSchema, amends: v.optional(EntryIdSchema) }),
  v.object({ kind: v.literal('complaint'), text: filledText(2000), amends: v.optional(EntryIdSchema) }),
  v.object({ kind: v.literal('note'), text: filledText(8000), amends: v.optional(EntryIdSchema) }),
  v.object({
    kind: v.literal('diagnosis'),
    icd10: v.pipe(v.string(), v.regex(/^[A-Z]\d\d(\.\d{1,2})?$/)),
    role: v.picklist(['main', 'accompanying']),
    certainty: v.picklist(['provisional', 'confirmed']),
    amends: v.optional(EntryIdSchema),
  }),
  v.object({ kind: v.literal('void'), amends: EntryIdSchema, reason: filledText(200) }),
  v.object({ kind: v.literal('restore'), amends: EntryIdSchema }),
]);
export type EntryDraft = v.InferOutput<typeof EntryDraftSchema>;

export const requests = {
  ...accessRequests,
  /** Enrols this workstation with a center and its first administrator, who is then signed in. */
  'workstation.enrol': request({
    input: v.object({
      center: v.pipe(v.string(), v.maxLength(300), v.regex(/^wss?:\/\//, 'not a ws: or wss: address')),
      code: v.pipe(v.string(), v.maxLength(40)),
      label: filledText(80),
      administrator: personName,
      passphrase,
    }),
    output: v.object({ person: PersonIdSchema }),
    audience: 'anyone',
    errors: [
      'enrolment.already-enrolled',
      'enrolment.code-unknown',
      'enrolment.code-stale',
      'enrolment.center-unreachable',
      'access.weak-passphrase',
      'sync.protocol-mismatch',
      'store.disk-full',
    ],
  }),
  /** Opens the replica. On an unlocked workstation this switches to the other person. */
  'session.unlock': request({
    input: v.variant('method', [
      v.object({ ...proofs.passphrase.entries, person: PersonIdSchema }),
      v.object({ ...proofs['simulated-key'].entries, person: PersonIdSchema }),
      v.object({ ...proofs.fido2.entries, person: PersonIdSchema }),
      v.object({ ...proofs.webauthn.entries, person: PersonIdSchema }),
    ]),
    output: v.object({ person: PersonIdSchema }),
    audience: 'anyone',
    errors: [
      'access.wrong-passphrase',
      'access.unknown-person',
      'access.too-many-attempts',
      ...keyErrors,
      'store.damaged',
      'store.wrong-key',
      'store.newer',
      'store.in-use',
      'store.disk-full',
    ],
  }),
  /** Closes the replica and drops the key. */
  'session.lock': request({ input: Nothing, output: Nothing, audience: 'anyone', errors: [] }),
  /** Lets the signed-in person work although the center was not met for too long, until the lock. Goes to the audit trail. */
  'session.emergency': request({
    input: v.object({ reason: filledText(200) }),
    output: Nothing,
    audience: clinicalRoles,
    errors: [],
  }),
  /** Somebody is at the screen: puts the idle lock off. */
  'session.touch': request({ input: Nothing, output: Nothing, audience: roles, errors: [] }),
  /** Key of the signed-in person's draft box: 32 bytes, base64. Dropped by the screen at lock. */
  'drafts.key': request({
    input: Nothing,
    output: v.object({ key: v.pipe(v.string(), v.length(44)) }),
    audience: roles,
    errors: [],
  }),

  /** Adds a member of staff to the facility and a passphrase slot on this workstation. */
  'staff.enrol': request({
    input: v.object({
      name: personName,
      roles: v.pipe(v.array(RoleSchema), v.minLength(1)),
      passphrase,
      withSimulatedKey: v.optional(v.boolean()),
    }),
    output: v.object({ person: PersonIdSchema }),
    audience: administratorRoles,
    errors: [...writeErrors, 'access.second-way-needed', 'access.weak-passphrase'],
  }),

  'patients.search': request({
    input: v.object({
      text: v.pipe(v.string(), v.maxLength(120)),
      limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(50)),
    }),
    /** A patient with several records is found by any of them and told as the one that goes on. */
    output: v.object({ patients: v.array(FoundPatientSchema) }),
    audience: roles,
    errors: [],
  }),
  /** Patients who may be the one about to be registered: same PINFL, or alike in name and birth date. Best first. */
  'patients.possible-duplicates': request({
    input: v.object({
      name: personName,
      birth: PatientBodySchema.entries.birth,
      sex: PatientBodySchema.entries.sex,
      pinfl: PatientBodySchema.entries.pinfl,
    }),
    output: v.object({ patients: v.array(PatientSummarySchema) }),
    audience: clinicalRoles,
    errors: [],
  }),
  'patients.register': request({
    input: RegistrationSchema,
    output: Saved,
    audience: clinicalRoles,
    errors: writeErrors,
  }),
  /** Changes identity and contacts. `baseRev` is the revision the screen showed. */
  'patients.amend': request({
    input: v.object({ id: RecordIdSchema, baseRev: RevisionSchema, changes: RegistrationSchema }),
    output: Saved,
    audience: clinicalRoles,
    errors: [...writeErrors, 'record.changed-meanwhile'],
  }),
  /** Records an allergy, or that none is known. */
  'patients.record-allergy': request({
    input: v.object({
      id: RecordIdSchema,
      allergy: v.variant('status', [
        v.object({ status: v.literal('none-known') }),
        v.object({
          status: v.literal('known'),
          substance: filledText(120),
          reaction: v.optional(text(200)),
          severity: v.optional(v.picklist(['mild', 'severe'])),
        }),
        v.object({ status: v.literal('entered-in-error'), allergyId: EntryIdSchema }),
      ]),
    }),
    output: Saved,
    audience: clinicalRoles,
    errors: writeErrors,
  }),

  /** Two people after all: `id`, which was replaced by another record, stands on its own again. */
  'patients.unlink': request({
    input: v.object({ id: RecordIdSchema, reason: filledText(200) }),
    output: Saved,
    audience: clinicalRoles,
    errors: [...writeErrors, 'record.changed-meanwhile'],
  }),

  /** Puts a patient into the queue of today, as planned or arrived. */
  'visits.start': request({
    input: v.object({
      patientId: RecordIdSchema,
      reason: text(300),
      urgency: UrgencySchema,
      state: v.picklist(['planned', 'arrived']),
      room: v.optional(text(20)),
    }),
    output: Saved,
    audience: clinicalRoles,
    errors: writeErrors,
  }),
  'visits.move': request({
    input: v.object({ id: RecordIdSchema, state: VisitStateSchema, room: v.optional(text(20)) }),
    output: SavedVisit,
    audience: clinicalRoles,
    errors: [...writeErrors, 'visit.wrong-state'],
  }),
  /** Appends entries to a visit, all or none. */
  'visits.record': request({
    input: v.object({
      id: RecordIdSchema,
      entries: v.pipe(v.array(EntryDraftSchema), v.minLength(1), v.maxLength(50)),
      /** Moves the queue state in the same action. */
      state: v.optional(VisitStateSchema),
      enteredLate: v.optional(filledText(200)),
    }),
    output: SavedVisit,
    audience: clinicalRoles,
    errors: [...writeErrors, 'visit.wrong-state'],
  }),

  /**
   * Settles a question. Of a conflict: the center's value (`theirs`), the other (`mine`), or what the record says meanwhile
   * (`present`). Of a possible duplicate: `same`, and which record goes on, or `different`.
   */
  'reviews.settle': request({
    input: v.object({
      id: RecordIdSchema,
      choice: DecisionSchema.entries.choice,
      goesOn: v.optional(RecordIdSchema),
      /** The decision on the screen that this one changes; without it the question has to be open. */
      changes: DecisionSchema.entries.changes,
      /** The subject's revision on the screen: only then may values be overwritten that the question itself does not hold. */
      subjectRev: v.optional(RevisionSchema),
    }),
    output: Saved,
    audience: clinicalRoles,
    errors: [...writeErrors, 'record.changed-meanwhile'],
  }),

  /** Other facilities by name in any script, code or district; those of the own district first. */
  'facilities.search': request({
    input: v.object({
      text: v.pipe(v.string(), v.maxLength(80)),
      limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(50)),
    }),
    output: v.object({ facilities: v.array(FacilityHitSchema) }),
    audience: roles,
    errors: [],
  }),
  /** Refers a patient to another facility, which then gets the patient's records (SHR-3). */
  'requests.refer': request({
    input: v.object({
      patientId: RecordIdSchema,
      to: ScopeSchema,
      reason: filledText(2000),
      urgency: UrgencySchema,
      icd10: v.optional(v.pipe(v.string(), v.regex(/^[A-Z]\d\d(\.\d{1,2})?$/))),
      visitId: v.optional(RecordIdSchema),
    }),
    output: Saved,
    audience: clinicalRoles,
    errors: [...writeErrors, 'request.wrong-state'],
  }),
  /** What this facility says to a referral it got. */
  'requests.answer': request({
    input: v.object({
      id: RecordIdSchema,
      answer: v.variant('kind', [
        v.object({ kind: v.literal('seen') }),
        v.object({ kind: v.literal('accepted'), note: v.optional(text(1000)) }),
        v.object({ kind: v.literal('declined'), note: filledText(1000) }),
        v.object({ kind: v.literal('attended'), visitId: v.optional(RecordIdSchema) }),
        v.object({ kind: v.literal('answered'), text: filledText(8000) }),
      ]),
    }),
    output: Saved,
    audience: clinicalRoles,
    errors: [...writeErrors, 'request.wrong-state'],
  }),
  /** Takes a request back that this facility made. */
  'requests.cancel': request({
    input: v.object({ id: RecordIdSchema, reason: filledText(200) }),
    output: Saved,
    audience: clinicalRoles,
    errors: [...writeErrors, 'request.wrong-state'],
  }),
  /** Asks for the records of another facility's patient, with consent or without it in an emergency (SHR-3). */
  'requests.ask-access': request({
    input: v.object({
      pinfl: PatientBodySchema.entries.pinfl.wrapped,
      ground: v.picklist(['consent', 'break-glass']),
      reason: filledText(500),
    }),
    output: Saved,
    audience: clinicalRoles,
    errors: writeErrors,
  }),
  /** Gives a patient over to another facility (SHR-7). */
  'requests.move-patient': request({
    input: v.object({ patientId: RecordIdSchema, to: ScopeSchema, reason: filledText(500) }),
    output: Saved,
    audience: clinicalRoles,
    errors: [...writeErrors, 'request.wrong-state'],
  }),

  /** ICD-10 by code or words; favourites first for an empty text. */
  'icd10.search': request({
    input: v.object({
      text: v.pipe(v.string(), v.maxLength(120)),
      limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(50)),
    }),
    output: v.object({ hits: v.array(Icd10HitSchema) }),
    audience: roles,
    errors: [],
  }),
  /** Names of ICD-10 codes. Unknown codes are left out. */
  'icd10.names': request({
    input: v.object({ codes: v.pipe(v.array(v.pipe(v.string(), v.maxLength(8))), v.maxLength(200)) }),
    output: v.object({ hits: v.array(Icd10HitSchema) }),
    audience: roles,
    errors: [],
  }),
  /** Mahallas by name in any script; those of the catchment first. */
  'mahallas.search': request({
    input: v.object({
      text: v.pipe(v.string(), v.maxLength(80)),
      limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(50)),
    }),
    output: v.object({ hits: v.array(MahallaHitSchema) }),
    audience: roles,
    errors: [],
  }),

  /** Tries to reach the center now instead of at the next turn. */
  'sync.now': request({ input: Nothing, output: Nothing, audience: roles, errors: [] }),
} as const;

export type Requests = typeof requests;
export type RequestName = keyof Requests;
export type RequestInput<Name extends RequestName> = v.InferOutput<Requests[Name]['input']>;
export type RequestOutput<Name extends RequestName> = v.InferOutput<Requests[Name]['output']>;

/** The day a live view is about; the workstation decides what today is. */
export const DayInputSchema = v.object({ day: v.optional(DaySchema) });
