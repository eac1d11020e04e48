import { reportLength } from './hid-pipe.ts';

/** CTAPHID commands (CTAP 2.1, 11.2.9), without the bit that marks a first packet. */
export const hidCommand = { init: 0x06, cbor: 0x10, cancel: 0x11, keepAlive: 0x3b, error: 0x3f } as const;

/** The channel on which channels are asked for. */
export const broadcastChannel = 0xffff_ffff;

const firstPacketBit = 0x80;
const firstHeader = 7;
const nextHeader = 5;
const firstRoom = reportLength - firstHeader;
const nextRoom = reportLength - nextHeader;
/** Sequence numbers have seven bits: the longest message there can be. */
export const longestMessage = firstRoom + 128 * nextRoom;

/** The reports of one message. Throws RangeError past {@link longestMessage}: callers keep to the key's own limit. */
export function framesOf(channel: number, command: number, payload: Uint8Array): readonly Uint8Array[] {
  if (payload.length > longestMessage) throw new RangeError('message too long for CTAPHID');
  const first = new Uint8Array(reportLength);
  const view = new DataView(first.buffer);
  view.setUint32(0, channel);
  view.setUint8(4, command | firstPacketBit);
  view.setUint16(5, payload.length);
  first.set(payload.subarray(0, firstRoom), firstHeader);
  const frames = [first];
  for (let from = firstRoom, sequence = 0; from < payload.length; from += nextRoom, sequence += 1) {
    const next = new Uint8Array(reportLength);
    new DataView(next.buffer).setUint32(0, channel);
    next[4] = sequence;
    next.set(payload.subarray(from, from + nextRoom), nextHeader);
    frames.push(next);
  }
  return frames;
}

/** A whole message as it came. */
export interface HidMessage {
  readonly command: number;
  readonly payload: Uint8Array;
}

/**
 * What one report meant: `ignored` (another channel, or the rest of something given up), `more` (the message goes on), a
 * whole `message`, or a `fault`: the report does not follow the protocol.
 */
export type ReportMeaning =
  | { readonly kind: 'ignored' | 'more' }
  | { readonly kind: 'message'; readonly message: HidMessage }
  | {
      readonly kind: 'fault';
      readonly fault: 'report-length' | 'message-length' | 'sequence' | 'interrupted';
    };

const ignored: ReportMeaning = { kind: 'ignored' };
const more: ReportMeaning = { kind: 'more' };

/** Puts the messages of one channel together. Holds at most one message of {@link longestMessage} bytes. */
export class MessageAssembler {
  readonly #channel: number;
  #command = 0;
  #payload: Uint8Array | undefined;
  #filled = 0;
  #sequence = 0;

  constructor(channel: number) {
    this.#channel = channel;
  }

  take(report: Uint8Array): ReportMeaning {
    if (report.length !== reportLength) return this.#refuse('report-length');
    const view = new DataView(report.buffer, report.byteOffset, report.byteLength);
    if (view.getUint32(0) !== this.#channel) return ignored;
    const kind = view.getUint8(4);
    return kind & firstPacketBit
      ? this.#takeFirst(kind & ~firstPacketBit, view.getUint16(5), report.subarray(firstHeader))
      : this.#takeNext(kind, report.subarray(nextHeader));
  }

  #takeFirst(command: number, length: number, data: Uint8Array): ReportMeaning {
    // Only an error, or a fresh start, may come in the middle of a message.
    const mayInterrupt = command === hidCommand.error || command === hidCommand.init;
    if (this.#payload !== undefined && !mayInterrupt) return this.#refuse('interrupted');
    if (length > longestMessage) return this.#refuse('message-length');
    this.#command = command;
    this.#payload = new Uint8Array(length);
    this.#filled = 0;
    this.#sequence = 0;
    return this.#fill(data);
  }

  #takeNext(sequence: number, data: Uint8Array): ReportMeaning {
    if (this.#payload === undefined) return ignored;
    if (sequence !== this.#sequence) return this.#refuse('sequence');
    this.#sequence += 1;
    return this.#fill(data);
  }

  #fill(data: Uint8Array): ReportMeaning {
    const payload = this.#payload;
    if (payload === undefined) return ignored;
    const wanted = data.subarray(0, payload.length - this.#filled);
    payload.set(wanted, this.#filled);
    this.#filled += wanted.length;
    if (this.#filled < payload.length) return more;
    this.#payload = undefined;
    return { kind: 'message', message: { command: this.#command, payload } };
  }

  #refuse(fault: Extract<ReportMeaning, { kind: 'fault' }>['fault']): ReportMeaning {
    this.#payload = undefined;
    return { kind: 'fault', fault };
  }
}
