import * as v from 'valibot';
import type {
  AuditTrailReader,
  ReplicaTransaction,
  SettingsReader,
  SettingsWriter,
} from '#clinic/ports/replica.ts';
import { type Instant, InstantSchema } from '#contracts/ids.ts';
import { type AuditHead, AuditHeadSchema, type StatusSchema } from '#contracts/wire/client-messages.ts';

const keptKey = 'audit.kept';
const rollbackKey = 'audit.rolled-back';

const RollbackSchema = v.object({ kept: AuditHeadSchema, foundAt: InstantSchema });

/** The trail here is not the one that the center keeps a head of: entries are gone, or others are in their place (AUD-7). */
export type Rollback = v.InferOutput<typeof RollbackSchema>;

/** The newest head of this workstation's trail that the center said it keeps. */
export function readKeptHead(settings: SettingsReader): AuditHead | null {
  const text = settings.get(keptKey);
  return text === undefined ? null : v.parse(AuditHeadSchema, JSON.parse(text));
}

/** The first rollback that was found here; it stays known. */
export function readRollback(settings: SettingsReader): Rollback | null {
  const text = settings.get(rollbackKey);
  return text === undefined ? null : v.parse(RollbackSchema, JSON.parse(text));
}

/** Whether the trail holds what it held when `kept` was its head. */
export const isHeld = (trail: AuditTrailReader, kept: AuditHead): boolean =>
  trail.hashAt(kept.seq) === kept.hash;

/**
 * Keeps the head that the center named, and notes if the trail does not hold it: once, in the settings and in the trail
 * itself. `trail` is that of the transaction's replica.
 */
export function meetKeptHead(
  transaction: ReplicaTransaction,
  trail: AuditTrailReader,
  kept: AuditHead,
  now: Instant,
): void {
  const known = readKeptHead(transaction.settings);
  if (known === null || known.seq <= kept.seq) transaction.settings.set(keptKey, JSON.stringify(kept));
  if (!isHeld(trail, kept)) noteRollback(transaction, kept, now);
}

/** Notes that `kept` is not in the trail; only the first such finding. */
export function noteRollback(
  transaction: Pick<ReplicaTransaction, 'audit'> & { readonly settings: SettingsWriter },
  kept: AuditHead,
  now: Instant,
): void {
  if (readRollback(transaction.settings) !== null) return;
  transaction.settings.set(rollbackKey, JSON.stringify({ kept, foundAt: now } satisfies Rollback));
  transaction.audit({
    at: now,
    person: null,
    action: 'trail.rolled-back',
    collection: null,
    record: null,
    reason: `entry ${kept.seq} is not the one the center keeps`,
  });
}

/** What `status` says of the trail: its head, and what it holds where the center's newest head was. */
export function headToTell(
  trail: AuditTrailReader,
  kept: AuditHead | undefined,
): v.InferOutput<typeof StatusSchema>['audit'] {
  const head = trail.head();
  if (head === null) return undefined;
  if (kept === undefined) return head;
  return { ...head, atKept: { seq: kept.seq, hash: trail.hashAt(kept.seq) } };
}
