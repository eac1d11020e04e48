import type { Server } from 'node:http';
import { WebSocketServer } from 'ws';
import { maxMessageBytes } from '#contracts/wire/protocol.ts';
import type { Gateway } from './gateway.ts';
import { webSocketLine } from './line.ts';

/** Room for the frame around a message that is just too long, so that it can be refused with words. */
const oversize = 64 * 1024;

/** Hands WebSockets at `/sync` of `http` to the gateway; any other path is refused. Returns a function after which no more are taken. */
export function serveWebSockets(http: Server, gateway: Gateway): () => void {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes + oversize,
    perMessageDeflate: false,
    clientTracking: false,
  });
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    if (request.url !== '/sync') {
      const refusal = 'HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
      socket.end(refusal, () => socket.destroy());
      return;
    }
    server.handleUpgrade(request, socket, head, (client) => gateway.accept(webSocketLine(client)));
  });
  return () => server.close();
}
