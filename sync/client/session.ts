import type * as v from 'valibot';
import type { StatusSchema } from '#contracts/wire/client-messages.ts';
import type { Transport } from '../transports/transport.ts';
import { Conversation, type Unasked } from './conversation.ts';
import { greet, type Welcome } from './handshake.ts';
import { Puller } from './pull.ts';
import { Pusher } from './push.ts';
import type { SendLedger } from './send-ledger.ts';
import { SessionEnd } from './session-end.ts';
import type { SyncContext } from './sync-context.ts';
import { Wakeup } from './wakeup.ts';

/** Accepted rows are kept at least this long, however soon the watermark passes them (PUSH-16). */
const keepAcceptedMs = 7 * 24 * 3600 * 1000;

export type Status = Omit<v.InferOutput<typeof StatusSchema>, 'type' | 'clock'>;

/** What the client wants to know while a connection lives. */
export interface SessionListener {
  welcomed(welcome: Welcome): void;
  /** Something became durable because of this connection. */
  progressed(progress: { readonly received: number }): void;
  /** Numbers for the center's page. */
  status(): Status;
}

/**
 * One connection, from hello to its end: greets, then pushes and pulls in turn until both have nothing left, then waits for
 * a commit, a hint or the time to look. {@link run} always rejects: with a `SessionEnd` or with what the replica threw.
 */
export class Session {
  readonly #context: SyncContext;
  readonly #ledger: SendLedger;
  readonly #listener: SessionListener;
  readonly #conversation: Conversation;
  readonly #wakeup: Wakeup;
  #puller: Puller | undefined;
  #pusher: Pusher | undefined;
  /** Hints that came while the welcome was being made durable. */
  readonly #earlyHints: Extract<Unasked, { readonly type: 'hint' }>[] = [];
  /** Newest watermark by scope that is not applied yet. */
  readonly #durable = new Map<string, Extract<Unasked, { readonly type: 'durable' }>>();
  #told: Status | undefined;
  #mayTellStatus = true;
  #cancelStatus: () => void = () => {};
  #cancelLook: () => void = () => {};

  constructor(transport: Transport, context: SyncContext, ledger: SendLedger, listener: SessionListener) {
    this.#context = context;
    this.#ledger = ledger;
    this.#listener = listener;
    this.#wakeup = new Wakeup();
    this.#conversation = new Conversation(transport, context.timers, {
      unasked: (message) => this.#hear(message),
      ended: () => this.#wakeup.wake(),
    });
  }

  /** Runs the connection to its end. */
  async run(): Promise<never> {
    try {
      await this.#greet();
      for (;;) await this.#turn();
    } finally {
      this.#cancelStatus();
      this.#cancelLook();
      this.#puller?.close();
      this.#conversation.end(new SessionEnd({ kind: 'lost' }));
    }
  }

  /** Something was written, or somebody asks: look again now. */
  wake(): void {
    this.#wakeup.wake();
  }

  /** Asks every feed, whatever the hints say. */
  lookEverywhere(): void {
    this.#puller?.lookEverywhere();
    this.wake();
  }

  /** Ends the connection; `run` rejects. */
  close(): void {
    this.#conversation.end(new SessionEnd({ kind: 'lost' }));
  }

  async #greet(): Promise<void> {
    const { welcome, isNewEpoch } = await greet(this.#conversation, this.#context);
    this.#ledger.forgetPositions();
    if (isNewEpoch) this.#ledger.doubt(this.#context.replica.outbox);
    const wake = () => this.wake();
    const pusher = new Pusher(this.#context, this.#conversation, this.#ledger, wake);
    this.#pusher = pusher;
    this.#puller = new Puller(this.#context, this.#conversation, this.#ledger, { pusher, welcome, wake });
    for (const hint of this.#earlyHints.splice(0)) this.#hint(hint);
    this.#listener.welcomed(welcome);
    this.#lookLater();
  }

  /** One push and one frame, so that neither starves the other; waits when there is neither. */
  async #turn(): Promise<void> {
    const cameBefore = this.#wakeup.count;
    const hasPushed = (await this.#pusher?.pushNext()) ?? false;
    const frame = await this.#puller?.pullNext();
    if (hasPushed || frame !== undefined) {
      this.#listener.progressed({ received: (frame?.stored ?? 0) + (frame?.merged ?? 0) });
    }
    await this.#forgetDurable();
    this.#conversation.throwIfEnded();
    this.#tellStatus();
    if (hasPushed || frame !== undefined) return;
    this.#ledger.forgetPositions();
    await this.#wakeup.waitAfter(cameBefore);
    this.#conversation.throwIfEnded();
  }

  #hear(message: Unasked): void {
    if (message.type === 'hint') this.#hint(message);
    else if (this.#durable.size < 100) this.#durable.set(message.scope, message);
    this.wake();
  }

  #hint(hint: Extract<Unasked, { readonly type: 'hint' }>): void {
    if (this.#puller !== undefined) this.#puller.hint(hint.scope, hint.head);
    else if (this.#earlyHints.length < 100) this.#earlyHints.push(hint);
  }

  async #forgetDurable(): Promise<void> {
    if (this.#durable.size === 0) return;
    const watermarks = [...this.#durable.values()];
    const acceptedBefore = this.#context.clock.now() - keepAcceptedMs;
    this.#durable.clear();
    await this.#context.replica.transact((transaction) => {
      for (const { scope, seq } of watermarks) transaction.outbox.forgetThrough(scope, seq, acceptedBefore);
    });
  }

  #tellStatus(): void {
    if (!this.#mayTellStatus) return;
    const status = this.#listener.status();
    if (this.#told !== undefined && isSameStatus(this.#told, status)) return;
    this.#told = status;
    this.#conversation.tell({ type: 'status', ...status, clock: this.#context.clock.now() });
    this.#mayTellStatus = false;
    this.#cancelStatus = this.#context.timers.after(this.#context.limits.statusEveryMs, () => {
      this.#mayTellStatus = true;
      this.wake();
    });
  }

  #lookLater(): void {
    this.#cancelLook = this.#context.timers.after(this.#context.limits.lookEveryMs, () => {
      this.lookEverywhere();
      this.#lookLater();
    });
  }
}

const isSameStatus = (left: Status, right: Status): boolean =>
  left.backlog === right.backlog &&
  left.oldestPendingAt === right.oldestPendingAt &&
  left.quarantined === right.quarantined &&
  left.openReviews === right.openReviews;
