import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that cuts whatever is open again and again. */
export interface CuttingProxy {
  readonly port: number;
  /** How many connections were cut so far. */
  cuts(): number;
  close(): Promise<void>;
}

/** Carries connections to `target` ("host:port") and cuts each without a word `everyMs` after it was opened. */
export async function cuttingProxy(target: string, everyMs: number): Promise<CuttingProxy> {
  const [host = '', port = ''] = target.split(':');
  const open = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  let cuts = 0;
  const server = createServer((near) => {
    const far = connect({ host, port: Number(port) });
    const cut = () => {
      near.destroy();
      far.destroy();
    };
    const timer = setTimeout(() => {
      cuts += 1;
      cut();
    }, everyMs);
    timers.add(timer);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.setNoDelay(true);
      from.on('error', cut);
      from.on('close', () => {
        open.delete(from);
        clearTimeout(timer);
        timers.delete(timer);
        cut();
      });
      from.pipe(to);
    }
  });
  const own = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  return {
    port: own,
    cuts: () => cuts,
    close: () =>
      new Promise((resolve) => {
        for (const timer of timers) clearTimeout(timer);
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
