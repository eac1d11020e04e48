import * as v from 'valibot';
import {
  DeviceIdSchema,
  InstantSchema,
  OperationIdSchema,
  PersonIdSchema,
  RecordIdSchema,
  RevisionSchema,
  ScopeSchema,
} from '../ids.ts';
import { LaneSchema } from '../records/record.ts';
import { CollectionNameSchema } from '../records/registry.ts';
import { StaffKeySchema } from '../records/signature.ts';
import {
  digestBuckets,
  maxCredit,
  maxDocumentsPerFrame,
  maxKeysPerStatus,
  maxMessageBytes,
  maxRecordsPerFetch,
  maxRowsPerPush,
} from './protocol.ts';

const base64 = (max: number) =>
  v.pipe(v.string(), v.maxLength(max), v.regex(/^[A-Za-z0-9+/]*={0,2}$/, 'not base64'));
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
/** One use each; rotates at every connection, so that a copied workstation is noticed. */
export const TicketSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'not a ticket'));

/** How messages after `welcome` are packed (docs/specs/packing.md). */
export const PackingSchema = v.picklist(['zstd', 'deflate', 'none']);
export type Packing = v.InferOutput<typeof PackingSchema>;

/** Version of a packing dictionary. */
export const DictionaryVersionSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000));

/** First message of a connection. The center answers `challenge` or `refused`. */
export const HelloSchema = v.object({
  type: v.literal('hello'),
  protocol: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535)),
  /** Version of the program, for the center's page. */
  program: v.pipe(v.string(), v.maxLength(40)),
  /** Packings this side can undo, best first. Since version 2. */
  packings: v.optional(v.pipe(v.array(PackingSchema), v.maxLength(8))),
  /** Dictionaries this side holds. Since version 2. */
  dictionaries: v.optional(v.pipe(v.array(DictionaryVersionSchema), v.maxLength(32))),
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

/** Proves the device. Answered by `welcome`, `wipe` or `refused`. */
export const ProveSchema = v.object({
  type: v.literal('prove'),
  device: DeviceIdSchema,
  ticket: TicketSchema,
  /** Ed25519 over the text described at `proofPreamble`. */
  signature: base64(88),
});

/** The ticket of `welcome` is durable here; from now on the center takes no older one. */
export const ConfirmTicketSchema = v.object({ type: v.literal('confirm-ticket'), ticket: TicketSchema });

/** Answer to `wipe`: nothing of the center's records is left on this workstation. */
export const WipedSchema = v.object({ type: v.literal('wiped'), device: DeviceIdSchema });

/** One write of version 1. `record` is parsed later and alone, so that one bad row never blocks the others. */
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

/** Version 1: rows in order of writing per record. Rows that do not parse are quarantined one by one. */
export const PushSchema = v.object({
  type: v.literal('push'),
  batch: count,
  rows: v.pipe(v.array(v.unknown()), v.minLength(1), v.maxLength(maxRowsPerPush)),
});

/** What changed from one version of a record to the next (sync/merge/record-delta.ts). Never holds `rev`. */
export const RecordDeltaSchema = v.object({
  /** Envelope fields with a new value. */
  envelope: v.optional(v.record(v.string(), v.unknown())),
  /** Fields of the body with a new value. */
  set: v.optional(v.record(v.string(), v.unknown())),
  /** Fields of the envelope's optional part (`enteredLate`) or, as `body.<name>`, of the body that are gone. */
  unset: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(200))), v.maxLength(200))),
  /** Items new or changed, by list field of the body: a changed item replaces the one with its `id`, a new one goes to the end. */
  items: v.optional(v.record(v.string(), v.pipe(v.array(v.unknown()), v.maxLength(1000)))),
});
export type RecordDelta = v.InferOutput<typeof RecordDeltaSchema>;

const offered = {
  op: OperationIdSchema,
  collection: CollectionNameSchema,
  /** Last eight digits of the revision, which the center computes itself (REV-1): both have to agree. */
  check: v.pipe(v.string(), v.regex(/^[0-9a-f]{8}$/, 'not eight hex digits')),
  /** Replaced on this workstation by a later operation: kept in the record's history, never its newest version (PUSH-13). */
  aside: v.optional(v.literal(true)),
  supersedes: v.optional(v.pipe(v.array(OperationIdSchema), v.maxLength(1000))),
} as const;

/** One write, whole or as a difference to its base. `record` has no `rev`. */
export const OfferRowSchema = v.union([
  v.object({ ...offered, base: v.nullable(RevisionSchema), record: v.unknown() }),
  v.object({ ...offered, base: RevisionSchema, id: RecordIdSchema, delta: RecordDeltaSchema }),
]);
export type OfferRow = v.InferOutput<typeof OfferRowSchema>;

