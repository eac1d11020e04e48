import { WebSocket } from 'ws';
import type { Timers } from '#clinic/ports/clock.ts';
import { maxMessageBytes } from '#contracts/wire/protocol.ts';
import { ReceivedQueue } from './received-queue.ts';
import type { Connect, Transport } from './transport.ts';

const handshakeTimeoutMs = 20_000;
/** How often a silent peer is asked whether it is there, and how many unanswered questions end the connection. */
const pingEveryMs = 30_000;
const unansweredPingsAllowed = 4;

/**
 * Opens WebSockets to `url` (ws: or wss:). A message longer than the protocol allows, or a peer that is silent for
 * two minutes, ends the connection.
 */
export function webSocketConnect(url: string, timers: Timers): Connect {
  return () =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(url, {
        maxPayload: maxMessageBytes,
        handshakeTimeout: handshakeTimeoutMs,
        perMessageDeflate: false,
        followRedirects: false,
      });
      const failed = (cause: Error) => reject(new Error('the center cannot be reached', { cause }));
      socket.once('error', failed);
      // Wrapped before it opens: the first message may come in the same read as the handshake's answer.
      const transport = webSocketTransport(socket, timers);
      socket.once('open', () => {
        socket.off('error', failed);
        resolve(transport);
      });
    });
}

/** Wraps a WebSocket of either side, already open or about to open. */
export function webSocketTransport(socket: WebSocket, timers: Timers): Transport {
  const received = new ReceivedQueue();
  const end = () => {
    stopPings();
    socket.terminate();
    received.close();
  };
  const stopPings = keepAlive(socket, timers, end);
  socket.on('message', (data, isBinary) => {
    received.deliver(isBinary ? bytesOf(data) : textOf(data));
  });
  socket.on('error', end);
  socket.on('close', end);
  return {
    send: (message) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(message);
    },
    get unsentBytes() {
      return socket.bufferedAmount;
    },
    onMessage: (receive) => received.onMessage(receive),
    onClose: (closed) => received.onClose(closed),
    close: () => closeSoftly(socket, timers, end, received),
  };
}

/** Lets what was sent go out, for a moment; the other side then learns of the end by a close frame. */
function closeSoftly(socket: WebSocket, timers: Timers, end: () => void, received: ReceivedQueue): void {
  if (received.isClosed) return;
  if (socket.readyState !== WebSocket.OPEN) {
    end();
    return;
  }
  received.close();
  const cancel = timers.after(1000, end);
  socket.once('close', cancel);
  socket.close();
}

function keepAlive(socket: WebSocket, timers: Timers, dead: () => void): () => void {
  let unanswered = 0;
  const heard = () => {
    unanswered = 0;
  };
  socket.on('pong', heard);
  socket.on('ping', heard);
  socket.on('message', heard);
  const ask = () => {
    if (socket.readyState === WebSocket.OPEN) {
      if (unanswered >= unansweredPingsAllowed) {
        dead();
        return;
      }
      unanswered += 1;
      socket.ping();
    }
    cancel = timers.after(pingEveryMs, ask);
  };
  let cancel = timers.after(pingEveryMs, ask);
  return () => cancel();
}

const textOf = (data: WebSocket.RawData): string => bytesOf(data).toString('utf8');

function bytesOf(data: WebSocket.RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
