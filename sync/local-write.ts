import * as v from 'valibot';
import type { Random } from '#clinic/ports/clock.ts';
import type { ReplicaTransaction } from '#clinic/ports/replica.ts';
import {
  type DeviceId,
  type Instant,
  type OperationId,
  OperationIdSchema,
  type PersonId,
  type RecordId,
  type Revision,
  type Scope,
} from '#contracts/ids.ts';
import { envelope } from '#contracts/records/record.ts';
import {
  type AnyRecord,
  type BodyByCollection,
  type CollectionName,
  type RecordOf,
  recordTypes,
} from '#contracts/records/registry.ts';
import { nextHlc } from './hlc.ts';
import { inCanonicalOrder } from './merge/canonical-order.ts';
import { revisionOf } from './merge/revision.ts';
import { uuidV7 } from './uuid-v7.ts';

/** One edit made on this workstation: the whole new body, and where it comes from. */
export interface LocalWrite<C extends CollectionName> {
  readonly collection: C;
  /** A fresh UUIDv7 for a new record. */
  readonly id: RecordId;
  /** The whole body, valid by the record type's schema. */
  readonly body: BodyByCollection[C];
  /** The facility of a new record; an existing record keeps its own. */
  readonly scope: Scope;
  readonly author: PersonId;
  readonly device: DeviceId;
  /** The workstation's clock now, in milliseconds since 1970. */
  readonly at: Instant;
  readonly enteredLate?: string | undefined;
  /** For the operation id. */
  readonly random: Random;
}

/**
 * Writes one local edit inside the action's transaction: envelope, revision, shadow, record and outbox row. Every edit
 * goes through here, so that what is saved is always also on its way to the center (docs/specs/sync.md PUSH-1).
 * Returns the record as stored. What the transaction throws passes through; nothing is left then.
 */
export function recordLocalWrite<C extends CollectionName>(
  transaction: ReplicaTransaction,
  write: LocalWrite<C>,
): RecordOf<C> {
  const stored = transaction.get(write.collection, write.id);
  const baseRev = takeBase(transaction, write.collection, write.id, stored);
  return appendWrite(transaction, {
    ...write,
    scope: stored?.scope ?? write.scope,
    capturedAt: write.at,
    baseRev,
    after: stored === undefined ? [] : [stored],
  });
}

/** A write whose base is decided already; see {@link appendWrite}. */
export interface BasedWrite<C extends CollectionName> extends LocalWrite<C> {
  readonly capturedAt: Instant;
  /** The version of the center this builds on, or that of the row before in the outbox. */
  readonly baseRev: Revision | null;
  /** Versions that the new one must be shown after. */
  readonly after: readonly AnyRecord[];
  /** Operations whose content this one contains. */
  readonly supersedes?: readonly OperationId[];
}

/** Puts the record and appends its outbox row under a fresh operation id. Leaves shadows alone. */
export function appendWrite<C extends CollectionName>(
  transaction: ReplicaTransaction,
  write: BasedWrite<C>,
): RecordOf<C> {
  const op = v.parse(OperationIdSchema, uuidV7(write.at, write.random));
  const record = buildRecord(transaction, write, op);
  transaction.put(write.collection, record);
  transaction.outbox.append({
    op,
    collection: write.collection,
    lane: recordTypes[write.collection].lane,
    baseRev: write.baseRev,
    record,
    at: write.at,
    ...(write.supersedes === undefined || write.supersedes.length === 0
      ? {}
      : { supersedes: write.supersedes }),
  });
  return record;
}

function buildRecord<C extends CollectionName>(
  transaction: ReplicaTransaction,
  write: BasedWrite<C>,
  op: OperationId,
): RecordOf<C> {
  const after = write.after.map((version) => version.hlc);
  const content = {
    ...unknownEnvelope(write.after),
    id: write.id,
    scope: write.scope,
    author: write.author,
    device: write.device,
    capturedAt: write.capturedAt,
    hlc: nextHlc(transaction.settings, write.at, write.device, after),
    ...(write.enteredLate === undefined ? {} : { enteredLate: write.enteredLate }),
    body: write.body,
  };
  return inCanonicalOrder({ ...content, rev: revisionOf(op, write.baseRev, write.collection, content) });
}

/** What only a newer program knows about the versions this one comes after (VER-5). */
function unknownEnvelope(versions: readonly AnyRecord[]): object {
  const unknown = versions
    .flatMap((version) => Object.entries(version))
    .filter(([name]) => !Object.hasOwn(envelope, name) && name !== 'body');
  return Object.fromEntries(unknown);
}

/**
 * The revision a local edit builds on. The first edit after the center's version keeps that version as shadow: it is
 * the base of a later merge. A version that the center put into quarantine is no base, the one before it is (PUSH-8).
 */
function takeBase<C extends CollectionName>(
  transaction: ReplicaTransaction,
  collection: C,
  id: RecordId,
  stored: RecordOf<C> | undefined,
): Revision | null {
  if (stored === undefined) return null;
  if (transaction.outbox.pendingOf(collection, id).length > 0) return stored.rev;
  const shadow = transaction.sync.shadow(collection, id);
  if (shadow !== undefined) return shadow.rev;
  if (isQuarantined(transaction, collection, stored)) return null;
  transaction.sync.setShadow(collection, stored);
  return stored.rev;
}

function isQuarantined(
  transaction: ReplicaTransaction,
  collection: CollectionName,
  stored: AnyRecord,
): boolean {
  const { quarantined } = transaction.outbox.counts();
  if (quarantined === 0) return false;
  return transaction.outbox
    .byState('quarantined', quarantined)
    .some((row) => row.collection === collection && row.record.rev === stored.rev);
}
