import type { OutboxRow } from '#clinic/ports/replica.ts';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import type { Scope } from '#contracts/ids.ts';
import { type Lane, lanes } from '#contracts/records/record.ts';
import type { CenterMessage, Frame } from '#contracts/wire/center-messages.ts';
import type { PushRow } from '#contracts/wire/client-messages.ts';
import { applyAcceptances, applyVerdicts, type BatchOutcome } from '#sync/client/apply-verdicts.ts';
import { commitPortion } from '#sync/client/commit-portion.ts';
import { contestedRecords, readDocuments } from '#sync/client/read-portion.ts';
import type { RecordRef } from '#sync/client/record-key.ts';
import { misunderstood, SessionEnd } from '#sync/client/session-end.ts';
import { rebasePending } from '#sync/client/settle-conflict.ts';
import type { SyncContext } from '#sync/client/sync-context.ts';
import { meetEpoch, noteFirstCopy, noteReread } from '#sync/client/sync-memory.ts';
import { Wakeup } from '#sync/client/wakeup.ts';
import { loadTicket, saveTicket, signProof } from '#sync/device-identity.ts';
import type { Transport } from '#sync/transports/transport.ts';
import { OldConversation, type OldUnasked } from './old-conversation.ts';
import type { OldLedger } from './old-ledger.ts';

const keepAcceptedMs = 7 * 24 * 60 * 60_000;
const rowsPerPush = 200;
const documentsPerPull = 200;
const settleWaitMs = 1000;
const maxRounds = 50;

type Welcome = Extract<CenterMessage, { readonly type: 'welcome' }>;

/** Collections of version 1: what it does not have stays where it is until the program is another. */
const isOfVersionOne = ({ collection }: OutboxRow): boolean => collection !== 'requests';

/**
 * One connection as version 1 had it (docs/specs/sync.md): one push or one pull at a time, text, hints, no digests and no
 * asides. What it does to the replica is today's code. {@link run} always rejects.
 */
export class OldSession {
  readonly #context: SyncContext;
  readonly #ledger: OldLedger;
  readonly #conversation: OldConversation;
  readonly #wakeup = new Wakeup();
  readonly #heads = new Map<Scope, number>();
  readonly #durable = new Map<Scope, number>();
  /** Feeds that have nothing more up to here, and those that wait for a row to be answered. */
  readonly #exhausted = new Map<Lane, number>();
  readonly #waiting = new Map<Lane, () => void>();
  readonly #welcomed: () => void;
  #batch = 0;
  #hasOfferedAgain = false;
  #mayLook = false;
  #cancelLook: () => void = () => {};

