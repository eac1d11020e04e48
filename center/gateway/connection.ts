import * as v from 'valibot';
import type { ErrorCode } from '#contracts/errors.ts';
import type { DeviceId, Scope } from '#contracts/ids.ts';
import type { CenterMessage } from '#contracts/wire/center-messages.ts';
import { type ClientMessage, ClientMessageSchema } from '#contracts/wire/client-messages.ts';
import { maxMessageBytes } from '#contracts/wire/protocol.ts';
import { parseOffer } from '#sync/merge/parse-apart.ts';
import type { Packer } from '#sync/packing/packer.ts';
import { wait } from '../ports.ts';
import type { GatewayContext } from './conversation.ts';
import type { Flows } from './flows.ts';
import type { ReadMessage } from './intake.ts';
import type { Line } from './line.ts';
import type { OfferedPackings } from './packings.ts';

/** How far a connection has come. `protocol` is the version spoken. */
export type Stage =
  | { readonly kind: 'opened' }
  | {
      readonly kind: 'challenged';
      readonly protocol: number;
      readonly nonce: string;
      readonly program: string;
      readonly packings: OfferedPackings;
    }
  /** Let in; the welcome is being written. */
  | { readonly kind: 'admitted'; readonly device: DeviceId }
  | {
      readonly kind: 'welcomed';
      readonly protocol: number;
      readonly device: DeviceId;
      readonly scope: Scope;
      /** Undefined before version 2. */
      readonly flows: Flows | undefined;
    }
  | { readonly kind: 'wiping'; readonly device: DeviceId };

/** One workstation's connection. */
export interface Connection {
  readonly id: string;
  stage: Stage;
  /** When the other side last gave a sign of life. */
  heardAt: number;
  readonly isOpen: boolean;
  /** Bytes that the line was given and has not handed on. */
  readonly unsentBytes: number;
  send(message: CenterMessage): Promise<void>;
  /** Sends JSON text that is a message already. */
  sendText(text: string): Promise<void>;
  /** Like `sendText` without waiting for room. */
  sendNow(text: string): void;
  /** The same of a text in UTF-8. `isLinkFast`: time counts more than bytes. */
  sendUtf8(utf8: Uint8Array, isLinkFast: boolean): void;
  /** Like `send`, but drops the message if the line is full: for hints. */
  offer(message: CenterMessage): void;
  /** From now on every message of both directions is packed. */
  packWith(packer: Packer): void;
  /** Parses what came; undefined if it is no message of the protocol. */
  read(message: string | Uint8Array): ReadMessage | undefined;
  /** Says why and ends the connection. */
  refuse(code: ErrorCode, retry: boolean, protocol?: number): void;
  /** Ends it in order, after everything was sent. */
  close(): void;
  ping(): void;
  terminate(): void;
}

const normalClosure = 1000;
const policyViolation = 1008;
const closeGraceMs = 2_000;

/** A connection over `line`. */
export function createConnection(line: Line, context: GatewayContext): Connection {
  const { effects, limits } = context;
  let packer: Packer | undefined;
  const sendNow = (text: string) => {
    if (line.isOpen) line.send(packer?.pack(text) ?? text);
  };
  const sendUtf8 = (utf8: Uint8Array, isLinkFast: boolean) => {
    if (line.isOpen) line.send(packer?.packUtf8(utf8, isLinkFast) ?? Buffer.from(utf8).toString('utf8'));
  };
  const sendText = async (text: string) => {
    if (!(await drained(line, context))) return line.terminate();
    sendNow(text);
  };
  const closeWith = (code: number, reason: string) => {
    line.close(code, reason);
    effects.timers.after(closeGraceMs, () => line.terminate());
  };
  return {
    id: Buffer.from(effects.random.bytes(8)).toString('hex'),
    stage: { kind: 'opened' },
    heardAt: effects.clock.now(),
    get isOpen() {
      return line.isOpen;
    },
    get unsentBytes() {
      return line.unsentBytes;
    },
    sendNow,
    sendUtf8,
    sendText,
    send: (message) => sendText(JSON.stringify(message)),
    offer: (message) => {
      if (line.unsentBytes < limits.unsentBytes / 4) sendNow(JSON.stringify(message));
    },
    packWith: (chosen) => {
      packer = chosen;
    },
    read: (raw) => {
      const whole = unpacked(raw, packer);
      return whole === undefined ? undefined : readWhole(whole);
    },
    refuse: (code, retry, protocol) => {
      if (!line.isOpen) return;
      const more = protocol === undefined ? {} : { protocol };
      sendNow(JSON.stringify({ type: 'refused', code, retry, ...more } satisfies CenterMessage));
      closeWith(policyViolation, code);
    },
    close: () => closeWith(normalClosure, ''),
    ping: () => line.ping(),
    terminate: () => line.terminate(),
  };
}

/** The text of a message, with its bytes if it came packed. */
interface ReceivedText {
  readonly text: string;
  readonly utf8?: Uint8Array;
}

/** Text as it is or packed, whichever was agreed; undefined for anything else. */
function unpacked(message: string | Uint8Array, packer: Packer | undefined): ReceivedText | undefined {
  if (typeof message === 'string') {
    return packer === undefined && !isTooLong(message) ? { text: message } : undefined;
  }
  if (packer === undefined) return undefined;
  try {
    return packer.unpackWhole(message);
  } catch {
    return undefined;
  }
}

/** UTF-8 takes one to three bytes for each UTF-16 unit. */
const isTooLong = (text: string) =>
  text.length * 3 > maxMessageBytes && Buffer.byteLength(text, 'utf8') > maxMessageBytes;

/** The records of a packed offer are parsed later and one by one (docs/specs/center.md ING-12). */
function readWhole(whole: ReceivedText): ReadMessage | undefined {
  const { utf8 } = whole;
  const apart = utf8 !== undefined && mayBeOffer(utf8) ? parseOffer(utf8) : undefined;
  if (utf8 === undefined || apart === undefined) {
    const message = readMessage(whole.text);
    return message === undefined ? undefined : { message, length: whole.text.length };
  }
  const message = messageOf(apart.value);
  return message === undefined ? undefined : { message, length: utf8.length, spans: apart.spans };
}

const offerBegin = Buffer.from('{"type":"offer"');

const mayBeOffer = (utf8: Uint8Array) => offerBegin.equals(utf8.subarray(0, offerBegin.length));

/** Parses a message; undefined if it is none of the protocol. */
export function readMessage(text: string): ClientMessage | undefined {
  try {
    return messageOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function messageOf(value: unknown): ClientMessage | undefined {
  const message = v.safeParse(ClientMessageSchema, value);
  return message.success ? message.output : undefined;
}

/** Waits until the workstation has read most of what it was sent; false if it does not, or left. */
async function drained(line: Line, { effects, limits }: GatewayContext): Promise<boolean> {
  const limit = effects.clock.now() + limits.drainMs;
  while (line.isOpen && line.unsentBytes > limits.unsentBytes) {
    if (effects.clock.now() > limit) return false;
    await wait(effects.timers, 50);
  }
  return true;
}
