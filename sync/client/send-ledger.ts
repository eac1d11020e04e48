import type { Timers } from '#clinic/ports/clock.ts';
import type { OutboxReader, OutboxRow } from '#clinic/ports/replica.ts';
import { MissingBases } from './missing-bases.ts';
import type { RecordRef } from './record-key.ts';
import { RecordMap } from './record-map.ts';

/**
 * What this process knows about rows on their way. A row the center may have applied without our having heard of it must
 * not be merged again (PULL-5); rows written before the process started are all of that kind.
 */
export class SendLedger {
  readonly missingBases = new MissingBases();
  /** Rows up to this local position may have been applied, whatever else is known. */
  #doubtfulThrough = 0;
  /** By `seq`, as all sets of rows here: a number is found sooner than an operation's text. */
  readonly #sent = new Set<number>();
  /** Answered in a way that says: not applied. */
  readonly #notApplied = new Set<number>();
  /** How to cancel the wait, by record. */
  readonly #waiting = new RecordMap<() => void>();
  /** Feed position of the newest write accepted in this connection, by record. */
  readonly #acceptedAt = new RecordMap<number>();

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
      this.#sent.add(row.seq);
      this.#notApplied.delete(row.seq);
    }
  }

  mayBeApplied(row: OutboxRow): boolean {
    if (this.#notApplied.has(row.seq)) return false;
    return row.seq <= this.#doubtfulThrough || this.#sent.has(row.seq);
  }

  /** The row left the pending state. */
  settled({ seq }: OutboxRow): void {
    this.#sent.delete(seq);
    this.#notApplied.delete(seq);
  }

  accepted(record: RecordRef, centerSeq: number): void {
    this.#acceptedAt.set(record, Math.max(centerSeq, this.#acceptedAt.get(record) ?? 0));
    if (this.#waiting.size === 0) return;
    this.#waiting.get(record)?.();
    this.#waiting.delete(record);
  }

  acceptedAt(record: RecordRef): number {
    // A first copy asks for every document of a facility, and nothing was accepted.
    return this.#acceptedAt.size === 0 ? 0 : (this.#acceptedAt.get(record) ?? 0);
  }

  notApplied({ seq }: OutboxRow): void {
    this.#notApplied.add(seq);
  }

  /**
   * Leaves the record out of pushes for a while, then calls `over`. Counted by timers, not by the clock: a clock that
   * jumps back must not make a record wait for years.
   */
  wait(record: RecordRef, waitMs: number, timers: Timers, over: () => void): void {
    this.#waiting.get(record)?.();
    const cancel = timers.after(waitMs, () => {
      this.#waiting.delete(record);
      over();
    });
    this.#waiting.set(record, cancel);
  }

  isWaiting(record: RecordRef): boolean {
    return this.#waiting.size > 0 && this.#waiting.has(record);
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
