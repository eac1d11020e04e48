import type { Clock, Random, Timers } from '#clinic/ports/clock.ts';
import type { Replica, ReplicaReader } from '#clinic/ports/replica.ts';
import type { DeviceIdentity } from '../device-identity.ts';
import type { Connect, Transport } from '../transports/transport.ts';
import { aroundMs, backOffMs } from './back-off.ts';
import { defaultLimits, type SyncLimits } from './limits.ts';
import type { PackingChoice } from './message-packing.ts';
import { SendLedger } from './send-ledger.ts';
import { Session } from './session.ts';
import { type EndReason, SessionEnd } from './session-end.ts';
import { StateKeeper, type SyncClientState } from './state-keeper.ts';
import type { SyncContext } from './sync-context.ts';
import { forgetUnreadableOfOtherProgram, isOtherProgram } from './unreadable.ts';
import { Wakeup } from './wakeup.ts';

export interface SyncClientOptions {
  readonly replica: Replica;
  readonly connect: Connect;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly identity: DeviceIdentity;
  /** Name and version of the program, for the center's page; at most 40 characters. */
  readonly program: string;
  readonly limits?: Partial<SyncLimits>;
  /** How many questions wait for a person here, for the center's page; none are told without it. */
  readonly countOpenReviews?: (reader: ReplicaReader) => number;
  /** How messages may be packed; without it they stay text. */
  readonly packing?: PackingChoice;
  /**
   * The center ordered this workstation to erase its records, and signed it (WIP-1). Destroys what opens them, then the
   * replica, and resolves when nothing can open them any more. Must not wait for {@link SyncClient.stop}: the client tells
   * the center afterwards, ends by itself and touches the replica no more. Without it the order is not obeyed.
   */
  readonly onWipe?: () => Promise<void>;
  /** Told of what should not happen and was survived: a failed disk, a message that was not understood. No patient data. */
  readonly onTrouble?: (trouble: unknown) => void;
}

/**
 * Keeps one replica and the center in step, over one connection at a time, for as long as it runs. It loses nothing
 * whenever it is stopped or killed; everything it has to remember is in the replica. See docs/specs/sync.md.
 */
export class SyncClient {
  readonly #options: SyncClientOptions;
  readonly #context: SyncContext;
  readonly #ledger = new SendLedger();
  readonly #state: StateKeeper;
  /** Ends a wait between connections. */
  readonly #wakeup = new Wakeup();
  #session: Session | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;
  #failures = 0;
  #giveUp: () => void = () => {};
  #cancelOffer: (() => void) | undefined;
  #endWatch: () => void = () => {};

  constructor(options: SyncClientOptions) {
    this.#options = options;
    const { replica, timers, random, identity, program } = options;
    // A clock before 1970 or with fractions fits no message and no record.
    const clock = { now: () => Math.max(0, Math.trunc(options.clock.now())) };
    const limits = { ...defaultLimits, ...options.limits };
    const onWipe = () => this.#erase();
    const named = { identity, program: program.slice(0, 40) };
    const countOpenReviews = options.countOpenReviews ?? (() => 0);
    this.#context = { replica, clock, timers, random, ...named, limits, countOpenReviews, onWipe };
    this.#state = new StateKeeper(this.#context);
  }

