import type { OutboxReader, OutboxRow } from '#clinic/ports/replica.ts';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import type { Verdict } from '#contracts/wire/center-messages.ts';
import type { PushRow } from '#contracts/wire/client-messages.ts';
import { maxMessageBytes, maxRowsPerPush } from '#contracts/wire/protocol.ts';
import { applyAcceptances, applyVerdicts, type BatchOutcome, quarantineRow } from './apply-verdicts.ts';
import type { Conversation } from './conversation.ts';
import type { RecordRef } from './record-key.ts';
import type { SendLedger } from './send-ledger.ts';
import { misunderstood } from './session-end.ts';
import { rebasePending } from './settle-conflict.ts';
import type { SyncContext } from './sync-context.ts';

/** Room for what surrounds the rows in a message. */
const maxRowBytes = maxMessageBytes - 64 * 1024;
/** Most rows read at once. */
const maxRowsRead = 5000;

/** Sends pending rows, one batch at a time, and does what the verdicts ask. One per connection. */
export class Pusher {
  readonly #context: SyncContext;
  readonly #conversation: Conversation;
  readonly #ledger: SendLedger;
  readonly #wake: () => void;
  #batch = 0;
  #hasOfferedAgain = false;

  constructor(context: SyncContext, conversation: Conversation, ledger: SendLedger, wake: () => void) {
    this.#context = context;
    this.#conversation = conversation;
    this.#ledger = ledger;
    this.#wake = wake;
  }

  /** Sends the next batch. Returns false when nothing can be sent now. */
  async pushNext(): Promise<boolean> {
    const { replica, limits } = this.#context;
    const waiting = this.#ledger.waitingRecords;
    const limit = Math.min(maxRowsRead, limits.pushRows * (1 + waiting));
    const rows = replica.outbox
      .pending(limit)
      .filter((row) => !this.#ledger.isWaiting({ collection: row.collection, id: row.record.id }));
    if (rows.length === 0 && waiting === 0) this.#ledger.nothingPending();
    return this.#push(rows);
  }

  /**
   * Sends every pending row of these records until the center has answered for all that may have been applied. Returns
   * false when that cannot be known now.
   */
  async settle(records: readonly RecordRef[]): Promise<boolean> {
    const { outbox } = this.#context.replica;
    for (let round = 0; round < maxRowsPerPush; round += 1) {
      const rows = records.flatMap((record) => outbox.pendingOf(record.collection, record.id));
      if (!rows.some((row) => this.#ledger.mayBeApplied(row))) return true;
      if (records.some((record) => this.#ledger.isWaiting(record))) return false;
      if (!(await this.#push(rows))) return false;
    }
    return false;
  }

  async #push(candidates: readonly OutboxRow[]): Promise<boolean> {
    const { batch: rows, tooLarge } = takeBatch(candidates, this.#context.limits);
    if (tooLarge !== undefined) await this.#quarantine(tooLarge);
    if (rows.length === 0) return tooLarge !== undefined;
    this.#batch += 1;
    this.#ledger.sent(rows);
    const answer = await this.#conversation.ask(
      { type: 'push', batch: this.#batch, rows: rows.map(pushRow) },
      'verdicts',
      this.#context.limits.answerMs,
    );
    if (answer.batch !== this.#batch) throw misunderstood('verdicts: other batch');
    await this.#follow(await this.#apply(rows, answer.verdicts));
    return true;
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

  /** Remembers what the batch came to, after it is durable. */
  async #follow(outcome: BatchOutcome): Promise<void> {
    for (const { row, centerSeq } of outcome.accepted) {
      this.#ledger.settled(row.op);
      this.#ledger.accepted({ collection: row.collection, id: row.record.id }, centerSeq);
    }
    for (const row of outcome.replaced) this.#ledger.settled(row.op);
    for (const { record, waitMs } of outcome.waiting) this.#wait(record, waitMs);
    for (const { row, isFirst } of outcome.missingBase) {
      this.#ledger.notApplied(row.op);
      if (isFirst) await this.#seekBase({ collection: row.collection, id: row.record.id });
    }
  }

  /** PUSH-6: the history that is still here, then patience, then no base at all. */
  async #seekBase(record: RecordRef): Promise<void> {
    const { replica, limits } = this.#context;
    const tries = this.#ledger.missedBase(record);
    if (!this.#hasOfferedAgain && hasAcceptedRow(replica.outbox, record)) {
      this.#hasOfferedAgain = true;
      await replica.transact((transaction) => transaction.outbox.offerAgain());
      this.#ledger.doubt(replica.outbox);
    }
    if (tries < limits.missingBaseTries) {
      this.#wait(record, limits.missingBaseMs * 2 ** tries);
      return;
    }
    this.#ledger.forgetMissedBase(record);
    await replica.transact((transaction) => rebasePending(transaction, record, null, this.#writeContext()));
  }

  #wait(record: RecordRef, waitMs: number): void {
    const bounded = Math.min(Math.max(waitMs, 100), this.#context.limits.longestRetryMs);
    this.#ledger.wait(record, bounded, this.#context.timers, this.#wake);
  }

  async #quarantine(tooLarge: OutboxRow): Promise<void> {
    const replaced = await this.#context.replica.transact((transaction) =>
      quarantineRow(transaction, tooLarge, 'sync.record-refused', this.#writeContext()),
    );
    for (const row of replaced) this.#ledger.settled(row.op);
  }

  #writeContext() {
    const { identity, clock, random } = this.#context;
    return { device: identity.device, now: clock.now(), random };
  }
}

const hasAcceptedRow = (outbox: OutboxReader, { collection, id }: RecordRef): boolean =>
  outbox
    .byState('accepted', maxRowsRead)
    .some((row) => row.collection === collection && row.record.id === id);

/** As many rows, in order, as one message should hold; the first row always, unless no message can hold it (PUSH-10). */
function takeBatch(
  candidates: readonly OutboxRow[],
  limits: { readonly pushRows: number; readonly pushBytes: number },
): { readonly batch: readonly OutboxRow[]; readonly tooLarge: OutboxRow | undefined } {
  const batch: OutboxRow[] = [];
  let bytes = 0;
  for (const row of candidates) {
    const size = Buffer.byteLength(JSON.stringify(pushRow(row)));
    if (size > maxRowBytes) return { batch, tooLarge: row };
    const isFull =
      batch.length >= Math.min(limits.pushRows, maxRowsPerPush) || bytes + size > limits.pushBytes;
    if (batch.length > 0 && isFull) break;
    batch.push(row);
    bytes += size;
  }
  return { batch, tooLarge: undefined };
}

const pushRow = (row: OutboxRow): PushRow => ({
  op: row.op,
  collection: row.collection,
  id: row.record.id,
  baseRev: row.baseRev,
  rev: row.record.rev,
  record: row.record,
  ...(row.supersedes === undefined ? {} : { supersedes: [...row.supersedes] }),
});
