import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { WebSocketServer } from 'ws';
import { listScreenFiles, type ScreenFiles } from '#workstation/hosts/screen-files.ts';
import { securityHeaders } from '#workstation/hosts/web-security.ts';
import { linkOverWebSocket } from '#workstation/hosts/web-socket-link.ts';
import type { ScriptedWorkstation } from './scripted-workstation.ts';

/** The built screens on 127.0.0.1 with a scripted workstation behind them, under the real security headers. */
export interface ScriptedWebHost {
  readonly address: string;
  /** Cuts every link, as a killed process would, and refuses new ones until `resume`. */
  cut(): void;
  resume(): void;
  /** Says something to every screen that no workstation of this build would say. */
  say(message: unknown): void;
  close(): Promise<void>;
}

/** `folder` holds what `npm run build` made. Rejects when there is nothing. */
export async function openScriptedWebHost(
  workstation: ScriptedWorkstation,
  folder: string,
): Promise<ScriptedWebHost> {
  const files = await listScreenFiles(folder);
  const sockets = new WebSocketServer({ noServer: true });
  let isCut = false;
  const server = createServer((request, response) => void answer(request, response, files));
  server.on('upgrade', (request, stream, head) => {
    if (isCut || request.url !== '/link') stream.destroy();
    else
      sockets.handleUpgrade(request, stream, head, (socket) => workstation.serve(linkOverWebSocket(socket)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the server has no port');
  const terminateAll = () => {
    for (const socket of sockets.clients) socket.terminate();
  };
  return {
    address: `http://localhost:${bound.port}/#token=scripted`,
    cut() {
      isCut = true;
      terminateAll();
    },
    resume() {
      isCut = false;
    },
    say(message) {
      for (const socket of sockets.clients) socket.send(JSON.stringify(message));
    },
    async close() {
      terminateAll();
      sockets.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, files: ScreenFiles): Promise<void> {
  const file = files.get((request.url ?? '').split('?')[0] ?? '');
  if (file === undefined) {
    response.writeHead(404, securityHeaders).end();
    return;
  }
  response.writeHead(200, {
    ...securityHeaders,
    'content-type': file.contentType,
    'cache-control': 'no-store',
  });
  response.end(await file.read());
}
