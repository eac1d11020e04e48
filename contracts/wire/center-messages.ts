import * as v from 'valibot';
import { ErrorCodeSchema } from '../errors.ts';
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
import { AuditHeadSchema, DictionaryVersionSchema, PackingSchema, TicketSchema } from './client-messages.ts';
import { digestBuckets, maxDocumentsPerFrame, maxRecordsPerFetch, maxRowsPerPush } from './protocol.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
/** Changes when the center was restored from a backup: what clients had sent may be gone. UUID. */
export const EpochSchema = v.pipe(v.string(), v.uuid());
const paths = v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(200))), v.maxLength(100)));

/** Answer to `hello`. */
export const ChallengeSchema = v.object({
  type: v.literal('challenge'),
  /** Version spoken from now on: that of `hello` if the center still serves it. */
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
  /** How every later message is packed, in both directions. Since version 2, where it is always there. */
  packing: v.optional(PackingSchema),
  /** The dictionary packing begins with; null for none. Since version 2. */
  dictionary: v.optional(v.nullable(DictionaryVersionSchema)),
  /** How long the workstation may work without a welcome before it asks to be connected. Since version 2. */
  offlineLimitMs: v.optional(count),
  /** The newest head of this workstation's audit trail that the center keeps. Since version 3. */
  audit: v.optional(AuditHeadSchema),
});

/**
 * Answer to `prove` of a device that is to erase its records. The connection stays open for `wiped`. Obeyed only if the
 * signature is the center's (WIP-1).
 */
export const WipeSchema = v.object({
  type: v.literal('wipe'),
  device: DeviceIdSchema,
  /** Ed25519 over the text described at `wipePreamble`, base64. */
  signature: v.pipe(v.string(), v.maxLength(88)),
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

/** What became of one row of a version 1 push; also how either side holds an outcome inside. */
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

/** Answer to a version 1 `push`: one verdict per row, in the order of the rows. Sent after the center's commit. */
export const VerdictsSchema = v.object({
  type: v.literal('verdicts'),
  batch: count,
  verdicts: v.pipe(v.array(VerdictSchema), v.maxLength(maxRowsPerPush)),
});

/**
 * What became of one offered row, in place of its verdict: the feed position if it is durable (`ok`), otherwise what
 * `Verdict` says of it without what the workstation knows.
 */
export const OutcomeSchema = v.union([
  count,
  v.variant('verdict', [
    /** `record` is the center's version. */
    v.object({ verdict: v.literal('conflict'), record: v.unknown() }),
    /** The center does not know the row's base; offer it whole, with the history that is still in the outbox. */
    v.object({ verdict: v.literal('missing-base') }),
    v.object({ verdict: v.literal('quarantined'), code: ErrorCodeSchema, paths }),
    v.object({ verdict: v.literal('retry'), waitMs: count }),
  ]),
]);
export type Outcome = v.InferOutput<typeof OutcomeSchema>;

/** Answer to `offer`, in the order of its rows. Sent after the center's commit. */
export const OutcomesSchema = v.object({
  type: v.literal('outcomes'),
  batch: count,
  at: InstantSchema,
  outcomes: v.pipe(v.array(OutcomeSchema), v.minLength(1), v.maxLength(maxRowsPerPush)),
});

export const FeedDocumentSchema = v.object({
  seq: count,
  collection: CollectionNameSchema,
  /** Parsed with the record schema of its collection, one by one. */
  record: v.unknown(),
});

/** A record that no longer belongs to the scope: the workstation removes it unless it has unsent edits (SHR-6). */
export const WithdrawnSchema = v.object({
  seq: count,
  collection: CollectionNameSchema,
  withdrawn: RecordIdSchema,
});

/** Answer to a version 1 `pull`. After committing `documents` the client's checkpoint for scope and lane is `through`. */
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

/** A piece of a followed feed. After committing it the client's checkpoint for the flow's scope and lane is `through`. */
export const PortionSchema = v.object({
  type: v.literal('portion'),
  flow: count,
  epoch: EpochSchema,
  /** Every document of the lane with `since < seq <= through` is in the portion; the next one begins at `through`. */
  since: count,
  through: count,
  /** Newest position in the scope, any lane. */
  head: count,
  documents: v.pipe(
    v.array(v.union([FeedDocumentSchema, WithdrawnSchema])),
    v.maxLength(maxDocumentsPerFrame),
  ),
  /** CRC-32 of the JSON text of `documents` as sent. */
  crc: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff)),
});
export type Portion = v.InferOutput<typeof PortionSchema>;

/** Answer to `fetch`. What is in neither list did not fit; ask again. */
export const FetchedSchema = v.object({
  type: v.literal('fetched'),
  request: count,
  documents: v.pipe(
    v.array(v.object({ collection: CollectionNameSchema, record: v.unknown() })),
    v.maxLength(maxRecordsPerFetch),
  ),
  absent: v.pipe(
    v.array(v.object({ collection: CollectionNameSchema, id: RecordIdSchema })),
    v.maxLength(maxRecordsPerFetch),
  ),
});

const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, 'not a digest'));

/** Answer to `digest`: the scope's records at position `seq`, as a whole and by bucket (sync/merge/digest.ts). */
export const DigestsSchema = v.object({
  type: v.literal('digests'),
  request: count,
  scope: ScopeSchema,
  seq: count,
  buckets: v.pipe(v.array(digest), v.length(digestBuckets)),
});

/** Answer to `list`: `[collection, id, rev]` of the bucket's records, in several messages if there are many. */
export const InventorySchema = v.object({
  type: v.literal('inventory'),
  request: count,
  /** Position of the scope it was read at. */
  seq: count,
  records: v.pipe(
    v.array(v.tuple([CollectionNameSchema, RecordIdSchema, RevisionSchema])),
    v.maxLength(10_000),
  ),
  isLast: v.boolean(),
});

/** Something is new in a scope. A hint only: the cursor is the truth. */
export const HintSchema = v.object({ type: v.literal('hint'), scope: ScopeSchema, head: count });

/** Feed positions up to `seq` are in the center's backup; clients may forget what they sent up to there. */
export const DurableSchema = v.object({ type: v.literal('durable'), scope: ScopeSchema, seq: count });

export const CenterMessageSchema = v.variant('type', [
  ChallengeSchema,
  EnrolledSchema,
  WelcomeSchema,
  WipeSchema,
  RefusedSchema,
  VerdictsSchema,
  OutcomesSchema,
  FrameSchema,
  PortionSchema,
  FetchedSchema,
  DigestsSchema,
  InventorySchema,
  HintSchema,
  DurableSchema,
]);
export type CenterMessage = v.InferOutput<typeof CenterMessageSchema>;
