import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { StartRefusal } from './arguments.ts';

/** Less than this is not worth starting on: the database of the center alone takes a tenth of it. */
const leastFreeBytes = 500 * 1024 * 1024;

/** Refuses machines on which nothing would come up, before anything is made. */
export function requireSupportedPlatform(platform: NodeJS.Platform, arch: string): void {
  const supported = ['linux-x64', 'linux-arm64', 'win32-x64', 'darwin-x64', 'darwin-arm64'];
  if (supported.includes(`${platform}-${arch}`)) return;
  throw new StartRefusal(
    `Hamshira runs on 64-bit Linux (x64, arm64), Windows (x64) and macOS; this is ${platform}-${arch}.`,
  );
}

/** Refuses a disk that is about full. `folder` exists. */
export async function requireSpace(folder: string, least: number = leastFreeBytes): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= least) return;
  const inMegabytes = (bytes: number) => Math.floor(bytes / (1024 * 1024));
  throw new StartRefusal(
    `Not enough space in ${folder}: ${inMegabytes(free)} MB free, ${inMegabytes(least)} MB needed. ` +
      'Free space, or choose another folder with --data.',
  );
}

/** Whether somebody could listen on the port of 127.0.0.1 now. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await listenOnce(port)) !== undefined;
}

/** A port of 127.0.0.1 that nobody listens on now. */
export async function findFreePort(): Promise<number> {
  const port = await listenOnce(0);
  if (port === undefined) throw new StartRefusal('No port of 127.0.0.1 is free.');
  return port;
}

async function listenOnce(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    await new Promise<void>((listening, failed) => {
      server.once('error', failed);
      server.listen(port, '127.0.0.1', listening);
    });
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : undefined;
  } catch {
    return undefined;
  } finally {
    server.close();
  }
}
