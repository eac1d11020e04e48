import * as v from 'valibot';
import { DeviceIdSchema, InstantSchema, PersonIdSchema, RecordIdSchema } from '../ids.ts';
import { CollectionNameSchema } from '../records/registry.ts';
import { administratorRoles } from '../roles.ts';
import { viewContract } from './contract.ts';
import { PatientSummarySchema, PersonSchema } from './views.ts';

const seq = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(Number.MAX_SAFE_INTEGER));

/**
 * What a line of the audit trail may say was done (docs/specs/audit.md AUD-4). A trail may hold others: those of an older or a
 * newer program. Screens show what they do not know as it is.
 */
export const auditActions = [
  'workstation.enrol',
  'trail.begin',
  'trail.rolled-back',
  'audit.export',
  'session.unlock',
  'session.switch',
  'session.lock',
  'session.unlock-failed',
  'session.emergency',
  'session.break-glass',
  'view',
  'view.queue',
  'view.unsent',
  'view.reviews',
  'view.requests',
  'view.look-alikes',
  'view.audit',
  'patients.register',
  'patients.amend',
  'patients.record-allergy',
  'patients.link',
  'patients.unlink',
  'visits.start',
  'visits.move',
  'visits.record',
  'reviews.raise',
  'reviews.settle',
  'requests.refer',
  'requests.seen',
  'requests.accepted',
  'requests.declined',
  'requests.attended',
  'requests.answered',
  'requests.cancel',
  'requests.consent',
  'requests.break-glass',
  'requests.move-patient',
  'staff.enrol',
  'keys.enrol',
  'keys.remove',
  'keys.signing',
  'keys.paper',
  'keys.holders',
  'keys.rotate',
  'keys.finger',
  'keys.finger-removed',
  'keys.pin',
] as const;
export type AuditAction = (typeof auditActions)[number];

/** One line of the audit trail as the clinic's head reads it. */
export const AuditRowSchema = v.object({
  seq,
  at: InstantSchema,
  /** Null for what the workstation did by itself. */
  personId: v.nullable(PersonIdSchema),
  /** Null as well when the staff record is not here. */
  person: v.nullable(PersonSchema),
  action: v.string(),
  collection: v.nullable(CollectionNameSchema),
  record: v.nullable(RecordIdSchema),
  /** The patient it concerns, where the record is here. */
  patient: v.nullable(PatientSummarySchema),
  /** The member of staff it concerns: whose key or passphrase it was. */
  subject: v.nullable(PersonSchema),
  reason: v.nullable(v.string()),
});
export type AuditRow = v.InferOutput<typeof AuditRowSchema>;

/** Lines in pages of at most 50, newest first. */
export const AuditPageSchema = v.object({
  rows: v.pipe(v.array(AuditRowSchema), v.maxLength(50)),
  /** What to give as `before` for the page after this one; null at the end. */
  older: v.nullable(seq),
  /** Whose trail it is, how many lines it has, and since when it is known that entries are gone or others in their place. */
  trail: v.object({
    device: v.nullable(DeviceIdSchema),
    entries: v.pipe(v.number(), v.integer(), v.minValue(0)),
    rolledBackAt: v.nullable(InstantSchema),
  }),
});
export type AuditPageView = v.InferOutput<typeof AuditPageSchema>;

export const auditViews = {
  /** Who saw or changed this patient, and why, on this workstation. Opening it is itself written to the trail. */
  'audit.of-patient': viewContract({
    input: v.object({ id: RecordIdSchema, before: v.optional(seq) }),
    output: AuditPageSchema,
    audience: administratorRoles,
  }),
  /** What was done on this workstation. Opening it is itself written to the trail. */
  'audit.recent': viewContract({
    input: v.object({ before: v.optional(seq) }),
    output: AuditPageSchema,
    audience: administratorRoles,
  }),
} as const;
