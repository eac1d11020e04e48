import type { Link } from '#contracts/bridge/link.ts';

/** What is used of Electron's `MessagePortMain`; Node's own `MessagePort` fits too. */
export interface PortLike {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: unknown) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start(): void;
  close(): void;
}

/**
 * A link over one end of a message channel, in Electron's utility process. Electron hands listeners an event whose `data`
 * is the message; `unwrap` takes it out (Node's ports hand the message itself).
 */
export function linkOverPort(port: PortLike, unwrap: (event: unknown) => unknown = dataOf): Link {
  let isClosed = false;
  let receive: ((message: unknown) => void) | null = null;
  const early: unknown[] = [];
  const closeListeners: (() => void)[] = [];
  const hasClosed = (): void => {
    if (isClosed) return;
    isClosed = true;
    for (const closed of closeListeners.splice(0)) closed();
  };
  port.on('message', (event) => {
    if (isClosed) return;
    if (receive === null) early.push(unwrap(event));
    else receive(unwrap(event));
  });
  port.on('close', hasClosed);
  port.start();
  return {
    send: (message) => {
      if (!isClosed) port.postMessage(message);
    },
    onMessage: (receiver) => {
      receive = receiver;
      for (const message of early.splice(0)) receiver(message);
    },
    onClose: (closed) => {
      if (isClosed) queueMicrotask(closed);
      else closeListeners.push(closed);
    },
    close: () => {
      port.close();
      hasClosed();
    },
  };
}

const dataOf = (event: unknown): unknown =>
  typeof event === 'object' && event !== null && 'data' in event ? event.data : undefined;
