import * as v from 'valibot';
import type { ErrorCode } from '#contracts/errors.ts';
import type { DeviceId, Scope } from '#contracts/ids.ts';
import type { CenterMessage } from '#contracts/wire/center-messages.ts';
import { type ClientMessage, ClientMessageSchema } from '#contracts/wire/client-messages.ts';
import { maxMessageBytes } from '#contracts/wire/protocol.ts';
import { describeFailure } from '../describe-failure.ts';
import { wait } from '../ports.ts';
import { type GatewayContext, handle } from './conversation.ts';
import type { Line } from './line.ts';

/** How far a connection has come. */
export type Stage =
  | { readonly kind: 'opened' }
  | { readonly kind: 'challenged'; readonly nonce: string; readonly program: string }
  | { readonly kind: 'welcomed'; readonly device: DeviceId; readonly scope: Scope };

/** One workstation's connection. */
export interface Connection {
  readonly id: string;
  stage: Stage;
  /** When the other side last gave a sign of life. */
  heardAt: number;
  send(message: CenterMessage): Promise<void>;
  /** Sends JSON text that is a message already. */
  sendText(text: string): Promise<void>;
  /** Like `send`, but drops the message if the line is full: for hints. */
  offer(message: CenterMessage): void;
  /** Says why and ends the connection. */
  refuse(code: ErrorCode, retry: boolean, protocol?: number): void;
  ping(): void;
  terminate(): void;
}

const policyViolation = 1008;
const closeGraceMs = 2_000;

/**
 * Runs the conversation over one line: messages one after the other, never more of them waiting than the limits say.
 * Resolves when the line closed and nothing of it is running any more.
 */
export function runConnection(
  line: Line,
  context: GatewayContext,
  opened: (connection: Connection) => void,
): Promise<void> {
  const connection = createConnection(line, context);
  const queue = createQueue(line, connection, context);
  const endHandshake = context.effects.timers.after(context.limits.handshakeMs, () => {
    if (connection.stage.kind !== 'welcomed') connection.refuse('sync.unknown-message', true);
  });
  line.onPong(() => {
    connection.heardAt = context.effects.clock.now();
  });
  line.onMessage((message) => {
    connection.heardAt = context.effects.clock.now();
    queue.add(typeof message === 'string' && !isTooLong(message) ? message : undefined);
  });
  opened(connection);
  return new Promise((resolve) => {
    line.onClose(() => {
      endHandshake();
      void queue.idle().then(resolve);
    });
  });
}

/** UTF-8 takes one to three bytes for each UTF-16 unit. */
const isTooLong = (text: string) =>
  text.length * 3 > maxMessageBytes && Buffer.byteLength(text, 'utf8') > maxMessageBytes;

/** Parses a message; undefined if it is none of the protocol. */
export function readMessage(text: string | undefined): ClientMessage | undefined {
  if (text === undefined) return undefined;
  try {
    const message = v.safeParse(ClientMessageSchema, JSON.parse(text));
    return message.success ? message.output : undefined;
  } catch {
    return undefined;
  }
}

function createConnection(line: Line, context: GatewayContext): Connection {
  const { effects, limits } = context;
  const sendText = async (text: string) => {
    if (!(await drained(line, context))) return line.terminate();
    line.send(text);
  };
  return {
    id: Buffer.from(effects.random.bytes(8)).toString('hex'),
    stage: { kind: 'opened' },
    heardAt: effects.clock.now(),
    sendText,
    send: (message) => sendText(JSON.stringify(message)),
    offer: (message) => {
      if (line.unsentBytes < limits.unsentBytes / 4) line.send(JSON.stringify(message));
    },
    refuse: (code, retry, protocol) => {
      if (!line.isOpen) return;
      const refused: CenterMessage = {
        type: 'refused',
        code,
        retry,
        ...(protocol === undefined ? {} : { protocol }),
      };
      line.send(JSON.stringify(refused));
      line.close(policyViolation, code);
      effects.timers.after(closeGraceMs, () => line.terminate());
    },
    ping: () => line.ping(),
    terminate: () => line.terminate(),
  };
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

function createQueue(line: Line, connection: Connection, context: GatewayContext) {
  const { limits, effects } = context;
  const waiting: (string | undefined)[] = [];
  let working: Promise<void> | undefined;
  const work = async () => {
    while (waiting.length > 0 && line.isOpen) {
      await answerOne(readMessage(waiting.shift()));
      if (waiting.length < limits.pausedAtMessages) line.resume();
    }
    working = undefined;
    // A refused connection has to be read on, or the end of its closing handshake is never seen.
    line.resume();
  };
  const answerOne = async (message: ClientMessage | undefined) => {
    if (message === undefined) return connection.refuse('sync.unknown-message', false);
    try {
      await handle(message, connection, context);
    } catch (error) {
      effects.log(`Answering ${message.type} failed: ${describeFailure(error)}`);
      connection.refuse('internal.failure', true);
    }
  };
  return {
    add: (text: string | undefined) => {
      if (!line.isOpen) return;
      if (waiting.length >= limits.messages) return connection.refuse('sync.overloaded', true);
      waiting.push(text);
      if (waiting.length >= limits.pausedAtMessages) line.pause();
      working ??= work();
    },
    idle: async () => {
      await working;
    },
  };
}
