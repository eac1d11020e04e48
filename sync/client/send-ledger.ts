import type { Timers } from '#clinic/ports/clock.ts';
import type { OutboxReader, OutboxRow } from '#clinic/ports/replica.ts';
import type { OperationId } from '#contracts/ids.ts';
import { MissingBases } from './missing-bases.ts';
import { type RecordRef, recordKey } from './record-key.ts';

/**
 * What this process knows about rows on their way. A row the center may have applied without our having heard of it must
 * not be merged again (PULL-5); rows written before the process started are all of that kind.
 */
export class SendLedger {
  readonly missingBases = new MissingBases();
  /** Rows up to this local position may have been applied, whatever else is known. */
  #doubtfulThrough = 0;
  readonly #sent = new Set<OperationId>();
  /** Answered in a way that says: not applied. */
  readonly #notApplied = new Set<OperationId>();
  /** How to cancel the wait, by record. */
  readonly #waiting = new Map<string, () => void>();
  /** Feed position of the newest write accepted in this connection, by record. */
  readonly #acceptedAt = new Map<string, number>();

  /** After a start, or when accepted rows are pending again: everything pending now is in doubt. */
  doubt(outbox: OutboxReader): void {
    this.#notApplied.clear();
    this.#doubtfulThrough = Math.max(this.#doubtfulThrough, outbox.newestPending());
  }

  nothingPending(): void {
    this.#doubtfulThrough = 0;
  }

  /** Positions of the last connection may no longer hold, or everything up to them was read. */
  forgetPositions(): void {
    this.#acceptedAt.clear();
  }

  sent(rows: readonly OutboxRow[]): void {
    for (const row of rows) {
      this.#sent.add(row.op);
      this.#notApplied.delete(row.op);
    }
  }

  mayBeApplied(row: OutboxRow): boolean {
    if (this.#notApplied.has(row.op)) return false;
    return row.seq <= this.#doubtfulThrough || this.#sent.has(row.op);
  }

  /** The row left the pending state. */
  settled(op: OperationId): void {
    this.#sent.delete(op);
    this.#notApplied.delete(op);
  }

  accepted(record: RecordRef, centerSeq: number): void {
    const key = recordKey(record);
    this.#acceptedAt.set(key, Math.max(centerSeq, this.#acceptedAt.get(key) ?? 0));
    this.#waiting.get(key)?.();
    this.#waiting.delete(key);
  }

  acceptedAt(record: RecordRef): number {
    // A first copy asks for every document of a facility, and nothing was accepted.
    return this.#acceptedAt.size === 0 ? 0 : (this.#acceptedAt.get(recordKey(record)) ?? 0);
  }

  notApplied(op: OperationId): void {
    this.#notApplied.add(op);
  }

  /**
   * Leaves the record out of pushes for a while, then calls `over`. Counted by timers, not by the clock: a clock that
   * jumps back must not make a record wait for years.
   */
  wait(record: RecordRef, waitMs: number, timers: Timers, over: () => void): void {
    const key = recordKey(record);
    this.#waiting.get(key)?.();
    const cancel = timers.after(waitMs, () => {
      this.#waiting.delete(key);
      over();
    });
    this.#waiting.set(key, cancel);
  }

  isWaiting(record: RecordRef): boolean {
    return this.#waiting.size > 0 && this.#waiting.has(recordKey(record));
  }

  get waitingRecords(): number {
    return this.#waiting.size;
  }

  /** Ends every wait; nothing is called. */
  endAllWaits(): void {
    for (const cancel of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }
}
