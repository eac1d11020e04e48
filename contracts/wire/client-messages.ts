import * as v from 'valibot';
import {
  DeviceIdSchema,
  InstantSchema,
  OperationIdSchema,
  RecordIdSchema,
  RevisionSchema,
  ScopeSchema,
} from '../ids.ts';
import { LaneSchema } from '../records/record.ts';
import { CollectionNameSchema } from '../records/registry.ts';
import { maxDocumentsPerFrame, maxRowsPerPush } from './protocol.ts';

const base64 = (max: number) =>
  v.pipe(v.string(), v.maxLength(max), v.regex(/^[A-Za-z0-9+/]*={0,2}$/, 'not base64'));
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
/** One use each; rotates at every connection, so that a copied workstation is noticed. */
export const TicketSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'not a ticket'));

/** First message of a connection. The center answers `challenge` or `refused`. */
export const HelloSchema = v.object({
  type: v.literal('hello'),
  protocol: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535)),
  /** Version of the program, for the center's page. */
  program: v.pipe(v.string(), v.maxLength(40)),
});

/** Asks the center to accept a new workstation. Answered by `enrolled` or `refused`. */
export const EnrolSchema = v.object({
  type: v.literal('enrol'),
  /** Ten characters of Crockford's base 32, as printed by the center. */
  code: v.pipe(v.string(), v.maxLength(40)),
  /** Raw Ed25519 public key, 32 bytes. */
  publicKey: base64(44),
  /** Name of the workstation, for people. */
  label: v.pipe(v.string(), v.maxLength(80)),
});

/** Proves the device. Answered by `welcome` or `refused`. */
export const ProveSchema = v.object({
  type: v.literal('prove'),
  device: DeviceIdSchema,
  ticket: TicketSchema,
  /** Ed25519 over the text described at `proofPreamble`. */
  signature: base64(88),
});

/** The ticket of `welcome` is durable here; from now on the center takes no older one. */
export const ConfirmTicketSchema = v.object({ type: v.literal('confirm-ticket'), ticket: TicketSchema });

/** One write. `record` is parsed later and alone, so that one bad row never blocks the others. */
export const PushRowSchema = v.object({
  op: OperationIdSchema,
  collection: CollectionNameSchema,
  id: RecordIdSchema,
  baseRev: v.nullable(RevisionSchema),
  rev: RevisionSchema,
  record: v.unknown(),
  supersedes: v.optional(v.pipe(v.array(OperationIdSchema), v.maxLength(1000))),
});
export type PushRow = v.InferOutput<typeof PushRowSchema>;

/** Rows in order of writing per record. Rows that do not parse are quarantined one by one. */
export const PushSchema = v.object({
  type: v.literal('push'),
  batch: count,
  rows: v.pipe(v.array(v.unknown()), v.minLength(1), v.maxLength(maxRowsPerPush)),
});

/**
 * Asks for what the feed of a scope and lane holds after `since`. Answered by exactly one `frame` if the scope's head is
 * beyond `since` (without documents and with `through` at the head if the lane holds nothing more), otherwise by none.
 */
export const PullSchema = v.object({
  type: v.literal('pull'),
  scope: ScopeSchema,
  lane: LaneSchema,
  since: count,
  limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maxDocumentsPerFrame)),
});

/** How the workstation is, for the center's page. */
export const StatusSchema = v.object({
  type: v.literal('status'),
  /** Writes not yet acknowledged. */
  backlog: count,
  oldestPendingAt: v.nullable(InstantSchema),
  quarantined: count,
  openReviews: count,
  /** The workstation's clock, to show how wrong it is. */
  clock: InstantSchema,
});

export const ClientMessageSchema = v.variant('type', [
  HelloSchema,
  EnrolSchema,
  ProveSchema,
  ConfirmTicketSchema,
  PushSchema,
  PullSchema,
  StatusSchema,
]);
export type ClientMessage = v.InferOutput<typeof ClientMessageSchema>;
