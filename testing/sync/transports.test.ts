import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { maxMessageBytes } from '#contracts/wire/protocol.ts';
import type { Transport } from '#sync/transports/transport.ts';
import { webSocketConnect, webSocketTransport } from '#sync/transports/websocket-transport.ts';
import { memoryTransportPair } from '../doubles/memory-transport.ts';
import { VirtualTime } from '../doubles/virtual-time.ts';
import { describeTransport, type TransportEnds } from './transport-conformance.ts';

const realTimers = {
  after: (waitMs: number, run: () => void) => {
    const timer = setTimeout(run, waitMs);
    return () => clearTimeout(timer);
  },
};

async function webSocketEnds(): Promise<TransportEnds> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: maxMessageBytes });
  await once(server, 'listening');
  const accepted = new Promise<Transport>((resolve) => {
    server.on('connection', (socket) => resolve(webSocketTransport(socket, realTimers)));
  });
  const client = await webSocketConnect(`ws://127.0.0.1:${portOf(server)}`, realTimers)();
  const center = await accepted;
  return {
    client,
    center,
    until: async (isReached) => {
      await vi.waitUntil(isReached, { timeout: 10_000, interval: 2 });
    },
    end: async () => {
      for (const socket of server.clients) socket.terminate();
      client.close();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function portOf(server: { address(): unknown }): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null || !('port' in address)) throw new Error('no port');
  return Number(address.port);
}

async function memoryEnds(): Promise<TransportEnds> {
  const time = new VirtualTime();
  const { client, center } = memoryTransportPair(time, { latencyMs: 5 });
  return {
    client,
    center,
    until: async (isReached) => {
      if (!(await time.advanceUntil(isReached, 60_000))) throw new Error('not reached');
    },
    end: () => Promise.resolve(),
  };
}

describeTransport('WebSocket', webSocketEnds);
describeTransport('memory', memoryEnds);

describe('webSocketConnect', () => {
  const open: { close(): void }[] = [];
  afterEach(() => {
    for (const each of open.splice(0)) each.close();
  });

  it('rejects when nobody listens', async () => {
    const unused = createServer();
    unused.listen(0, '127.0.0.1');
    await once(unused, 'listening');
    const port = portOf(unused);
    await new Promise((resolve) => unused.close(resolve));
    await expect(webSocketConnect(`ws://127.0.0.1:${port}`, realTimers)()).rejects.toThrow(
      'cannot be reached',
    );
  });

  it('rejects when the other side is no WebSocket server', async () => {
    const stranger = createServer((socket) => socket.end('HTTP/1.1 404 Not Found\r\n\r\n'));
    stranger.listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    open.push(stranger);
    await expect(webSocketConnect(`ws://127.0.0.1:${portOf(stranger)}`, realTimers)()).rejects.toThrow(
      'cannot be reached',
    );
  });

  it('ends when the other side is silent for two minutes', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, autoPong: false });
    await once(server, 'listening');
    open.push(server);
    const time = new VirtualTime();
    const transport = await webSocketConnect(`ws://127.0.0.1:${portOf(server)}`, time)();
    let hasEnded = false;
    transport.onClose(() => {
      hasEnded = true;
    });
    await time.advance(115_000);
    expect(hasEnded).toBe(false);
    await time.advance(60_000);
    expect(hasEnded).toBe(true);
    expect(time.waiting).toBe(0);
  });
});
