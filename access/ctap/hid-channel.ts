import { fail, ok, type Result } from '#contracts/result.ts';
import type { CtapEnvironment } from './environment.ts';
import { type ChannelFault, Exchange, type ExchangeEnd } from './hid-exchange.ts';
import { broadcastChannel, framesOf, hidCommand } from './hid-frames.ts';
import type { HidPipe } from './hid-pipe.ts';

/** How long a key may say nothing at all. It sends keep-alives every 100 ms while it works. */
export const silenceMs = 3_000;
/** How long one message may take, keep-alives and all: longer than any key waits for a finger. */
export const longestWorkMs = 90_000;
/** How long a cancelled key may take to say so before it is given up as not listening. */
export const cancelGraceMs = 2_000;
/** Waits between attempts while another program holds the key. */
export const busyWaitsMs = [100, 200, 400, 800] as const;

const nonceLength = 8;
const initAnswerLength = 17;
const capabilityCbor = 0x04;

/** One message to the key. */
export interface ChannelRequest {
  readonly payload: Uint8Array;
  readonly signal: AbortSignal;
  /** Told at every keep-alive: true when the key waits for a touch. */
  readonly onKeepAlive: (needsTouch: boolean) => void;
}

/**
 * One CTAPHID channel of a key: messages in, answers out, one at a time (docs/specs/ctap.md CTP-1 to CTP-8). It never
 * throws and never waits for ever.
 */
export class HidChannel {
  readonly #pipe: HidPipe;
  readonly #environment: CtapEnvironment;
  #channel = broadcastChannel;
  /** The key may still be busy with what was given up: it is told to start anew before the next message. */
  #isOutOfStep = false;
  #isBusy = false;
  #isClosed = false;

  private constructor(pipe: HidPipe, environment: CtapEnvironment) {
    this.#pipe = pipe;
    this.#environment = environment;
    pipe.onClosed(() => {
      this.#isClosed = true;
    });
  }

  /** Asks the key for a channel. A key without CTAP2 is `no-ctap2`. */
  static async open(
    pipe: HidPipe,
    environment: CtapEnvironment,
  ): Promise<Result<HidChannel, ChannelFault | 'no-ctap2'>> {
    const channel = new HidChannel(pipe, environment);
    const capabilities = await channel.#initialise();
    if (!capabilities.ok) return capabilities;
    return capabilities.value & capabilityCbor ? ok(channel) : fail('no-ctap2');
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sends a CTAP2 request (command byte and CBOR) and gives the answer (status byte and CBOR), at least one byte. */
  async transact(request: ChannelRequest): Promise<Result<Uint8Array, ChannelFault>> {
    if (this.#isClosed) return fail('removed');
    if (this.#isBusy) return fail('busy');
    if (request.signal.aborted) return fail('cancelled');
    this.#isBusy = true;
    try {
      return await this.#transactPatiently(request);
    } finally {
      this.#isBusy = false;
    }
  }

  /** Tries again, a bounded number of times, while the key is busy with another program or has lost our channel. */
  async #transactPatiently(request: ChannelRequest): Promise<Result<Uint8Array, ChannelFault>> {
    let hasAskedAnew = false;
    for (let attempt = 0; ; ) {
      const end = await this.#transactOnce(request);
      if (end.kind === 'answer') return ok(end.payload);
      if (end.kind === 'fault') return fail(end.fault);
      if (end.kind === 'channel-lost') {
        if (hasAskedAnew) return fail('garbled');
        hasAskedAnew = true;
        this.#channel = broadcastChannel;
        this.#isOutOfStep = true;
        continue;
      }
      const waitMs = busyWaitsMs[attempt];
      if (waitMs === undefined) return fail('busy');
      attempt += 1;
      await this.#wait(waitMs, request.signal);
      if (request.signal.aborted) return fail('cancelled');
    }
  }

  async #transactOnce(request: ChannelRequest): Promise<ExchangeEnd> {
    if (this.#isOutOfStep) {
      const started = await this.#initialise();
      if (!started.ok) return { kind: 'fault', fault: started.error, wasAnswered: false };
      this.#isOutOfStep = false;
    }
    const end = await new Exchange(this.#pipe, this.#environment.timers, {
      channel: this.#channel,
      command: hidCommand.cbor,
      frames: framesOf(this.#channel, hidCommand.cbor, request.payload),
      cancelFrames: framesOf(this.#channel, hidCommand.cancel, new Uint8Array()),
      signal: request.signal,
      onKeepAlive: request.onKeepAlive,
      accepts: (payload) => payload.length > 0,
      limits: { silenceMs, longestWorkMs, cancelGraceMs },
    }).run();
    this.#isOutOfStep = end.kind === 'fault' && !end.wasAnswered;
    return end;
  }

  /** INIT: a new channel on the broadcast channel, a fresh start on our own. Answers with what the key can do. */
  async #initialise(): Promise<Result<number, ChannelFault>> {
    const nonce = this.#environment.random.bytes(nonceLength);
    const end = await new Exchange(this.#pipe, this.#environment.timers, {
      channel: this.#channel,
      command: hidCommand.init,
      frames: framesOf(this.#channel, hidCommand.init, nonce),
      cancelFrames: [],
      signal: new AbortController().signal,
      onKeepAlive: () => undefined,
      // On the broadcast channel other programs' answers pass by: ours carries our nonce.
      accepts: (payload) => payload.length >= initAnswerLength && startsWith(payload, nonce),
      // There is no cancelling a start: nothing to wait for after the time is up.
      limits: { silenceMs, longestWorkMs: silenceMs, cancelGraceMs: 0 },
    }).run();
    if (end.kind === 'fault') return fail(end.fault === 'timed-out' ? 'no-answer' : end.fault);
    if (end.kind !== 'answer') return fail(end.kind === 'busy' ? 'busy' : 'garbled');
    return this.#takeChannel(end.payload);
  }

  #takeChannel(answer: Uint8Array): Result<number, ChannelFault> {
    const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
    const channel = view.getUint32(nonceLength);
    if (channel === 0 || channel === broadcastChannel) return fail('garbled');
    this.#channel = channel;
    return ok(view.getUint8(initAnswerLength - 1));
  }

  #wait(waitMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const stop = (): void => {
        cancelTimer();
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const cancelTimer = this.#environment.timers.after(waitMs, stop);
      signal.addEventListener('abort', stop);
    });
  }
}

const startsWith = (bytes: Uint8Array, start: Uint8Array): boolean =>
  start.every((byte, index) => bytes[index] === byte);
