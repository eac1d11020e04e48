import type { OutboxRow } from '#clinic/ports/replica.ts';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import type { OperationId } from '#contracts/ids.ts';
import type { Verdict } from '#contracts/wire/center-messages.ts';
import { applyAcceptances, applyVerdicts, type BatchOutcome, quarantineRow } from './apply-verdicts.ts';
import { Backlog } from './backlog.ts';
import type { Conversation, MessageOf } from './conversation.ts';
import type { Departure, LinkMeter } from './link-meter.ts';
import { type OfferBatch, type RowToOffer, takeBatch } from './offer-row.ts';
import { OfferText } from './offer-text.ts';
import { judge } from './outcome-verdicts.ts';
import type { RecordRef } from './record-key.ts';
import { RecordMap } from './record-map.ts';
import type { SendLedger } from './send-ledger.ts';
import { rebasePending } from './settle-conflict.ts';
import type { SyncContext } from './sync-context.ts';

/** Most asides looked at for one offer. */
const asidesRead = 200;
/** Bytes of lane 0 that may go out although the window is full. */
const urgentBytes = 64 * 1024;
/** Most offers answered and not yet applied together. */
const maxOffersApplied = 4;

interface Offer {
  readonly batch: number;
  readonly rows: readonly RowToOffer[];
  readonly departure: Departure;
}

interface Answered {
  readonly offer: Offer;
  readonly outcomes: MessageOf<'outcomes'>;
}

/** Sends pending rows in offers, as many as the link takes, and does what the outcomes ask. One per connection. */
export class Offering {
  readonly #context: SyncContext;
  readonly #conversation: Conversation;
  readonly #ledger: SendLedger;
  readonly #meter: LinkMeter;
  readonly #wake: () => void;
  readonly #backlog: Backlog;
  readonly #text = new OfferText();
  #batch = 0;
  /** Rows by `seq`, and records, of the offers whose answer has not been applied. */
  readonly #underWay = new Set<number>();
  readonly #recordsUnderWay = new RecordMap<true>();
  #bytesUnderWay = 0;
  readonly #answered: Answered[] = [];
  /** Records whose rows go first: a flow waits for them (FLOW-3). */
  readonly #urgent = new RecordMap<RecordRef>();
  /** Rows the center cannot take as a difference, by `seq`. */
  readonly #wholeOnly = new Set<number>();
  /** How to cancel the wait of asides the center did not take, by operation. */
  readonly #waitingAsides = new Map<OperationId, () => void>();
  /** All rows put aside that are unsent or on their way, in order; undefined if they are to be read again. */
  #asidesKept: readonly OutboxRow[] | undefined;
  #hasOfferedAgain = false;

  constructor(
    context: SyncContext,
    conversation: Conversation,
    ledger: SendLedger,
    meter: LinkMeter,
    wake: () => void,
  ) {
    this.#context = context;
    this.#conversation = conversation;
    this.#ledger = ledger;
    this.#meter = meter;
    this.#wake = wake;
    this.#backlog = new Backlog(context.replica.outbox);
  }

  /** Somebody wrote: the outbox has new rows. */
  outboxChanged(): void {
    this.#backlog.changed();
    this.#asidesKept = undefined;
  }

