import type { Link } from '#contracts/bridge/link.ts';

/** What the preload posts to the page, with the port attached. */
const portMessage = 'hamshira-port';

/**
 * The port that Electron's preload hands to this page by `window.postMessage`. Messages of other origins or windows are
 * not looked at. Every call waits for a port that was not used yet: after the workstation process restarted, the
 * preload posts a new one.
 */
export function receivePorts(page: Window): () => Promise<Link> {
  const unused: MessagePort[] = [];
  const waiting: ((link: Link) => void)[] = [];
  page.addEventListener('message', (event) => {
    const [port] = event.ports;
    if (event.source !== page || event.data !== portMessage || port === undefined) return;
    const next = waiting.shift();
    if (next) next(linkOverPort(port));
    else unused.push(port);
  });
  return () => {
    const port = unused.pop();
    if (port !== undefined) return Promise.resolve(linkOverPort(port));
    return new Promise((resolve) => {
      waiting.splice(0);
      waiting.push(resolve);
    });
  };
}

/** A link over one end of a message channel. The port is started when a receiver is set. */
export function linkOverPort(port: MessagePort): Link {
  return {
    send: (message) => port.postMessage(message),
    onMessage(receive) {
      port.onmessage = (event) => receive(event.data);
    },
    onClose: (closed) => port.addEventListener('close', closed, { once: true }),
    close: () => port.close(),
  };
}
