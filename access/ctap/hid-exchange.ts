import type { Timers } from '#clinic/ports/clock.ts';
import { type HidMessage, hidCommand, MessageAssembler } from './hid-frames.ts';
import type { HidPipe } from './hid-pipe.ts';

/** Why a message got no answer. `timed-out`: the key worked, but longer than any owner waits. */
export type ChannelFault = 'removed' | 'cancelled' | 'timed-out' | 'no-answer' | 'busy' | 'garbled';

/** How an exchange ended. `busy` and `channel-lost` are the key's own words and may be tried again. */
export type ExchangeEnd =
  | { readonly kind: 'answer'; readonly payload: Uint8Array }
  | { readonly kind: 'busy' | 'channel-lost' }
  /** `wasAnswered`: the key closed the matter itself. */
  | { readonly kind: 'fault'; readonly fault: ChannelFault; readonly wasAnswered: boolean };

interface ExchangeOrder {
  readonly channel: number;
  /** The command of the request, and of its answer. */
  readonly command: number;
  readonly frames: readonly Uint8Array[];
  readonly cancelFrames: readonly Uint8Array[];
  readonly signal: AbortSignal;
  readonly onKeepAlive: (needsTouch: boolean) => void;
  /** Answers that are not accepted are passed over, until the time is up. */
  readonly accepts: (payload: Uint8Array) => boolean;
  readonly limits: {
    readonly silenceMs: number;
    readonly longestWorkMs: number;
    readonly cancelGraceMs: number;
  };
}

const keepAliveNeedsTouch = 2;
const errorBusy = 0x06;
const errorChannel = 0x0b;

/** One request on its way, and its answer: everything that may happen meanwhile ends in exactly one {@link ExchangeEnd}. */
export class Exchange {
  readonly #pipe: HidPipe;
  readonly #timers: Timers;
  readonly #order: ExchangeOrder;
  readonly #assembler: MessageAssembler;
  readonly #release: (() => void)[] = [];
  #stopSilence: () => void = () => undefined;
  #settle: (end: ExchangeEnd) => void = () => undefined;
  #isEnded = false;
  #isSent = false;
  /** Set once the key was told to stop: how this will end, however the key answers. */
  #givenUp: 'cancelled' | 'timed-out' | undefined;

  constructor(pipe: HidPipe, timers: Timers, order: ExchangeOrder) {
    this.#pipe = pipe;
    this.#timers = timers;
    this.#order = order;
    this.#assembler = new MessageAssembler(order.channel);
  }

  run(): Promise<ExchangeEnd> {
    if (this.#order.signal.aborted) {
      return Promise.resolve({ kind: 'fault', fault: 'cancelled', wasAnswered: true });
    }
    return new Promise((resolve) => {
      this.#settle = resolve;
      const { signal, limits } = this.#order;
      const onAbort = (): void => this.#giveUp('cancelled');
      signal.addEventListener('abort', onAbort);
      this.#release.push(
        this.#pipe.onReport((report) => this.#take(report)),
        this.#pipe.onClosed(() => this.#fail('removed')),
        this.#timers.after(limits.longestWorkMs, () => this.#giveUp('timed-out')),
        () => signal.removeEventListener('abort', onAbort),
      );
      this.#restartSilence();
      void this.#send();
    });
  }

  async #send(): Promise<void> {
    if (!(await this.#write(this.#order.frames))) return;
    this.#isSent = true;
    if (this.#givenUp !== undefined) await this.#write(this.#order.cancelFrames);
  }

  async #write(frames: readonly Uint8Array[]): Promise<boolean> {
    for (const frame of frames) {
      if (this.#isEnded) return false;
      try {
        await this.#pipe.write(frame);
      } catch {
        // A pipe rejects only when the device is gone; what it says of it is for the log of the pipe's owner.
        this.#fail('removed');
        return false;
      }
    }
    return true;
  }

  #take(report: Uint8Array): void {
    if (this.#isEnded) return;
    const meaning = this.#assembler.take(report);
    if (meaning.kind === 'ignored') return;
    this.#restartSilence();
    if (meaning.kind === 'fault') this.#fail('garbled');
    else if (meaning.kind === 'message') this.#read(meaning.message);
  }

  #read({ command, payload }: HidMessage): void {
    if (command === hidCommand.keepAlive) {
      if (this.#givenUp === undefined) this.#order.onKeepAlive(payload[0] === keepAliveNeedsTouch);
    } else if (command === hidCommand.error) this.#readError(payload[0]);
    else if (command === this.#order.command && this.#order.accepts(payload)) {
      this.#end({ kind: 'answer', payload });
    } else if (command !== hidCommand.init && this.#order.command !== hidCommand.init) {
      // INIT answers pass by: other programs', and late ones to a start that was given up. While we ask for a start
      // ourselves, everything else is late.
      this.#fail('garbled');
    }
  }

  #readError(code: number | undefined): void {
    if (code === errorBusy) this.#end({ kind: 'busy' });
    else if (code === errorChannel) this.#end({ kind: 'channel-lost' });
    else this.#fail('garbled');
  }

  /** Tells the key to stop and waits, not for long, for its word that it has. */
  #giveUp(why: 'cancelled' | 'timed-out'): void {
    if (this.#isEnded || this.#givenUp !== undefined) return;
    this.#givenUp = why;
    this.#stopSilence();
    this.#release.push(this.#timers.after(this.#order.limits.cancelGraceMs, () => this.#fail(why)));
    if (this.#isSent) void this.#write(this.#order.cancelFrames);
  }

  /** Keep-alives count as a sign of life, but only until the key was told to stop. */
  #restartSilence(): void {
    this.#stopSilence();
    if (this.#givenUp !== undefined) return;
    this.#stopSilence = this.#timers.after(this.#order.limits.silenceMs, () => this.#fail('no-answer'));
  }

  #fail(fault: ChannelFault): void {
    this.#end({ kind: 'fault', fault, wasAnswered: false });
  }

  #end(end: ExchangeEnd): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#stopSilence();
    for (const release of this.#release) release();
    this.#settle(this.#outcome(end));
  }

  /** Once given up it stays so, even when the key answered after all; only a key that is gone says more. */
  #outcome(end: ExchangeEnd): ExchangeEnd {
    if (this.#givenUp === undefined || (end.kind === 'fault' && end.fault === 'removed')) return end;
    return { kind: 'fault', fault: this.#givenUp, wasAnswered: end.kind === 'answer' };
  }
}