  /** Cancels what waits. */
  close(): void {
    for (const cancel of this.#waitingAsides.values()) cancel();
    this.#waitingAsides.clear();
  }

  /** Nothing is under way and nothing waits to be applied. */
  get isIdle(): boolean {
    return this.#underWay.size === 0;
  }

  /** Has the rows of these records go first, until none may have been applied without our knowing. */
  settle(records: readonly RecordRef[]): void {
    for (const record of records) this.#urgent.set(record, record);
  }

  /** Whether a row of the record may have been applied already (PULL-5). */
  isContested(record: RecordRef): boolean {
    const pending = this.#context.replica.outbox.pendingOf(record.collection, record.id);
    return pending.some((row) => this.#ledger.mayBeApplied(row));
  }

  /** Sends the next offer if the link has room for it. Returns whether something changed. */
  async offerNext(): Promise<boolean> {
    const room = this.#meter.offerWindow - this.#bytesUnderWay;
    const size = Math.min(this.#meter.offerBytes, this.#context.limits.offerBytes);
    const hasRoom = this.#bytesUnderWay === 0 || room >= size;
    const candidates = this.#candidates(hasRoom);
    if (candidates.length === 0) return false;
    const bytes = hasRoom ? size : urgentBytes;
    const bounds = { rows: this.#context.limits.offerRows, bytes };
    this.#text.begin(this.#batch + 1);
    const batch = takeBatch(candidates, bounds, this.#context.replica.sync, this.#wholeOnly, this.#text);
    if (batch.rows.length > 0) this.#send(batch);
    if (batch.tooLarge !== undefined) await this.#quarantine(batch.tooLarge);
    return true;
  }

  /** Applies what was answered since. Returns how many rows, undefined if nothing was answered. */
  async applyAnswered(): Promise<number | undefined> {
    const answered = this.#answered.splice(0, maxOffersApplied);
    if (answered.length === 0) return undefined;
    const judged = answered.map(({ offer, outcomes }) => judge(offer.rows, outcomes.outcomes, outcomes.at));
    const rows = judged.flatMap((each) => each.rows);
    const outcome = await this.#apply(
      rows,
      judged.flatMap((each) => each.verdicts),
    );
    for (const row of judged.flatMap((each) => each.wholeNext)) this.#offerWhole(row);
    for (const { offer } of answered) this.#arrived(offer);
    await this.#follow(outcome);
    if (outcome.accepted.length < rows.length || judged.some((each) => each.wholeNext.length > 0)) {
      this.outboxChanged();
    }
    return rows.length;
  }

  #candidates(hasRoom: boolean): readonly OutboxRow[] {
    const isAvailable = (row: OutboxRow) => this.#isAvailable(row);
    const urgent = hasRoom ? this.#urgentRows().filter(isAvailable) : [];
    if (urgent.length > 0) return urgent;
    const waiting = this.#ledger.waitingRecords;
    if (!hasRoom && !this.#backlog.mayHoldUrgent(this.#underWay, waiting * 10)) return [];
    const rows = this.#backlog.rows(isAvailable, this.#underWay, waiting * 10);
    if (this.#backlog.isEmpty && this.#underWay.size === 0 && waiting === 0) this.#ledger.nothingPending();
    if (!hasRoom) return rows.filter((row) => row.lane === 0);
    return rows.length > 0 ? rows : this.#asides();
  }

  #isAvailable(row: OutboxRow): boolean {
    return !this.#recordsUnderWay.has(row) && !this.#ledger.isWaiting(row);
  }

  #urgentRows(): readonly OutboxRow[] {
    const rows: OutboxRow[] = [];
    for (const record of this.#urgent.values()) {
      const pending = this.#context.replica.outbox.pendingOf(record.collection, record.id);
      if (pending.some((row) => this.#ledger.mayBeApplied(row))) rows.push(...pending);
      else this.#urgent.delete(record);
    }
    return rows;
  }

  /** After everything else (PUSH-13). */
  #asides(): readonly OutboxRow[] {
    const asides = this.#asidesKept ?? this.#readAsides();
    return asides.filter((row) => this.#isAvailable(row) && !this.#waitingAsides.has(row.op));
  }

  #readAsides(): readonly OutboxRow[] {
    const limit = asidesRead + this.#underWay.size + this.#waitingAsides.size;
    const asides = this.#context.replica.outbox.asides(limit);
    if (asides.length < limit) this.#asidesKept = asides;
    return asides;
  }

  #send({ rows, utf8, bytes }: OfferBatch): void {
    this.#batch += 1;
    const sent = rows.map(({ row }) => row);
    this.#ledger.sent(sent);
    this.#backlog.taken(sent);
    for (const row of sent) {
      this.#underWay.add(row.seq);
      this.#recordsUnderWay.set(row, true);
    }
    this.#bytesUnderWay += bytes;
    const departure = this.#meter.departs(bytes, this.#context.clock.now());
    const offer = { batch: this.#batch, rows, departure };
    const asking = this.#conversation.offer(this.#batch, utf8, this.#context.limits.answerMs);
    asking.then(
      (outcomes) => {
        this.#meter.answered(departure, this.#context.clock.now());
        this.#answered.push({ offer, outcomes });
        this.#wake();
      },
      // The connection has ended: whoever runs it notices and throws why.
      () => {},
    );
  }

  async #apply(rows: readonly OutboxRow[], verdicts: readonly Verdict[]): Promise<BatchOutcome> {
    const { replica } = this.#context;
    try {
      return await replica.transact((transaction) =>
        applyVerdicts(transaction, rows, verdicts, this.#writeContext()),
      );
    } catch (error) {
      if (!(error instanceof ReplicaFailure) || error.error.code !== 'store.disk-full') throw error;
      await replica.transact((transaction) => applyAcceptances(transaction, rows, verdicts));
      throw error;
    }
  }

  /** The offer is no longer under way; its outcome is durable. */
  #arrived({ rows, departure }: Offer): void {
    this.#bytesUnderWay -= departure.bytes;
    for (const { row } of rows) {
      this.#underWay.delete(row.seq);
      this.#recordsUnderWay.delete(row);
      if (row.isAside) this.#asidesKept = undefined;
    }
  }

  #offerWhole(row: OutboxRow): void {
    this.#wholeOnly.add(row.seq);
    this.#ledger.notApplied(row);
  }

  /** Remembers what the batch came to, after it is durable. */
  async #follow(outcome: BatchOutcome): Promise<void> {
    for (const { row, centerSeq } of outcome.accepted) {
      this.#settled(row);
      if (!row.isAside) this.#ledger.accepted(refOf(row), centerSeq);
    }
    for (const row of outcome.replaced) this.#settled(row);
    for (const { row, waitMs } of outcome.waitingAsides) this.#waitAside(row.op, waitMs);
    for (const { record, waitMs } of outcome.waiting) this.#wait(record, waitMs);
    const first = outcome.missingBase.flatMap(({ row, isFirst }) => (isFirst ? [row] : []));
    await this.#offerBasesAgain(first);
    for (const { row } of outcome.missingBase) this.#ledger.notApplied(row);
    await this.#seekBases(first);
  }

  #settled(row: OutboxRow): void {
    this.#ledger.settled(row);
    this.#wholeOnly.delete(row.seq);
  }

