import type { Link } from '#contracts/bridge/link.ts';
import { type LinkServerOptions, serveLink } from '../link-server.ts';
import type { Workstation } from '../workstation.ts';
import { createLinkPair } from './memory-link.ts';

/** A link to a workstation in the same process: headless tests, and scripts that enrol without a screen. */
export function connectInMemory(workstation: Workstation, options: LinkServerOptions): Link {
  const [screen, served] = createLinkPair();
  serveLink(served, workstation, options);
  return screen;
}
