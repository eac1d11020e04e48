import { type LinkServerOptions, serveLink } from '../link-server.ts';
import type { Workstation } from '../workstation.ts';
import { linkOverPort, type PortLike } from './message-port-link.ts';

/**
 * Serves a screen over a port that the Electron main process handed over. The port itself is the authority: only the main
 * window's top frame gets the other end. Returns a function that ends it.
 */
export function serveMessagePort(
  port: PortLike,
  workstation: Workstation,
  options: LinkServerOptions,
): () => void {
  return serveLink(linkOverPort(port), workstation, options);
}