  /** PUSH-6: the history that is still here, once per connection. Which rows were applied is in doubt afterwards. */
  async #offerBasesAgain(rows: readonly OutboxRow[]): Promise<void> {
    const { replica } = this.#context;
    if (this.#hasOfferedAgain || !rows.some((row) => replica.outbox.hasAccepted(row.collection, row.id)))
      return;
    this.#hasOfferedAgain = true;
    await replica.transact((transaction) => transaction.outbox.offerAgain());
    this.#ledger.doubt(replica.outbox);
  }

  /** PUSH-6: then patience, then no base at all. */
  async #seekBases(rows: readonly OutboxRow[]): Promise<void> {
    if (rows.length === 0) return;
    const { replica, limits, clock } = this.#context;
    const { missingBases } = this.#ledger;
    const tired: OutboxRow[] = [];
    for (const row of rows) {
      const waitMs = missingBases.refused(replica, row, clock.now(), limits);
      if (waitMs === null) tired.push(row);
      else this.#wait(refOf(row), waitMs, () => missingBases.waited(row.op));
    }
    await this.#rebaseOnNothing(tired);
  }

  /** What was counted is kept with it. Waiting goes on if the disk has no room for that (PUSH-12). */
  async #rebaseOnNothing(tired: readonly OutboxRow[]): Promise<void> {
    try {
      await this.#context.replica.transact((transaction) => {
        for (const row of tired) rebasePending(transaction, refOf(row), null, this.#writeContext());
        this.#ledger.missingBases.keep(transaction);
      });
    } catch (error) {
      const isFull = error instanceof ReplicaFailure && error.error.code === 'store.disk-full';
      if (!isFull || tired.length > 0) throw error;
    }
  }

  #wait(record: RecordRef, waitMs: number, over: () => void = () => undefined): void {
    this.#ledger.wait(record, this.#bounded(waitMs), this.#context.timers, () => {
      over();
      this.#wake();
    });
  }

  #waitAside(op: OperationId, waitMs: number): void {
    const cancel = this.#context.timers.after(this.#bounded(waitMs), () => {
      this.#waitingAsides.delete(op);
      this.#wake();
    });
    this.#waitingAsides.set(op, cancel);
  }

  #bounded(waitMs: number): number {
    return Math.min(Math.max(waitMs, 100), this.#context.limits.longestRetryMs);
  }

  async #quarantine(tooLarge: OutboxRow): Promise<void> {
    const replaced = await this.#context.replica.transact((transaction) =>
      quarantineRow(transaction, tooLarge, 'sync.record-refused', this.#writeContext()),
    );
    for (const row of replaced) this.#settled(row);
    this.outboxChanged();
  }

  #writeContext() {
    const { identity, clock, random } = this.#context;
    return { device: identity.device, scope: identity.scope, now: clock.now(), random };
  }
}

const refOf = (row: OutboxRow): RecordRef => ({ collection: row.collection, id: row.id });