/** Rows in order of writing per record; answered by `outcomes`. Several offers may be under way. */
export const OfferSchema = v.object({
  type: v.literal('offer'),
  batch: count,
  rows: v.pipe(v.array(v.unknown()), v.minLength(1), v.maxLength(maxRowsPerPush)),
});

/**
 * Version 1. Asks for what the feed of a scope and lane holds after `since`. Answered by exactly one `frame` if the scope's
 * head is beyond `since` (without documents and with `through` at the head if the lane holds nothing more), otherwise by none.
 */
export const PullSchema = v.object({
  type: v.literal('pull'),
  scope: ScopeSchema,
  lane: LaneSchema,
  since: count,
  limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maxDocumentsPerFrame)),
});

const credit = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(maxCredit));
/** About how many bytes of unpacked documents a portion should hold; a longer record travels alone. */
const portionBytes = v.pipe(v.number(), v.integer(), v.minValue(512), v.maxValue(maxMessageBytes / 4));

/** Time counts more than bytes: portions should be packed quickly rather than small. */
const isLinkFast = v.optional(v.literal(true));

/**
 * Follows the feed of a scope and lane from `since`: the center sends a `portion` whenever there is something and credit is
 * left, now or later, lower lanes first. A new `flow` of the same scope and lane takes the place of the older one.
 */
export const FollowSchema = v.object({
  type: v.literal('follow'),
  /** Number of the flow on this connection, ascending. */
  flow: count,
  scope: ScopeSchema,
  lane: LaneSchema,
  since: count,
  credit,
  portionBytes,
  isLinkFast,
});

/** More credit for a flow, and from now on this size of portion. */
export const GrantSchema = v.object({
  type: v.literal('grant'),
  flow: count,
  credit,
  portionBytes,
  isLinkFast,
});

/** Asks for the newest versions of records of a scope, outside the feed (DIG-4). Answered by `fetched`. */
export const FetchSchema = v.object({
  type: v.literal('fetch'),
  request: count,
  scope: ScopeSchema,
  records: v.pipe(
    v.array(v.object({ collection: CollectionNameSchema, id: RecordIdSchema })),
    v.minLength(1),
    v.maxLength(maxRecordsPerFetch),
  ),
});

/** Asks for the digest of a scope (DIG-1). Answered by `digests`. */
export const DigestSchema = v.object({ type: v.literal('digest'), request: count, scope: ScopeSchema });

/** Asks for the revisions in one bucket of a scope (DIG-3). Answered by `inventory` messages, the last one says so. */
export const ListSchema = v.object({
  type: v.literal('list'),
  request: count,
  scope: ScopeSchema,
  bucket: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(digestBuckets - 1)),
});

/** The newest entry of a workstation's audit trail, or one before it: its number and hash (docs/specs/audit.md AUD-6). */
export const AuditHeadSchema = v.object({
  seq: v.pipe(count, v.minValue(1)),
  hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'not a hash')),
});
export type AuditHead = v.InferOutput<typeof AuditHeadSchema>;

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
  /** Records found different from the center's and healed, since the workstation was enrolled. Since version 2. */
  healed: v.optional(count),
  /**
   * The head of the audit trail; and what the trail holds at the number of the head that `welcome` named, null for nothing. Since
   * version 3.
   */
  audit: v.optional(
    v.object({
      ...AuditHeadSchema.entries,
      atKept: v.optional(
        v.object({ seq: AuditHeadSchema.entries.seq, hash: v.nullable(AuditHeadSchema.entries.hash) }),
      ),
    }),
  ),
  /** Signing keys of people here that their staff records lack; told until they have them. Since version 3. */
  staffKeys: v.optional(
    v.pipe(
      v.array(
        v.object({
          person: PersonIdSchema,
          id: StaffKeySchema.entries.id,
          publicKey: StaffKeySchema.entries.publicKey,
          since: InstantSchema,
        }),
      ),
      v.maxLength(maxKeysPerStatus),
    ),
  ),
});

export const ClientMessageSchema = v.variant('type', [
  HelloSchema,
  EnrolSchema,
  ProveSchema,
  ConfirmTicketSchema,
  WipedSchema,
  PushSchema,
  OfferSchema,
  PullSchema,
  FollowSchema,
  GrantSchema,
  FetchSchema,
  DigestSchema,
  ListSchema,
  StatusSchema,
]);
export type ClientMessage = v.InferOutput<typeof ClientMessageSchema>;
