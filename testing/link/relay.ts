import { connect, createServer, type Socket } from 'node:net';

/** A TCP relay on the loopback that counts, and cuts if asked to. */
export interface Relay {
  readonly port: number;
  /** Everything above TCP so far: towards the target, and from it. */
  bytes(): { readonly up: number; readonly down: number };
  /** How many connections were cut so far. */
  cuts(): number;
  close(): Promise<void>;
}

export interface RelayShape {
  /** Each connection is cut without a word so long after it was opened. */
  readonly cutEveryMs?: number | undefined;
  /** What every byte takes in each direction. */
  readonly delayMs?: number;
  /** Where one that was closed before listened; any free port unless told. */
  readonly port?: number;
}

/** Relays connections to `target` ("host:port"). */
export async function openRelay(
  target: string,
  { cutEveryMs, delayMs = 0, port: wanted = 0 }: RelayShape = {},
): Promise<Relay> {
  const [host = '', port = ''] = target.split(':');
  const open = new Set<Socket>();
  const bytes = { up: 0, down: 0 };
  let cuts = 0;
  const server = createServer((near) => {
    const far = connect({ host, port: Number(port) });
    const end = () => {
      clearTimeout(timer);
      near.destroy();
      far.destroy();
    };
    const cut = () => {
      cuts += 1;
      end();
    };
    const timer = cutEveryMs === undefined ? undefined : setTimeout(cut, cutEveryMs);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', () => {
        open.delete(socket);
        end();
      });
    }
    near.on('data', (chunk: Buffer) => {
      bytes.up += chunk.length;
    });
    far.on('data', (chunk: Buffer) => {
      bytes.down += chunk.length;
    });
    carry(near, far, delayMs);
    carry(far, near, delayMs);
  });
  const own = await new Promise<number>((resolve) => {
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  return {
    port: own,
    bytes: () => ({ ...bytes }),
    cuts: () => cuts,
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

function carry(from: Socket, to: Socket, delayMs: number): void {
  if (delayMs === 0) {
    from.pipe(to);
    return;
  }
  // Timers of one length fire in their order.
  from.on('data', (chunk: Buffer) => {
    setTimeout(() => {
      if (!to.destroyed) to.write(chunk);
    }, delayMs);
  });
}
