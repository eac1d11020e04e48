import { aroundMs, backOffMs } from '#sync/client/back-off.ts';
import { defaultLimits } from '#sync/client/limits.ts';
import { type EndReason, SessionEnd } from '#sync/client/session-end.ts';
import type { SyncClientOptions } from '#sync/client/sync-client.ts';
import type { SyncContext } from '#sync/client/sync-context.ts';
import { Wakeup } from '#sync/client/wakeup.ts';
import type { Transport } from '#sync/transports/transport.ts';
import { OldLedger } from './old-ledger.ts';
import { OldSession } from './old-session.ts';

/** What the simulator sees of a client of any version. */
export interface AnyClient {
  start(): void;
  stop(): Promise<void>;
  syncNow(): void;
  state(): { readonly link: string; readonly refusal: string | null };
}

/** A workstation whose program was never updated: it keeps its replica in step by protocol version 1. */
export class OldClient implements AnyClient {
  readonly #options: SyncClientOptions;
  readonly #context: SyncContext;
  readonly #ledger = new OldLedger();
  readonly #wakeup = new Wakeup();
  #session: OldSession | undefined;
  #running: Promise<void> | undefined;
  #state: { link: string; refusal: string | null } = { link: 'offline', refusal: null };
  #isStopped = false;
  #failures = 0;
  #cancelOffer: (() => void) | undefined;
  #endWatch: () => void = () => {};

  constructor(options: SyncClientOptions) {
    this.#options = options;
    const { replica, clock, timers, random, identity, program } = options;
    const limits = { ...defaultLimits, ...options.limits };
    const onWipe = () => Promise.reject(new Error('version 1 knows no wipe'));
    const countOpenReviews = options.countOpenReviews ?? (() => 0);
    const around = { clock, timers, random, identity, program, limits };
    this.#context = { replica, ...around, countOpenReviews, onWipe };
  }

  start(): void {
    this.#ledger.doubt(this.#context.replica.outbox);
    this.#endWatch = this.#context.replica.onCommit(({ outboxChanged }) => {
      if (outboxChanged) this.#offerSoon();
    });
    this.#running = this.#run().finally(() => {
      this.#endWatch();
      this.#cancelOffer?.();
      this.#ledger.endAllWaits();
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#session?.close();
    this.#wakeup.wake();
    await this.#running;
  }

  syncNow(): void {
    if (this.#session === undefined) this.#wakeup.wake();
    else this.#session.lookEverywhere();
  }

  state(): { readonly link: string; readonly refusal: string | null } {
    return this.#state;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const reason = await this.#connectOnce();
      if (!this.#isStopped) await this.#rest(reason);
    }
  }

  async #connectOnce(): Promise<EndReason> {
    let transport: Transport;
    try {
      transport = await this.#options.connect();
    } catch {
      return { kind: 'lost' };
    }
    const session = new OldSession(transport, this.#context, this.#ledger, () => {
      this.#failures = 0;
      this.#state = { link: 'online', refusal: null };
    });
    this.#session = session;
    try {
      if (this.#isStopped) session.close();
      return await session.run();
    } catch (error) {
      if (!(error instanceof SessionEnd) || error.reason.kind === 'misunderstood')
        this.#options.onTrouble?.(error);
      return error instanceof SessionEnd ? error.reason : { kind: 'lost' };
    } finally {
      this.#session = undefined;
    }
  }

  async #rest(reason: EndReason): Promise<void> {
    const { limits, random, timers } = this.#context;
    this.#failures += 1;
    const refusal = reason.kind === 'refused' ? reason.code : null;
    const isFinal = reason.kind === 'refused' && !reason.mayHelpToRepeat;
    this.#state = { link: isFinal ? 'refused' : 'offline', refusal };
    const bounds = { fromMs: limits.backOffFromMs, toMs: limits.backOffToMs };
    const waitMs = isFinal ? aroundMs(limits.refusedMs, random) : backOffMs(this.#failures, bounds, random);
    const before = this.#wakeup.count;
    const cancel = timers.after(waitMs, () => this.#wakeup.wake());
    await this.#wakeup.waitAfter(before);
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
