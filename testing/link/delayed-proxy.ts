import { connect, createServer, type Socket } from 'node:net';
import { createSeededRandom } from '#testing/district/seeded-random.ts';
import type { LinkShape } from './narrow-link.ts';

/** A TCP proxy on the loopback that is as slow as a link. */
export interface DelayedProxy {
  readonly port: number;
  readonly traffic: { readonly up: DelayedTraffic; readonly down: DelayedTraffic };
  close(): Promise<void>;
}

interface DelayedTraffic {
  packets: number;
  bytes: number;
  lost: number;
}

const segmentBytes = 1448;
const headerBytes = 52;

/**
 * Carries connections to `target` on 127.0.0.1 in segments: each takes its time on the line, which all connections share, and
 * arrives after the delay; a lost one takes the line twice and comes a round trip later, with all that follow it, as TCP
 * repairs it. Less than a real link: no slow start, no timeouts.
 */
export async function delayedProxy(target: number, shape: LinkShape): Promise<DelayedProxy> {
  const traffic = { up: none(), down: none() };
  const lines = { up: createLine(shape, 1, traffic.up), down: createLine(shape, 2, traffic.down) };
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const socket of [near, far]) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => open.delete(socket));
    }
    carry(near, far, lines.up, shape.queueBytes);
    carry(far, near, lines.down, shape.queueBytes);
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  return {
    port,
    traffic,
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

const none = (): DelayedTraffic => ({ packets: 0, bytes: 0, lost: 0 });

/** Says when a segment sent now arrives, in milliseconds of `performance.now`. */
type Line = (bytes: number) => number;

function createLine(shape: LinkShape, salt: number, traffic: DelayedTraffic): Line {
  const random = createSeededRandom(shape.seed, salt);
  let freeAt = 0;
  return (bytes) => {
    const takesMs = ((bytes + headerBytes) / shape.bytesPerSecond) * 1_000;
    const isLost = random.chance(shape.loss);
    freeAt = Math.max(freeAt, performance.now()) + takesMs * (isLost ? 2 : 1);
    traffic.packets += isLost ? 2 : 1;
    traffic.bytes += (bytes + headerBytes) * (isLost ? 2 : 1);
    traffic.lost += isLost ? 1 : 0;
    return freeAt + shape.delayMs * (isLost ? 3 : 1);
  };
}

function carry(from: Socket, to: Socket, line: Line, queueBytes: number): void {
  let waiting = 0;
  let latest = 0;
  const later = (at: number, run: () => void) => setTimeout(run, Math.max(0, at - performance.now()));
  from.on('data', (chunk: Buffer) => {
    for (let start = 0; start < chunk.length; start += segmentBytes) {
      const segment = chunk.subarray(start, start + segmentBytes);
      waiting += segment.length;
      latest = Math.max(latest, line(segment.length));
      later(latest, () => {
        waiting -= segment.length;
        if (!to.destroyed) to.write(segment);
        if (waiting < queueBytes) from.resume();
      });
    }
    if (waiting >= queueBytes) from.pause();
  });
  from.on('end', () => later(latest, () => to.end()));
  from.on('close', () => later(latest, () => to.destroy()));
}