  /** Begins to connect, and reconnects until {@link stop}. Can be started once. */
  start(): void {
    if (this.#running !== undefined) throw new Error('a sync client starts once');
    this.#ledger.doubt(this.#context.replica.outbox);
    this.#state.open();
    this.#endWatch = this.#context.replica.onCommit((notice) => {
      this.#session?.committed(notice);
      if (notice.outboxChanged) this.#offerSoon();
    });
    this.#noteProgram();
    this.#running = this.#run().finally(() => {
      this.#endWatch();
      this.#cancelOffer?.();
      this.#ledger.endAllWaits();
      this.#state.close();
    });
  }

  /** Another program may read what the last one could not (VER-4). Nothing depends on when it is noted. */
  #noteProgram(): void {
    const { replica, program } = this.#context;
    if (!isOtherProgram(replica, program)) return;
    replica
      .transact((transaction) => forgetUnreadableOfOtherProgram(transaction, program))
      .catch((trouble: unknown) => this.#options.onTrouble?.(trouble));
  }

  /** Ends the connection and resolves when nothing of the client touches the replica any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#giveUp();
    this.#session?.close();
    this.#wakeup.wake();
    await this.#running;
  }

  /** Connects now instead of at the next turn, or looks for news at once if connected. */
  syncNow(): void {
    if (this.#session === undefined) this.#wakeup.wake();
    else this.#session.lookEverywhere();
  }

  state(): SyncClientState {
    return this.#state.current;
  }

  /** Calls `told` with each new state. Returns a function that ends it. */
  onState(told: (state: SyncClientState) => void): () => void {
    return this.#state.onChange(told);
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const reason = await this.#connectOnce();
      if (reason.kind === 'wiped') {
        this.#isStopped = true;
        this.#state.ended(reason);
        return;
      }
      if (this.#isStopped) break;
      await this.#rest(reason);
    }
    this.#state.link('offline', null);
  }

  /** One connection from dialling to its end. */
  async #connectOnce(): Promise<EndReason> {
    this.#state.link('connecting', this.#state.current.refusal);
    const transport = await this.#dial();
    if (transport === undefined || this.#isStopped) return { kind: 'lost' };
    const session = new Session(transport, this.#context, {
      ledger: this.#ledger,
      packing: this.#options.packing,
      listener: {
        welcomed: (welcome) => this.#state.welcomed(welcome),
        progressed: ({ received }) => {
          this.#failures = 0;
          this.#state.received(received);
        },
        status: () => this.#state.status(),
      },
    });
    this.#session = session;
    try {
      return await session.run();
    } catch (error) {
      return this.#reasonOf(error);
    } finally {
      this.#session = undefined;
    }
  }

  /** Undefined when the center cannot be reached or the client was stopped meanwhile. */
  #dial(): Promise<Transport | undefined> {
    return new Promise((resolve) => {
      this.#giveUp = () => resolve(undefined);
      Promise.resolve()
        .then(() => this.#options.connect())
        .then(
          (transport) => {
            if (this.#isStopped) transport.close();
            resolve(transport);
          },
          () => resolve(undefined),
        );
    });
  }

  /** From here on nothing of the client reads the replica. */
  #erase(): Promise<void> {
    const { onWipe } = this.#options;
    if (onWipe === undefined) return Promise.reject(new Error('nothing here can erase the records'));
    this.#endWatch();
    this.#state.close();
    return onWipe();
  }

  #reasonOf(error: unknown): EndReason {
    if (error instanceof SessionEnd) {
      if (error.reason.kind === 'misunderstood') this.#options.onTrouble?.(error);
      return error.reason;
    }
    // The disk refused, or a defect: the outbox is as it was, and the next connection starts from what is durable.
    this.#options.onTrouble?.(error);
    return { kind: 'lost' };
  }

  /** Waits before the next connection; {@link syncNow} and {@link stop} end the wait. */
  async #rest(reason: EndReason): Promise<void> {
    const { limits, random, timers } = this.#context;
    this.#failures += 1;
    this.#state.ended(reason);
    const isFinal = reason.kind === 'refused' && !reason.mayHelpToRepeat;
    const bounds = { fromMs: limits.backOffFromMs, toMs: limits.backOffToMs };
    const waitMs = isFinal ? aroundMs(limits.refusedMs, random) : backOffMs(this.#failures, bounds, random);
    const before = this.#wakeup.count;
    const cancel = timers.after(waitMs, () => this.#wakeup.wake());
    if (!this.#isStopped) await this.#wakeup.waitAfter(before);
    cancel();
  }

  #offerSoon(): void {
    if (this.#cancelOffer !== undefined) return;
    this.#cancelOffer = this.#context.timers.after(this.#context.limits.offerDelayMs, () => {
      this.#cancelOffer = undefined;
      this.#session?.wake();
    });
  }
}
