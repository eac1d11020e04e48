import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import * as v from 'valibot';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Link } from '#contracts/bridge/link.ts';
import { bridgeVersion, maxBridgeMessageLength, ScreenMessageSchema } from '#contracts/bridge/messages.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import { type LinkServerOptions, serveLink } from '../link-server.ts';
import type { Workstation } from '../workstation.ts';
import type { ScreenDoor } from './screen-door.ts';
import type { ScreenFiles } from './screen-files.ts';
import { isFromHere, isScreenSocket, securityHeaders } from './web-security.ts';
import { linkOverWebSocket } from './web-socket-link.ts';

export interface WebHostOptions extends LinkServerOptions {
  readonly files: ScreenFiles;
  readonly door: ScreenDoor;
  /** 0 takes a free port. */
  readonly port: number;
}

/** The workstation as a web page of this computer. */
export interface WebHost {
  readonly port: number;
  /** An address with a fresh one-time token in its fragment, which never reaches a server or a log. */
  newAddress(): string;
  close(): Promise<void>;
}

/** The name that browsers give to this computer's own pages, and the only one under which they ask keys (WebAuthn). */
const hostName = 'localhost';
/** What the name leads to: whoever else listened on the second address could be taken for this workstation. */
const [mainAddress, otherAddress] = ['127.0.0.1', '::1'] as const;
const mostPortAttempts = 20;
const mostScreens = 16;
const mostConnections = 128;
const helloLimitMs = 5_000;
/** Node's 5 s of keep-alive resets slow clients. */
const keepAliveMs = 75_000;
const longestRequestMs = 60_000;
/** UTF-8 takes at most three bytes for one UTF-16 unit. */
const mostMessageBytes = 3 * maxBridgeMessageLength;

/** Serves screens to this computer only (docs/specs/bridge.md). Rejects when the port is taken. */
export async function openWebHost(workstation: Workstation, options: WebHostOptions): Promise<WebHost> {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: mostMessageBytes,
    perMessageDeflate: false,
    clientTracking: true,
  });
  const { port, servers } = await listenEverywhere(options.port);
  const host = `${hostName}:${port}`;
  for (const server of servers) {
    server.on('request', (request, response) => {
      answer(request, response, host, options.files).catch((error) => {
        workstation.parts.log.incident(error);
        response.destroy();
      });
    });
    server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      stream.on('error', () => stream.destroy());
      if (!isScreenSocket(request, host)) return refuseUpgrade(stream, '403 Forbidden');
      if (sockets.clients.size >= mostScreens) return refuseUpgrade(stream, '503 Service Unavailable');
      sockets.handleUpgrade(request, stream, head, (socket) => greet(socket, workstation, options));
    });
  }
  return {
    port,
    newAddress: () => `http://${host}/#token=${options.door.newToken()}`,
    close: () => closeServers(servers, sockets),
  };
}

/** The first message decides: a hello with a valid token or pass gets the link served, anything else ends it. */
function greet(socket: WebSocket, workstation: Workstation, options: WebHostOptions): void {
  const link = linkOverWebSocket(socket);
  const stopWaiting = workstation.parts.timers.after(helloLimitMs, () => link.close());
  let isGreeted = false;
  const early: unknown[] = [];
  link.onClose(stopWaiting);
  link.onMessage((raw) => {
    // A second message before the answer waits for it; the link server hears it afterwards.
    if (isGreeted) {
      if (early.length < 100) early.push(raw);
      return;
    }
    isGreeted = true;
    stopWaiting();
    admit(raw, options.door)
      .then((admitted) => {
        if ('code' in admitted) return turnAway(link, admitted);
        link.send({ type: 'welcome', bridge: bridgeVersion, pass: admitted.pass });
        serveLink(replaying(link, early), workstation, options);
      })
      .catch((error) => {
        workstation.parts.log.incident(error);
        link.close();
      });
  });
}

async function admit(raw: unknown, door: ScreenDoor): Promise<AppError | { readonly pass: string }> {
  const parsed = v.safeParse(ScreenMessageSchema, raw);
  if (!parsed.success || parsed.output.type !== 'hello') return appError('bridge.token-invalid');
  if (parsed.output.bridge !== bridgeVersion) {
    return appError('bridge.unknown-message', { bridge: bridgeVersion });
  }
  const pass = await door.admit(parsed.output.token);
  return pass === null ? appError('bridge.token-invalid') : { pass };
}

function turnAway(link: Link, error: AppError): void {
  link.send({ type: 'failure', id: 0, error });
  link.close();
}

/** The same link, with messages that came during the greeting delivered first. */
const replaying = (link: Link, early: readonly unknown[]): Link => ({
  send: (message) => link.send(message),
  onMessage: (receive) => {
    for (const message of early) receive(message);
    link.onMessage(receive);
  },
  onClose: (closed) => link.onClose(closed),
  close: () => link.close(),
});

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  host: string,
  files: ScreenFiles,
): Promise<void> {
  const refuse = (status: number): void => {
    response.writeHead(status, { ...securityHeaders, 'cache-control': 'no-store' }).end();
  };
  if (!isFromHere(request, host)) return refuse(403);
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405);
  const file = files.get((request.url ?? '').split('?')[0] ?? '');
  if (file === undefined) return refuse(404);
  const content = await file.read();
  response.writeHead(200, {
    ...securityHeaders,
    'content-type': file.contentType,
    'content-length': content.byteLength,
    'cache-control': file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : content);
}

function refuseUpgrade(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

interface Listening {
  readonly port: number;
  readonly servers: readonly Server[];
}

/** Listens on the loopback addresses of this computer on one port; a free one for 0. */
async function listenEverywhere(wanted: number): Promise<Listening> {
  for (let attempt = 1; ; attempt += 1) {
    const main = await listen(mainAddress, wanted);
    // A server on an IP address has one.
    const { port } = main.address() as AddressInfo;
    try {
      return { port, servers: [main, await listen(otherAddress, port)] };
    } catch (error) {
      if (isMissingAddress(error)) return { port, servers: [main] };
      await closeServer(main);
      if (wanted !== 0 || attempt === mostPortAttempts) throw error;
    }
  }
}

const ErrorWithCode = v.object({ code: v.string() });

/** This computer has no such loopback address (IPv6 is switched off), so nobody else can sit there either. */
const isMissingAddress = (error: unknown): boolean =>
  v.is(ErrorWithCode, error) && ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(error.code);

function listen(address: string, port: number): Promise<Server> {
  const server = createServer({ keepAliveTimeout: keepAliveMs, requestTimeout: longestRequestMs });
  server.maxConnections = mostConnections;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

async function closeServers(servers: readonly Server[], sockets: WebSocketServer): Promise<void> {
  for (const socket of sockets.clients) socket.terminate();
  sockets.close();
  await Promise.all(servers.map(closeServer));
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
