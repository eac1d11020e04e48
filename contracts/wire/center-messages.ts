import * as v from 'valibot';
import { ErrorCodeSchema } from '../errors.ts';
import { DeviceIdSchema, InstantSchema, OperationIdSchema, RevisionSchema, ScopeSchema } from '../ids.ts';
import { LaneSchema } from '../records/record.ts';
import { CollectionNameSchema } from '../records/registry.ts';
import { TicketSchema } from './client-messages.ts';
import { maxDocumentsPerFrame, maxRowsPerPush } from './protocol.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
/** Changes when the center was restored from a backup: what clients had sent may be gone. UUID. */
export const EpochSchema = v.pipe(v.string(), v.uuid());
const paths = v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(200))), v.maxLength(100)));

/** Answer to `hello`. */
export const ChallengeSchema = v.object({
  type: v.literal('challenge'),
  protocol: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Stable id of the center; part of what the device signs. */
  center: v.pipe(v.string(), v.uuid()),
  /** 32 random bytes, hex. */
  nonce: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});

/** Answer to `enrol`: go on with `prove` on the same connection. */
export const EnrolledSchema = v.object({
  type: v.literal('enrolled'),
  device: DeviceIdSchema,
  scope: ScopeSchema,
  ticket: TicketSchema,
  /** The center's Ed25519 signature over device id, LF, scope, LF, public key (base64). */
  certificate: v.pipe(v.string(), v.maxLength(88)),
  /** The center's raw Ed25519 public key, base64. */
  centerKey: v.pipe(v.string(), v.maxLength(44)),
});

/** Answer to `prove`. The device keeps `ticket` durably, then confirms it. */
export const WelcomeSchema = v.object({
  type: v.literal('welcome'),
  epoch: EpochSchema,
  ticket: TicketSchema,
  /** Scopes this device may read and their newest feed positions. The first is its own. */
  scopes: v.pipe(v.array(v.object({ scope: ScopeSchema, head: count })), v.minLength(1), v.maxLength(50)),
  at: InstantSchema,
});

/** The connection ends after this. `code` has a sentence for the nurse. */
export const RefusedSchema = v.object({
  type: v.literal('refused'),
  code: ErrorCodeSchema,
  /** Version the center speaks, for `sync.protocol-mismatch`. */
  protocol: v.optional(v.number()),
  /** Whether trying again later by itself can help. */
  retry: v.boolean(),
});

/** What became of one row. */
export const VerdictSchema = v.variant('verdict', [
  /** Durable at the center at feed position `seq`; also the answer to a row that was applied earlier. */
  v.object({
    verdict: v.literal('ok'),
    op: OperationIdSchema,
    rev: RevisionSchema,
    seq: count,
    at: InstantSchema,
  }),
  /** The center has another version; merge with it and push again. `record` is that version. */
  v.object({ verdict: v.literal('conflict'), op: OperationIdSchema, record: v.unknown() }),
  /** The center does not know `baseRev`; push again with the whole history that is still in the outbox. */
  v.object({ verdict: v.literal('missing-base'), op: OperationIdSchema }),
  /** Kept at the center for a technician, not applied. `paths` are field paths, never values. */
  v.object({
    verdict: v.literal('quarantined'),
    op: v.nullable(OperationIdSchema),
    index: count,
    code: ErrorCodeSchema,
    paths,
  }),
  /** Not applied now; the same row may be pushed again. */
  v.object({ verdict: v.literal('retry'), op: OperationIdSchema, waitMs: count }),
]);
export type Verdict = v.InferOutput<typeof VerdictSchema>;

/** Answer to `push`: one verdict per row, in the order of the rows. Sent after the center's commit. */
export const VerdictsSchema = v.object({
  type: v.literal('verdicts'),
  batch: count,
  verdicts: v.pipe(v.array(VerdictSchema), v.maxLength(maxRowsPerPush)),
});

export const FeedDocumentSchema = v.object({
  seq: count,
  collection: CollectionNameSchema,
  /** Parsed with the record schema of its collection, one by one. */
  record: v.unknown(),
});

/** Answer to `pull`. After committing `documents` the client's checkpoint for scope and lane is `through`. */
export const FrameSchema = v.object({
  type: v.literal('frame'),
  epoch: EpochSchema,
  scope: ScopeSchema,
  lane: LaneSchema,
  /** Every document of the lane with `since < seq <= through` is in the frame. */
  since: count,
  through: count,
  /** Newest position in the scope, any lane. */
  head: count,
  documents: v.pipe(v.array(FeedDocumentSchema), v.maxLength(maxDocumentsPerFrame)),
  /** CRC-32 of the JSON text of `documents` as sent. */
  crc: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff)),
});
export type Frame = v.InferOutput<typeof FrameSchema>;

/** Something is new in a scope. A hint only: the cursor is the truth. */
export const HintSchema = v.object({ type: v.literal('hint'), scope: ScopeSchema, head: count });

/** Feed positions up to `seq` are in the center's backup; clients may forget what they sent up to there. */
export const DurableSchema = v.object({ type: v.literal('durable'), scope: ScopeSchema, seq: count });

export const CenterMessageSchema = v.variant('type', [
  ChallengeSchema,
  EnrolledSchema,
  WelcomeSchema,
  RefusedSchema,
  VerdictsSchema,
  FrameSchema,
  HintSchema,
  DurableSchema,
]);
export type CenterMessage = v.InferOutput<typeof CenterMessageSchema>;
