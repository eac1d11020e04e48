import type { OutboxReader, OutboxRow } from '#clinic/ports/replica.ts';
import { maxRowsPerPush } from '#contracts/wire/protocol.ts';

/** Most rows read at once. */
const maxRowsRead = 5000;
/** Rows kept ahead: two full offers. */
const rowsAhead = 1000;
/** Most rows given at once: a full offer. */
const rowsWanted = maxRowsPerPush;

/**
 * Pending rows in the order they should be offered, read from the outbox a page at a time: a backlog of thousands is not read
 * again for every offer. Rows taken are gone from here; {@link changed} reads anew.
 */
export class Backlog {
  readonly #outbox: Pick<OutboxReader, 'pending'>;
  #rows: readonly OutboxRow[] = [];
  #isStale = true;
  /** The outbox holds more rows than were read. */
  #isCut = false;
  /** The row read last. */
  #last: OutboxRow | undefined;

  constructor(outbox: Pick<OutboxReader, 'pending'>) {
    this.#outbox = outbox;
  }

  /** The outbox's pending rows are no longer those that were read. */
  changed(): void {
    this.#isStale = true;
  }

  /**
   * Rows that may be offered, best first, as many as one offer takes. Rows `underWay`, by `seq`, are pending in the outbox but not in here. `unavailable`: about how
   * many other pending rows `isAvailable` refuses; so many more are read.
   */
  rows(
    isAvailable: (row: OutboxRow) => boolean,
    underWay: ReadonlySet<number>,
    unavailable: number,
  ): readonly OutboxRow[] {
    if (this.#isStale) this.#read(underWay, unavailable);
    const available = this.#some(isAvailable);
    // Waiting rows that fill everything kept here hold the rest up until some of them may go.
    if (available.length === rowsWanted || !this.#isCut || this.#rows.length + rowsAhead > maxRowsRead)
      return available;
    this.#readOn(underWay);
    return this.#some(isAvailable);
  }

  /** Whether a row of lane 0 may be among those that {@link rows} gives: quickly told, because it is asked as long as the link is full. */
  mayHoldUrgent(underWay: ReadonlySet<number>, unavailable: number): boolean {
    if (this.#isStale) this.#read(underWay, unavailable);
    // What was not read yet follows more urgent rows; where few are left it is read first.
    return (this.#isCut && this.#rows.length < rowsWanted) || this.#rows.some((row) => row.lane === 0);
  }

  #some(isAvailable: (row: OutboxRow) => boolean): readonly OutboxRow[] {
    const some: OutboxRow[] = [];
    for (const row of this.#rows) {
      if (some.length === rowsWanted) break;
      if (isAvailable(row)) some.push(row);
    }
    return some;
  }

  /** Whether the outbox had no pending row at the last reading, and nothing changed since. */
  get isEmpty(): boolean {
    return !this.#isStale && this.#rows.length === 0 && !this.#isCut;
  }

  /** These are on their way. */
  taken(rows: readonly OutboxRow[]): void {
    const seqs = new Set(rows.map((row) => row.seq));
    this.#rows = this.#rows.filter((row) => !seqs.has(row.seq));
  }

  #read(underWay: ReadonlySet<number>, unavailable: number): void {
    const limit = Math.min(maxRowsRead, rowsAhead + underWay.size + unavailable);
    const read = this.#outbox.pending(limit);
    this.#isCut = read.length === limit;
    this.#last = read.at(-1);
    // What is under way must not be in here when its answer comes: it would be offered again after it was accepted.
    this.#rows = read.filter((row) => !underWay.has(row.seq));
    this.#isStale = false;
  }

  /** The rows behind those that were read: what was read before is kept or on its way. */
  #readOn(underWay: ReadonlySet<number>): void {
    const read = this.#outbox.pending(rowsAhead, this.#last);
    this.#isCut = read.length === rowsAhead;
    this.#last = read.at(-1) ?? this.#last;
    const known = new Set(this.#rows.map((row) => row.seq));
    const fresh = read.filter((row) => !underWay.has(row.seq) && !known.has(row.seq));
    this.#rows = [...this.#rows, ...fresh];
  }
}
