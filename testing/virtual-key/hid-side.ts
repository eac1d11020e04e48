import type { Timers } from '#clinic/ports/clock.ts';

/**
 * CTAPHID from the key's side, written from the specification (CTAP 2.1, 11.2) apart from the client, so that both do not
 * share a mistake.
 */
export interface HidSideParts {
  readonly timers: Timers;
  /** Works on one CBOR request; answers with status byte and CBOR. Never rejects. */
  readonly work: (request: Uint8Array, call: WorkCall) => Promise<Uint8Array>;
}

/** What the work on a request may do meanwhile. */
export interface WorkCall {
  /** Aborted by CTAPHID_CANCEL, by INIT, by being unplugged. */
  readonly cancelled: AbortSignal;
  /** Says at once and then every 100 ms what the key waits for, until `stop` is called. */
  keepAlive(status: 'processing' | 'touch-needed'): { stop(): void };
}

/** Ways to break the framing, for tests of clients. */
export type FrameMischief =
  | 'oversized'
  | 'wrong-sequence'
  | 'foreign-channel-between'
  | 'unknown-command'
  | 'empty-answer'
  | 'error-other'
  | 'silent'
  | 'late-answer'
  | 'late-half-answer'
  | 'keep-alive-for-ever'
  | 'interrupted'
  | 'short-report';

const reportLength = 64;
const firstData = reportLength - 7;
const nextData = reportLength - 5;
const broadcast = 0xffff_ffff;
const command = { ping: 0x01, init: 0x06, cbor: 0x10, cancel: 0x11, keepAlive: 0x3b, error: 0x3f } as const;
const errorCode = {
  command: 0x01,
  length: 0x03,
  sequence: 0x04,
  busy: 0x06,
  channel: 0x0b,
  other: 0x7f,
} as const;
const longest = firstData + 128 * nextData;
const keepAliveMs = 100;

interface Incoming {
  readonly channel: number;
  readonly command: number;
  readonly data: Uint8Array;
  filled: number;
  sequence: number;
}

interface Work {
  readonly channel: number;
  readonly abort: AbortController;
}

export class HidSide {
  readonly #parts: HidSideParts;
  readonly #listeners = new Set<(report: Uint8Array) => void>();
  #channels = 0;
  #incoming: Incoming | undefined;
  #work: Work | undefined;
  /** Answers held back until the host begins anew. */
  #late: readonly Uint8Array[] = [];
  /** How the next answers are broken. */
  mischief: FrameMischief | undefined;
  /** So many requests are answered with "channel busy". */
  busyAnswers = 0;
  /** So many requests are answered with "invalid channel". */
  lostChannels = 0;

  constructor(parts: HidSideParts) {
    this.#parts = parts;
  }

  onReport(told: (report: Uint8Array) => void): () => void {
    this.#listeners.add(told);
    return () => this.#listeners.delete(told);
  }

  receive(report: Uint8Array): void {
    if (report.length !== reportLength) return;
    const view = new DataView(report.buffer, report.byteOffset, report.byteLength);
    const channel = view.getUint32(0);
    const kind = view.getUint8(4);
    if (kind & 0x80) this.#first(channel, kind & 0x7f, view.getUint16(5), report.subarray(7));
    else this.#next(channel, kind, report.subarray(5));
  }

  /** Gives up whatever is under way, as when the power goes. */
  stop(): void {
    this.#work?.abort.abort();
    this.#work = undefined;
    this.#incoming = undefined;
  }

