import * as v from 'valibot';
import type { OutboxRow, ReplicaReader, ReplicaTransaction } from '#clinic/ports/replica.ts';
import { InstantSchema, type OperationId, OperationIdSchema, RecordIdSchema } from '#contracts/ids.ts';
import { CollectionNameSchema } from '#contracts/records/registry.ts';
import type { SyncLimits } from './limits.ts';

const settingsKey = 'sync.missing-bases';
/** Most rows whose patience outlives the process. */
const maxKept = 1_000;

const KeptSchema = v.array(
  v.object({
    op: OperationIdSchema,
    collection: CollectionNameSchema,
    id: RecordIdSchema,
    /** How many waits were begun. */
    waits: v.number(),
    /** When the last of them began, by the workstation's clock. */
    since: InstantSchema,
  }),
);
type Kept = v.InferOutput<typeof KeptSchema>[number];
type PatienceLimits = Pick<SyncLimits, 'missingBaseTries' | 'missingBaseMs' | 'longestRetryMs'>;

/**
 * How long rows have waited for a base that the center lacks (docs/specs/sync.md PUSH-6), also over restarts: a wait that the process
 * did not see to its end is over when its time is by the clock, so that every time the workstation is off counts as one wait at most. A
 * clock that was set back has the last wait begin anew.
 */
export class MissingBases {
  #keptByOp: Map<OperationId, Kept> | undefined;
  /** Rows whose last wait was seen to its end by a timer. */
  readonly #waited = new Set<OperationId>();
  /** How many there were when they were last looked for in the outbox. */
  #lookedUp = 0;

  /**
   * The center lacks the base of a row, the first pending one of its record. Returns how long the row waits, in milliseconds; null
   * if it waited often enough. Counts in memory: {@link keep} makes it durable.
   */
  refused(reader: ReplicaReader, row: OutboxRow, now: number, limits: PatienceLimits): number | null {
    const keptByOp = this.#read(reader);
    const before = keptByOp.get(row.op);
    const leftMs = before === undefined ? 0 : this.#leftOf(before, now, limits);
    const waits = (before?.waits ?? 0) + (leftMs > 0 ? 0 : 1);
    if (waits > limits.missingBaseTries) return null;
    const isGoingOn = before !== undefined && leftMs > 0 && before.since <= now;
    const since = isGoingOn ? before.since : now;
    const { op, collection, id } = row;
    keptByOp.set(op, { op, collection, id, waits, since });
    this.#waited.delete(op);
    return leftMs > 0 ? leftMs : waitMsOf(waits, limits);
  }

  /** The wait of a row is over. */
  waited(op: OperationId): void {
    this.#waited.add(op);
  }

  /** Keeps what was counted. */
  keep(transaction: ReplicaTransaction): void {
    this.#forgetGone(transaction);
    const kept = [...this.#read(transaction).values()].slice(0, maxKept);
    transaction.settings.set(settingsKey, JSON.stringify(kept));
  }

  /** Rows that wait no longer: sent, merged or put aside. Each is looked up, so only where they became twice as many since. */
  #forgetGone(reader: ReplicaReader): void {
    const keptByOp = this.#read(reader);
    if (keptByOp.size < 2 * this.#lookedUp) return;
    for (const { op, collection, id } of keptByOp.values()) {
      if (reader.outbox.pendingOf(collection, id)[0]?.op === op) continue;
      keptByOp.delete(op);
      this.#waited.delete(op);
    }
    this.#lookedUp = keptByOp.size;
  }

  #leftOf(before: Kept, now: number, limits: PatienceLimits): number {
    if (this.#waited.has(before.op)) return 0;
    return waitMsOf(before.waits, limits) - Math.max(0, now - before.since);
  }

  #read(reader: ReplicaReader): Map<OperationId, Kept> {
    const text = this.#keptByOp === undefined ? reader.settings.get(settingsKey) : undefined;
    const kept = text === undefined ? [] : v.parse(KeptSchema, JSON.parse(text));
    this.#keptByOp ??= new Map(kept.map((each) => [each.op, each]));
    return this.#keptByOp;
  }
}

/** Each is twice the one before. */
const waitMsOf = (waits: number, { missingBaseMs, longestRetryMs }: PatienceLimits): number =>
  Math.min(missingBaseMs * 2 ** (waits - 1), longestRetryMs);
