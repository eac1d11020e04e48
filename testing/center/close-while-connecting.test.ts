import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startCenter } from '#center/start-center.ts';
import { newDataFolder } from './center-world.ts';

/** Far less than a workstation or a person would wait, far more than the end of a center takes. */
const limitMs = 20_000;

// GAT-10
it('ends although workstations come back while it does, and somebody who asked for another path stays', async () => {
  const dataFolder = await newDataFolder();
  const center = await startCenter({ dataFolder, log: () => undefined });
  const sockets = new Set<WebSocket>();
  let isOver = false;
  const comeBack = () => {
    if (isOver) return;
    const socket = new WebSocket(center.url);
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      sockets.delete(socket);
      setTimeout(comeBack, 1);
    });
  };
  for (let count = 0; count < 8; count += 1) comeBack();
  await Promise.all([...sockets].map((socket) => once(socket, 'open')));
  const stranger = await askForAnotherPath(center.url);
  let hasEnded = false;
  const ended = center.close().then(() => {
    hasEnded = true;
  });
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, limitMs))]);
  expect(hasEnded).toBe(true);
  isOver = true;
  for (const socket of sockets) socket.terminate();
  stranger.destroy();
  await ended;
  await rm(dataFolder, { recursive: true, force: true });
});

/** An upgrade that is refused, by a client that does not hang up. */
async function askForAnotherPath(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connectTcp({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.write(
    `GET /other HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  );
  await once(socket, 'data');
  return socket;
}
