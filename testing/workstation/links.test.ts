import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import { WebSocket, WebSocketServer } from 'ws';
import { createLinkPair } from '#workstation/hosts/memory-link.ts';
import { linkOverPort } from '#workstation/hosts/message-port-link.ts';
import { linkOverWebSocket } from '#workstation/hosts/web-socket-link.ts';
import { linkSuite } from './link-suite.ts';

linkSuite('memory', async () => {
  const [left, right] = createLinkPair();
  return { left, right, dispose: async () => left.close() };
});

linkSuite('a message channel', async () => {
  const { port1, port2 } = new MessageChannel();
  const itself = (message: unknown) => message;
  const [left, right] = [linkOverPort(port1, itself), linkOverPort(port2, itself)];
  return { left, right, dispose: async () => left.close() };
});

linkSuite('a WebSocket', async () => {
  const http = createServer();
  const server = new WebSocketServer({ server: http });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const connection = once(server, 'connection');
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  const [[served]] = await Promise.all([connection, once(client, 'open')]);
  const dispose = async () => {
    client.terminate();
    server.close();
    http.close();
  };
  return { left: linkOverWebSocket(client), right: linkOverWebSocket(served as WebSocket), dispose };
});
