import { describeFailure } from '../describe-failure.ts';
import { type Connection, createConnection } from './connection.ts';
import { begin, type GatewayContext, handleAtOnce } from './conversation.ts';
import { createIntake } from './intake.ts';
import type { Line } from './line.ts';

/**
 * Runs the conversation over one line. Until the welcome, and with version 1, messages are answered one after the other.
 * Since version 2 three things go on beside each other: offers, begun in their order, questions in theirs, and the followed flows.
 * Never more messages wait than the limits say. Resolves when the line closed and nothing of it is running any more.
 */
export function runConnection(
  line: Line,
  context: GatewayContext,
  opened: (connection: Connection) => void,
): Promise<void> {
  const connection = createConnection(line, context);
  const intake = createIntake({
    line,
    limits: context.limits,
    isConcurrent: () => connection.stage.kind === 'welcomed' && connection.stage.protocol >= 2,
    read: connection.read,
    handleAtOnce: (message) => handleAtOnce(message, connection),
    begin: (read) => begin(read, connection, context),
    failed: (type, error) => {
      context.effects.log(`Answering ${type} failed: ${describeFailure(error)}`);
      connection.refuse('internal.failure', true);
    },
    refuse: connection.refuse,
  });
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