  constructor(transport: Transport, context: SyncContext, ledger: OldLedger, welcomed: () => void) {
    this.#context = context;
    this.#ledger = ledger;
    this.#welcomed = welcomed;
    this.#conversation = new OldConversation(transport, context.timers, {
      unasked: (message) => this.#hear(message),
      ended: () => this.wake(),
    });
  }

  async run(): Promise<never> {
    try {
      const welcome = await this.#greet();
      for (;;) await this.#turn(welcome);
    } finally {
      this.#cancelLook();
      for (const cancel of this.#waiting.values()) cancel();
      this.close();
    }
  }

  wake(): void {
    this.#wakeup.wake();
  }

  lookEverywhere(): void {
    this.#mayLook = true;
    this.wake();
  }

  close(): void {
    this.#conversation.end(new SessionEnd({ kind: 'lost' }));
  }

  async #greet(): Promise<Welcome> {
    const { identity, limits, program, replica, clock } = this.#context;
    const challenge = await this.#conversation.ask(
      { type: 'hello', protocol: 1, program },
      'challenge',
      limits.handshakeMs,
    );
    if (challenge.center !== identity.centerId) throw misunderstood('another center');
    const ticket = loadTicket(replica.settings);
    const signature = signProof(identity, challenge.nonce, ticket);
    const proof = { type: 'prove', device: identity.device, ticket, signature } as const;
    const welcome = await this.#conversation.ask(proof, 'welcome', limits.handshakeMs);
    const isNewEpoch = await replica.transact((transaction) => {
      saveTicket(transaction.settings, welcome.ticket);
      return meetEpoch(transaction, welcome.epoch, clock.now()).isNew;
    });
    this.#ledger.forgetPositions();
    if (isNewEpoch) this.#ledger.doubt(replica.outbox);
    this.#conversation.tell({ type: 'confirm-ticket', ticket: welcome.ticket });
    for (const { scope, head } of welcome.scopes) this.#heads.set(scope, head);
    this.#welcomed();
    this.#lookLater();
    return welcome;
  }

  /** One push and one pull, so that neither starves the other; waits when there is neither. */
  async #turn(welcome: Welcome): Promise<void> {
    const cameBefore = this.#wakeup.count;
    const hasPushed = await this.#pushNext();
    const hasPulled = await this.#pullNext(welcome);
    await this.#forgetDurable();
    this.#conversation.throwIfEnded();
    if (hasPushed || hasPulled) return;
    this.#ledger.forgetPositions();
    await this.#wakeup.waitAfter(cameBefore);
    this.#conversation.throwIfEnded();
  }

  #hear(message: OldUnasked): void {
    if (message.type === 'hint') this.#hint(message.scope, message.head);
    else this.#durable.set(message.scope, message.seq);
    this.wake();
  }

  #hint(scope: Scope, head: number): void {
    this.#heads.set(scope, Math.max(head, this.#heads.get(scope) ?? 0));
  }

  async #pushNext(): Promise<boolean> {
    const rows = this.#context.replica.outbox
      .pending(rowsPerPush * (1 + this.#ledger.waitingRecords))
      .filter((row) => isOfVersionOne(row) && !this.#ledger.isWaiting(refOf(row)));
    return await this.#push(rows.slice(0, rowsPerPush));
  }

  async #push(rows: readonly OutboxRow[]): Promise<boolean> {
    if (rows.length === 0) return false;
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

  async #apply(
    rows: readonly OutboxRow[],
    verdicts: Parameters<typeof applyVerdicts>[2],
  ): Promise<BatchOutcome> {
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

  async #follow(outcome: BatchOutcome): Promise<void> {
    for (const { row, centerSeq } of outcome.accepted) {
      this.#ledger.settled(row);
      this.#ledger.accepted(refOf(row), centerSeq);
    }
    for (const row of outcome.replaced) this.#ledger.settled(row);
    for (const { record, waitMs } of outcome.waiting) this.#wait(record, waitMs);
    for (const { row, isFirst } of outcome.missingBase) {
      this.#ledger.notApplied(row);
      if (isFirst) await this.#seekBase(refOf(row));
    }
  }

  /** PUSH-6. */
  async #seekBase(record: RecordRef): Promise<void> {
    const { replica, limits } = this.#context;
    const tries = this.#ledger.missedBase(record);
    if (!this.#hasOfferedAgain) {
      this.#hasOfferedAgain = true;
      await replica.transact((transaction) => transaction.outbox.offerAgain());
      this.#ledger.doubt(replica.outbox);
    }
    if (tries < limits.missingBaseTries) return this.#wait(record, limits.missingBaseMs * 2 ** tries);
    this.#ledger.forgetMissedBase(record);
    await replica.transact((transaction) => rebasePending(transaction, record, null, this.#writeContext()));
  }

  #wait(record: RecordRef, waitMs: number): void {
    const bounded = Math.min(Math.max(waitMs, 100), this.#context.limits.longestRetryMs);
    this.#ledger.wait(record, bounded, this.#context.timers, () => this.wake());
  }

  /** One frame of the most urgent lane that may have something. */
  async #pullNext({ scopes, epoch }: Welcome): Promise<boolean> {
    const [own] = scopes;
    if (own === undefined) return false;
    if (this.#mayLook) await this.#look(own.scope, epoch);
    const head = this.#heads.get(own.scope) ?? 0;
    const behind = lanes.find(
      (lane) =>
        !this.#waiting.has(lane) &&
        Math.max(this.#since(own.scope, lane), this.#exhausted.get(lane) ?? 0) < head,
    );
    if (behind === undefined) return false;
    const since = this.#since(own.scope, behind);
    const frame = await this.#ask(own.scope, behind, since, documentsPerPull, epoch);
    if (!(await this.#use(frame, own))) this.#waitForLane(behind);
    else if (frame.through === since) this.#exhausted.set(behind, frame.head);
    return true;
  }

  /** One position back, so that there is an answer also when nothing is new; only its head is used. */
  async #look(scope: Scope, epoch: string): Promise<void> {
    this.#mayLook = false;
    const head = this.#heads.get(scope) ?? 0;
    if (head > 0) await this.#ask(scope, 0, head - 1, 1, epoch);
  }

  async #ask(scope: Scope, lane: Lane, since: number, limit: number, epoch: string): Promise<Frame> {
    const question = { type: 'pull', scope, lane, since, limit } as const;
    const frame = await this.#conversation.ask(question, 'frame', this.#context.limits.answerMs);
    const isAnswer = frame.epoch === epoch && frame.scope === scope && frame.lane === lane;
    if (!isAnswer || frame.since !== since || frame.through < since || frame.head < frame.through) {
      throw misunderstood('frame');
    }
    let last = since;
    for (const { seq } of frame.documents) {
      if (seq <= last || seq > frame.through) throw misunderstood('frame order');
      last = seq;
    }
    this.#hint(scope, frame.head);
    return frame;
  }

  /** False when unsent rows of its records have to be answered first and cannot be now (PULL-5). */
  async #use(frame: Frame, own: { readonly scope: Scope; readonly head: number }): Promise<boolean> {
    const { replica } = this.#context;
    const { scope, lane, epoch, since, through } = frame;
    const documents = readDocuments({ ...frame, type: 'portion', flow: 0 });
    const contested = contestedRecords(replica, documents, this.#ledger);
    if (contested.length > 0) {
      await this.#settle(contested);
      if (contestedRecords(replica, documents, this.#ledger).length > 0) return false;
    }
    this.#conversation.throwIfEnded();
    await replica.transact((transaction) => {
      const portion = { scope, lane, epoch, since, through, documents };
      commitPortion(transaction, portion, this.#ledger, this.#writeContext());
      noteFirstCopy(transaction, own.scope, own.head);
      noteReread(transaction, own.scope, own.head);
    });
    return true;
  }

  /** Sends the rows of these records until the center has answered for all that may have been applied. */
  async #settle(records: readonly RecordRef[]): Promise<void> {
    const { outbox } = this.#context.replica;
    for (let round = 0; round < maxRounds; round += 1) {
      const rows = records.flatMap(({ collection, id }) => outbox.pendingOf(collection, id));
      if (!rows.some((row) => this.#ledger.mayBeApplied(row))) return;
      if (records.some((record) => this.#ledger.isWaiting(record))) return;
      if (!(await this.#push(rows.slice(0, rowsPerPush)))) return;
    }
  }

  #waitForLane(lane: Lane): void {
    const cancel = this.#context.timers.after(settleWaitMs, () => {
      this.#waiting.delete(lane);
      this.wake();
    });
    this.#waiting.set(lane, cancel);
  }

  async #forgetDurable(): Promise<void> {
    if (this.#durable.size === 0) return;
    const watermarks = [...this.#durable];
    this.#durable.clear();
    const acceptedBefore = this.#context.clock.now() - keepAcceptedMs;
    await this.#context.replica.transact((transaction) => {
      for (const [scope, seq] of watermarks) transaction.outbox.forgetThrough(scope, seq, acceptedBefore);
    });
  }

  #lookLater(): void {
    this.#cancelLook = this.#context.timers.after(this.#context.limits.lookEveryMs, () => {
      this.lookEverywhere();
      this.#lookLater();
    });
  }

  #since(scope: Scope, lane: Lane): number {
    return this.#context.replica.sync.checkpoint(scope, lane)?.seq ?? 0;
  }

  #writeContext() {
    const { identity, clock, random } = this.#context;
    return { device: identity.device, scope: identity.scope, now: clock.now(), random };
  }
}

const refOf = (row: OutboxRow): RecordRef => ({ collection: row.collection, id: row.record.id });

const pushRow = (row: OutboxRow): PushRow => ({
  op: row.op,
  collection: row.collection,
  id: row.record.id,
  baseRev: row.baseRev,
  rev: row.record.rev,
  record: row.record,
  ...(row.supersedes === undefined ? {} : { supersedes: [...row.supersedes] }),
});
