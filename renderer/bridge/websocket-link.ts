import type { Link } from '#contracts/bridge/link.ts';
import { maxBridgeMessageLength } from '#contracts/bridge/messages.ts';

/** A link over a WebSocket to the web workstation. Resolves once open, rejects when it cannot be opened. */
export function connectWebSocket(url: string): Promise<Link> {
  const socket = new WebSocket(url);
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve(linkOver(socket)), { once: true });
    socket.addEventListener('close', () => reject(new Error('the workstation does not answer')), {
      once: true,
    });
  });
}

function linkOver(socket: WebSocket): Link {
  const early: unknown[] = [];
  let receive: ((message: unknown) => void) | null = null;
  socket.addEventListener('message', (event) => {
    const message = parseJson(event.data);
    if (receive === null) early.push(message);
    else receive(message);
  });
  return {
    send(message) {
      const json = JSON.stringify(message);
      if (json.length > maxBridgeMessageLength) throw new Error('bridge message too long');
      if (socket.readyState === WebSocket.OPEN) socket.send(json);
    },
    onMessage(receiver) {
      receive = receiver;
      for (const message of early.splice(0)) receiver(message);
    },
    onClose(closed) {
      if (socket.readyState >= WebSocket.CLOSING) queueMicrotask(closed);
      else socket.addEventListener('close', closed, { once: true });
    },
    close: () => socket.close(),
  };
}

/** Undefined for what is no JSON; the bridge's schema then refuses it. */
function parseJson(data: unknown): unknown {
  if (typeof data !== 'string') return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
