import type * as v from 'valibot';
import type { CommitNotice } from '#clinic/ports/replica.ts';
import type { Instant } from '#contracts/ids.ts';
import type { StatusSchema } from '#contracts/wire/client-messages.ts';
import type { RecordTexts } from '../merge/parse-apart.ts';
import type { Transport } from '../transports/transport.ts';
import { Comparing } from './comparing.ts';
import { Conversation, type MessageOf, type Unasked } from './conversation.ts';
import { Following } from './following.ts';
import { greet, type Welcome } from './handshake.ts';
import { LinkMeter } from './link-meter.ts';
import { MessagePacking, type PackingChoice } from './message-packing.ts';
import { Offering } from './offering.ts';
import type { SendLedger } from './send-ledger.ts';
import { misunderstood, SessionEnd } from './session-end.ts';
import type { SyncContext } from './sync-context.ts';
import { TrailNews } from './trail-news.ts';
import { Wakeup } from './wakeup.ts';

/** Accepted rows are kept at least this long, however soon the watermark passes them (PUSH-16). */
const keepAcceptedMs = 7 * 24 * 3600 * 1000;
/** So far the center's clock may be ahead of the workstation's before it is not believed (PUSH-16). */
const toleratedAheadMs = 24 * 60 * 60_000;

export type Status = Omit<v.InferOutput<typeof StatusSchema>, 'type' | 'clock' | 'audit' | 'staffKeys'>;

/** What the client wants to know while a connection lives. */
export interface SessionListener {
  welcomed(welcome: Welcome): void;
  /** Something became durable because of this connection. */
  progressed(progress: { readonly received: number }): void;
  /** Numbers for the center's page. */
  status(): Status;
}

/** What exists once the center welcomed the device. */
interface Welcomed {
  readonly welcome: Welcome;
  readonly offering: Offering;
  readonly following: Following;
  readonly comparing: Comparing;
}

/**
 * One connection, from hello to its end: greets, then follows every feed and offers what is pending, in turns, until
 * nothing is left, then compares with the center and waits for a commit, a portion or the time to look. {@link run} always
 * rejects: with a `SessionEnd` or with what the replica threw.
 */
export class Session {
  readonly #context: SyncContext;
  readonly #ledger: SendLedger;
  readonly #listener: SessionListener;
  readonly #packing: MessagePacking;
  readonly #conversation: Conversation;
  readonly #wakeup = new Wakeup();
  readonly #meter = new LinkMeter();
  #welcomed: Welcomed | undefined;
  /** Newest watermark by scope that is not applied yet. */
  readonly #durable = new Map<string, MessageOf<'durable'>>();
  /** Newest time of the center's clock that was heard. */
  #centerTime: Instant = 0;
  /** Counts everything that changes the replica or is on its way. */
  #generation = 0;
  #told: Status | undefined;
  #mayTellStatus = true;
  readonly #trail: TrailNews;
  #cancelStatus: () => void = () => {};
  #cancelLook: () => void = () => {};

  constructor(
    transport: Transport,
    context: SyncContext,
    parts: {
      readonly ledger: SendLedger;
      readonly listener: SessionListener;
      readonly packing: PackingChoice | undefined;
    },
  ) {
    this.#context = context;
    this.#trail = new TrailNews(context.replica);
    this.#ledger = parts.ledger;
    this.#listener = parts.listener;
    this.#packing = new MessagePacking(parts.packing, () => this.#meter.isFast);
    const listen = {
      unasked: (message: Unasked, bytes: number, texts?: RecordTexts) => this.#hear(message, bytes, texts),
      ended: () => this.#wakeup.wake(),
    };
    this.#conversation = new Conversation(transport, context.timers, listen, this.#packing);
  }

  /** Runs the connection to its end. */
  async run(): Promise<never> {
    try {
      const welcomed = await this.#greet();
      for (;;) await this.#turn(welcomed);
    } finally {
      this.#cancelStatus();
      this.#cancelLook();
      this.#welcomed?.offering.close();
      this.#welcomed?.following.close();
      this.#conversation.end(new SessionEnd({ kind: 'lost' }));
      // Nothing of this connection may touch the replica once the next one begins (TKT-5).
      await this.#welcomed?.comparing.ended();
    }
  }