  #first(channel: number, kind: number, length: number, data: Uint8Array): void {
    if (kind === command.init) this.#initialise(channel, data.slice(0, 8));
    else if (kind === command.cancel) this.#cancel(channel);
    else {
      const fault = this.#faultOf(channel, length);
      if (fault !== undefined) this.#error(channel, fault);
      else {
        this.#incoming = { channel, command: kind, data: new Uint8Array(length), filled: 0, sequence: 0 };
        this.#fill(data);
      }
    }
  }

  /** Why a message may not begin now. */
  #faultOf(channel: number, length: number): number | undefined {
    if (channel === broadcast || channel === 0 || channel > this.#channels) return errorCode.channel;
    const holder = this.#work?.channel ?? this.#incoming?.channel;
    if (holder !== undefined && holder !== channel) return errorCode.busy;
    if (holder !== undefined) {
      this.#incoming = undefined;
      return errorCode.sequence;
    }
    return length > longest ? errorCode.length : undefined;
  }

  #cancel(channel: number): void {
    if (this.#work?.channel === channel) this.#work.abort.abort();
  }

  #next(channel: number, sequence: number, data: Uint8Array): void {
    if (this.#incoming?.channel !== channel) return;
    if (sequence !== this.#incoming.sequence) {
      this.#incoming = undefined;
      this.#error(channel, errorCode.sequence);
      return;
    }
    this.#incoming.sequence += 1;
    this.#fill(data);
  }

  #fill(data: Uint8Array): void {
    const incoming = this.#incoming;
    if (incoming === undefined) return;
    const wanted = data.subarray(0, incoming.data.length - incoming.filled);
    incoming.data.set(wanted, incoming.filled);
    incoming.filled += wanted.length;
    if (incoming.filled < incoming.data.length) return;
    this.#incoming = undefined;
    this.#handle(incoming);
  }

  #initialise(channel: number, nonce: Uint8Array): void {
    if (channel !== broadcast && channel > this.#channels) {
      this.#error(channel, errorCode.channel);
      return;
    }
    if (channel === this.#work?.channel || channel === this.#incoming?.channel) this.stop();
    this.#emit(this.#late);
    this.#late = [];
    if (channel === broadcast) this.#channels += 1;
    const answer = new Uint8Array(17);
    answer.set(nonce);
    new DataView(answer.buffer).setUint32(8, channel === broadcast ? this.#channels : channel);
    // CTAPHID version 2, device version 1.0.0, CBOR and no CTAP1.
    answer.set([2, 1, 0, 0, 0x04 | 0x08], 12);
    this.#send(channel, command.init, answer);
  }

  #handle({ channel, command: kind, data }: Incoming): void {
    if (kind === command.ping) this.#send(channel, command.ping, data);
    else if (kind !== command.cbor) this.#error(channel, errorCode.command);
    else if (this.busyAnswers > 0) {
      this.busyAnswers -= 1;
      this.#error(channel, errorCode.busy);
    } else if (this.lostChannels > 0) {
      this.lostChannels -= 1;
      this.#error(channel, errorCode.channel);
    } else void this.#workOn(channel, data);
  }

  async #workOn(channel: number, request: Uint8Array): Promise<void> {
    const work: Work = { channel, abort: new AbortController() };
    this.#work = work;
    const answer = await this.#parts.work(request, {
      cancelled: work.abort.signal,
      keepAlive: (status) => this.#keepAlive(work, status),
    });
    if (this.#work !== work) return;
    if (this.mischief === 'keep-alive-for-ever') {
      this.#keepAlive(work, 'processing');
      return;
    }
    this.#work = undefined;
    this.#answer(channel, answer);
  }

  #keepAlive(work: Work, status: 'processing' | 'touch-needed'): { stop(): void } {
    let isStopped = false;
    let stopTimer = (): void => undefined;
    const tell = (): void => {
      if (isStopped || this.#work !== work) return;
      if (this.mischief !== 'silent') {
        this.#send(work.channel, command.keepAlive, Uint8Array.of(status === 'processing' ? 1 : 2));
      }
      stopTimer = this.#parts.timers.after(keepAliveMs, tell);
    };
    tell();
    return {
      stop: () => {
        isStopped = true;
        stopTimer();
      },
    };
  }

  #answer(channel: number, answer: Uint8Array): void {
    this.#emit(
      this.mischief === undefined ? framesOf(channel, command.cbor, answer) : this.#broken(channel, answer),
    );
  }

  /** The reports of an answer, as the mischief of the day wants them. */
  #broken(channel: number, answer: Uint8Array): readonly Uint8Array[] {
    const frames = framesOf(channel, command.cbor, answer);
    const [first = new Uint8Array(reportLength)] = frames;
    switch (this.mischief) {
      case 'silent':
        return [];
      case 'late-answer':
      case 'late-half-answer':
        this.#late = this.mischief === 'late-answer' ? frames : [first];
        return [];
      case 'empty-answer':
        return framesOf(channel, command.cbor, new Uint8Array());
      case 'unknown-command':
        return framesOf(channel, 0x20, answer);
      case 'error-other':
        return framesOf(channel, command.error, Uint8Array.of(errorCode.other));
      case 'oversized':
        first.set([0xff, 0xff], 5);
        return frames;
      case 'wrong-sequence':
        first.set([0x01, 0x00], 5);
        return [first, continuation(channel, 5)];
      case 'interrupted':
        first.set([0x01, 0x00], 5);
        return [first, first];
      case 'short-report':
        return frames.map((frame) => frame.subarray(0, 20));
      case 'foreign-channel-between':
        return frames.flatMap((frame) => [...framesOf(0x7777, command.cbor, answer), frame]);
      default:
        return frames;
    }
  }

  #error(channel: number, code: number): void {
    this.#send(channel, command.error, Uint8Array.of(code));
  }

  #send(channel: number, kind: number, payload: Uint8Array): void {
    this.#emit(framesOf(channel, kind, payload));
  }

  #emit(frames: readonly Uint8Array[]): void {
    for (const frame of frames) for (const told of this.#listeners) told(frame.slice());
  }
}

function framesOf(channel: number, kind: number, payload: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let from = 0;
  while (from < payload.length || frames.length === 0) {
    const frame = new Uint8Array(reportLength);
    new DataView(frame.buffer).setUint32(0, channel);
    const isFirst = frames.length === 0;
    if (isFirst) frame.set([kind | 0x80, payload.length >> 8, payload.length & 0xff], 4);
    else frame[4] = frames.length - 1;
    const part = payload.subarray(from, from + (isFirst ? firstData : nextData));
    frame.set(part, isFirst ? 7 : 5);
    from += part.length || 1;
    frames.push(frame);
  }
  return frames;
}

/** A packet that goes on with a message, with a number of one's choice. */
function continuation(channel: number, sequence: number): Uint8Array {
  const frame = new Uint8Array(reportLength);
  new DataView(frame.buffer).setUint32(0, channel);
  frame[4] = sequence;
  return frame;
}
