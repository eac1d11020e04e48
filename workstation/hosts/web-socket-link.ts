import type { WebSocket } from 'ws';
import type { Link } from '#contracts/bridge/link.ts';
import { maxBridgeMessageLength } from '#contracts/bridge/messages.ts';

/** Most bytes that may wait for a screen that does not read; a full disk of snapshots must not become a full memory. */
const mostWaitingBytes = 16 * 1024 * 1024;

/** A link over an open WebSocket of the `ws` package. Binary messages and text that is no JSON close it. */
export function linkOverWebSocket(socket: WebSocket): Link {
  let receive: ((message: unknown) => void) | null = null;
  const early: unknown[] = [];
  const refuse = (): void => socket.close(1003);

  socket.on('message', (data, isBinary) => {
    if (isBinary) return refuse();
    const text = data.toString();
    // Nobody overwrites it later, and a passphrase may be in it (ACC-50).
    if (data instanceof Uint8Array) data.fill(0);
    if (text.length > maxBridgeMessageLength) return refuse();
    const message = parseJson(text);
    if (message === undefined) return refuse();
    if (receive === null) early.push(message);
    else receive(message);
  });
  // A protocol error is followed by `close`, which is what listeners act on.
  socket.on('error', () => undefined);

  return {
    send: (message) => {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > mostWaitingBytes) return socket.terminate();
      socket.send(JSON.stringify(message));
    },
    onMessage: (receiver) => {
      receive = receiver;
      for (const message of early.splice(0)) receiver(message);
    },
    onClose: (closed) => {
      if (socket.readyState === socket.CLOSED) queueMicrotask(closed);
      else socket.once('close', closed);
    },
    close: () => socket.close(1000),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
