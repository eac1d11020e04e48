import type { ClientMessage } from '#contracts/wire/client-messages.ts';
import { describeFailure } from '../describe-failure.ts';
import { type Connection, createConnection } from './connection.ts';
import { begin, type GatewayContext, handleAtOnce, isQuestion } from './conversation.ts';
import type { Line } from './line.ts';

/**
 * Runs the conversation over one line. Until the welcome, and with version 1, messages are answered one after the other.
 * Since version 2 three things go on beside each other: offers in their order, questions in theirs, and the followed flows.
 * Never more messages wait than the limits say. Resolves when the line closed and nothing of it is running any more.
 */
export function runConnection(
  line: Line,
  context: GatewayContext,
  opened: (connection: Connection) => void,
): Promise<void> {
  const connection = createConnection(line, context);
  const intake = createIntake(line, connection, context);
  const endHandshake = context.effects.timers.after(context.limits.handshakeMs, () => {
    if (connection.stage.kind !== 'welcomed') connection.refuse('sync.unknown-message', true);
  });
  line.onPong(() => {
    connection.heardAt = context.effects.clock.now();
  });
  line.onMessage((message) => {
    connection.heardAt = context.effects.clock.now();
    intake.add(message);
  });
  line.onDrain(() => flowsOf(connection)?.wake());
  opened(connection);
  return new Promise((resolve) => {
    line.onClose(() => {
      endHandshake();
      void Promise.all([intake.idle(), flowsOf(connection)?.close()]).then(() => resolve());
    });
  });
}

const flowsOf = ({ stage }: Connection) => (stage.kind === 'welcomed' ? stage.flows : undefined);

interface Task {
  readonly type: ClientMessage['type'];
  readonly run: () => Promise<void>;
}

/** Answers messages one after the other; none once the connection is closed. */
function createQueue(connection: Connection, context: GatewayContext, answered: () => void) {
  const waiting: Task[] = [];
  let working: Promise<void> | undefined;
  const work = async () => {
    for (let task = waiting[0]; task !== undefined && connection.isOpen; task = waiting[0]) {
      await answer(task);
      waiting.shift();
      answered();
    }
    working = undefined;
  };
  const answer = async ({ type, run }: Task) => {
    try {
      await run();
    } catch (error) {
      context.effects.log(`Answering ${type} failed: ${describeFailure(error)}`);
      connection.refuse('internal.failure', true);
    }
  };
  return {
    get length() {
      return waiting.length;
    },
    add: (task: Task) => {
      waiting.push(task);
      working ??= work();
    },
    idle: async () => {
      await working;
    },
  };
}

/** Takes messages off the line: read in their order, and not before there is room to wait for their answer. */
function createIntake(line: Line, connection: Connection, context: GatewayContext) {
  const { limits } = context;
  const received: (string | Uint8Array)[] = [];
  const takeNext = () => {
    while (received.length > 0 && line.isOpen && hasRoom()) take(received.shift() ?? '');
    // A refused connection has to be read on, or the end of its closing handshake is never seen.
    if (received.length < limits.pausedAtMessages || !line.isOpen) line.resume();
  };
  const offers = createQueue(connection, context, takeNext);
  const questions = createQueue(connection, context, takeNext);
  const isConcurrent = () => connection.stage.kind === 'welcomed' && connection.stage.protocol >= 2;
  const hasRoom = () => {
    const isIdle = offers.length + questions.length === 0;
    if (isIdle || !isConcurrent() || isWelcoming) return isIdle;
    return offers.length < limits.offers && questions.length < limits.questions;
  };
  /** The welcome is part of the answer to `prove`: nothing after it may be looked at before. */
  let isWelcoming = false;
  const take = (raw: string | Uint8Array) => {
    const message = connection.read(raw);
    if (message === undefined) return connection.refuse('sync.unknown-message', false);
    isWelcoming = !isConcurrent();
    if (isConcurrent() && handleAtOnce(message, connection)) return;
    const queue = isConcurrent() && isQuestion(message) ? questions : offers;
    queue.add({ type: message.type, run: begin(message, connection, context) });
  };
  return {
    add: (message: string | Uint8Array) => {
      if (!line.isOpen) return;
      if (received.length >= limits.messages) return connection.refuse('sync.overloaded', true);
      received.push(message);
      if (received.length >= limits.pausedAtMessages) line.pause();
      takeNext();
    },
    idle: async () => {
      await Promise.all([offers.idle(), questions.idle()]);
    },
  };
}