  /** The replica committed something. */
  committed(notice: CommitNotice): void {
    if (notice.outboxChanged || notice.records.length > 0) this.#generation += 1;
    // Rows are only ever appended together with their record.
    if (notice.outboxChanged && notice.records.length > 0) this.#welcomed?.offering.outboxChanged();
    if (notice.settingsChanged && this.#trail.hasKeys) this.wake();
  }

  /** Something was written, or somebody asks: look again now. */
  wake(): void {
    this.#wakeup.wake();
  }

  /** Follows every feed anew. */
  lookEverywhere(): void {
    this.#welcomed?.following.lookAgain(true);
    this.wake();
  }

  /** Ends the connection; `run` rejects. */
  close(): void {
    this.#conversation.end(new SessionEnd({ kind: 'lost' }));
  }

  async #greet(): Promise<Welcomed> {
    const { welcome, isNewEpoch } = await greet(
      this.#conversation,
      this.#context,
      this.#meter,
      this.#packing.offered,
    );
    this.#centerTime = Math.max(this.#centerTime, welcome.at);
    this.#ledger.forgetPositions();
    if (isNewEpoch) this.#ledger.doubt(this.#context.replica.outbox);
    this.#conversation.throwIfEnded();
    const [conversation, ledger, meter] = [this.#conversation, this.#ledger, this.#meter];
    const offering = new Offering(this.#context, conversation, ledger, meter, () => this.wake());
    const wake = () => this.wake();
    const following = new Following(this.#context, { conversation, ledger, offering, meter, welcome, wake });
    const comparing = new Comparing(this.#context, conversation, {
      welcome,
      isNewEpoch,
      wake: () => this.wake(),
      moment: {
        generation: () => this.#generation,
        isAtRest: (scope, seq) => offering.isIdle && following.isIdle && following.hasReached(scope, seq),
      },
    });
    this.#welcomed = { welcome, offering, following, comparing };
    this.#listener.welcomed(welcome);
    following.begin();
    this.#lookLater();
    return this.#welcomed;
  }

  /** What came first, then what goes out; waits when there is neither. */
  async #turn({ offering, following, comparing }: Welcomed): Promise<void> {
    const cameBefore = this.#wakeup.count;
    const answered = await offering.applyAnswered();
    const taken = await following.commitNext();
    const hasOffered = await offering.offerNext();
    const hasResumed = following.resume();
    if (answered !== undefined || taken !== undefined) {
      this.#listener.progressed({ received: (taken?.stored ?? 0) + (taken?.merged ?? 0) });
    }
    await this.#forgetDurable();
    this.#conversation.throwIfEnded();
    if (answered !== undefined || taken !== undefined || hasOffered || hasResumed) return;
    this.#tellStatus();
    comparing.throwIfFailed();
    if (offering.isIdle && following.isIdle && following.hasReachedWelcome) comparing.atRest();
    await this.#wakeup.waitAfter(cameBefore);
    this.#conversation.throwIfEnded();
  }

  #hear(message: Unasked, bytes: number, texts: RecordTexts | undefined): void {
    if (message.type === 'portion') {
      if (this.#welcomed === undefined) throw misunderstood('portion before follow');
      this.#generation += 1;
      this.#welcomed.following.hear(message, bytes, texts);
    } else if (message.type === 'durable' && this.#durable.size < 100) {
      this.#durable.set(message.scope, message);
    }
    this.wake();
  }

  async #forgetDurable(): Promise<void> {
    if (this.#durable.size === 0) return;
    const watermarks = [...this.#durable.values()];
    this.#durable.clear();
    // A center whose clock ran ahead must not make yesterday's rows look old; a workstation's that is behind only keeps longer.
    const soonest = this.#context.clock.now() + toleratedAheadMs;
    const acceptedBefore = Math.min(this.#centerTime, soonest) - keepAcceptedMs;
    await this.#context.replica.transact((transaction) => {
      for (const { scope, seq } of watermarks) transaction.outbox.forgetThrough(scope, seq, acceptedBefore);
    });
  }

  #tellStatus(): void {
    if (!this.#mayTellStatus) return;
    const status = this.#listener.status();
    const isSame = this.#told !== undefined && isSameStatus(this.#told, status);
    if (isSame && !this.#trail.isThere) return;
    this.#told = status;
    const clock = this.#context.clock.now();
    this.#conversation.tell({
      type: 'status',
      ...status,
      ...this.#trail.take(this.#welcomed?.welcome.audit),
      clock,
    });
    this.#mayTellStatus = false;
    this.#cancelStatus = this.#context.timers.after(this.#context.limits.statusEveryMs, () => {
      this.#mayTellStatus = true;
      this.wake();
    });
  }

  #lookLater(): void {
    this.#cancelLook = this.#context.timers.after(this.#context.limits.lookEveryMs, () => {
      this.#welcomed?.following.lookAgain();
      this.#trail.due();
      // Counted by timers: the workstation's own clock may jump and would shorten PUSH-16.
      this.#centerTime += this.#context.limits.lookEveryMs;
      this.wake();
      this.#lookLater();
    });
  }
}

const isSameStatus = (left: Status, right: Status): boolean =>
  left.backlog === right.backlog &&
  left.oldestPendingAt === right.oldestPendingAt &&
  left.quarantined === right.quarantined &&
  left.openReviews === right.openReviews &&
  left.healed === right.healed;
