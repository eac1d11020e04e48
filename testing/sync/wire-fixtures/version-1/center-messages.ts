import * as v from 'valibot';

/**
 * What a version 1 workstation takes from a center, as its program has it. Never changed: those programs are out there.
 * What it does not know of an object it passes over.
 */

const uuid = v.pipe(v.string(), v.regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/));
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const scope = v.pipe(v.string(), v.regex(/^[A-Z]{3}[0-9]{6}$/));
const revision = v.pipe(v.string(), v.regex(/^[1-9][0-9]{0,8}-[0-9a-f]{32}$/));
const instant = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8.64e15));
const ticket = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const lane = v.picklist([0, 1, 2, 3]);
const collection = v.picklist(['patients', 'visits', 'staff', 'reference', 'reviews']);
const errorCode = v.picklist([
  'access.wrong-passphrase',
  'access.weak-passphrase',
  'access.unknown-person',
  'access.locked',
  'access.forbidden',
  'access.too-many-attempts',
  'access.device-removed',
  'access.finger-not-recognised',
  'enrolment.already-enrolled',
  'enrolment.code-unknown',
  'enrolment.code-stale',
  'enrolment.center-unreachable',
  'store.damaged',
  'store.disk-full',
  'store.in-use',
  'store.newer',
  'store.wrong-key',
  'record.invalid',
  'record.not-found',
  'record.changed-meanwhile',
  'visit.wrong-state',
  'bridge.unknown-message',
  'bridge.invalid-input',
  'bridge.token-invalid',
  'bridge.link-lost',
  'bridge.busy',
  'sync.protocol-mismatch',
  'sync.device-cloned',
  'sync.device-revoked',
  'sync.device-unknown',
  'sync.proof-refused',
  'sync.unknown-message',
  'sync.record-refused',
  'sync.overloaded',
  'internal.failure',
]);

const verdict = v.variant('verdict', [
  v.object({ verdict: v.literal('ok'), op: uuid, rev: revision, seq: count, at: instant }),
  v.object({ verdict: v.literal('conflict'), op: uuid, record: v.unknown() }),
  v.object({ verdict: v.literal('missing-base'), op: uuid }),
  v.object({
    verdict: v.literal('quarantined'),
    op: v.nullable(uuid),
    index: count,
    code: errorCode,
    paths: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(200))), v.maxLength(100))),
  }),
  v.object({ verdict: v.literal('retry'), op: uuid, waitMs: count }),
]);

/** Every message of version 1 from a center. */
export const CenterMessageOneSchema = v.variant('type', [
  v.object({
    type: v.literal('challenge'),
    protocol: v.literal(1),
    center: v.pipe(v.string(), v.uuid()),
    nonce: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  }),
  v.object({
    type: v.literal('enrolled'),
    device: uuid,
    scope,
    ticket,
    certificate: v.pipe(v.string(), v.maxLength(88)),
    centerKey: v.pipe(v.string(), v.maxLength(44)),
  }),
  v.object({
    type: v.literal('welcome'),
    epoch: v.pipe(v.string(), v.uuid()),
    ticket,
    scopes: v.pipe(v.array(v.object({ scope, head: count })), v.minLength(1), v.maxLength(50)),
    at: instant,
  }),
  v.object({
    type: v.literal('refused'),
    code: errorCode,
    protocol: v.optional(v.number()),
    retry: v.boolean(),
  }),
  v.object({
    type: v.literal('verdicts'),
    batch: count,
    verdicts: v.pipe(v.array(verdict), v.maxLength(500)),
  }),
  v.object({
    type: v.literal('frame'),
    epoch: v.pipe(v.string(), v.uuid()),
    scope,
    lane,
    since: count,
    through: count,
    head: count,
    documents: v.pipe(v.array(v.object({ seq: count, collection, record: v.unknown() })), v.maxLength(500)),
    crc: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff)),
  }),
  v.object({ type: v.literal('hint'), scope, head: count }),
  v.object({ type: v.literal('durable'), scope, seq: count }),
]);
