import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect, createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { bridgeVersion } from '#contracts/bridge/messages.ts';
import { passFile } from '#workstation/hosts/pass-file.ts';
import { openScreenDoor } from '#workstation/hosts/screen-door.ts';
import { listScreenFiles } from '#workstation/hosts/screen-files.ts';
import { openWebHost, type WebHost } from '#workstation/hosts/web-host.ts';
import { systemRandom } from '#workstation/system-effects.ts';
import { openRig, type Rig } from './rig.ts';

let folder: string;
let rig: Rig;
let host: WebHost;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'web-host-'));
  await mkdir(join(folder, 'screens', 'assets'), { recursive: true });
  await writeFile(join(folder, 'screens', 'index.html'), '<!doctype html><title>Hamshira</title>');
  await writeFile(join(folder, 'screens', 'assets', 'main-B1cD2eF3.js'), 'console.log(1)');
  await writeFile(join(folder, 'screens', 'main.js.map'), '{}');
  await writeFile(join(folder, 'secret.txt'), 'not for screens');
  rig = await openRig();
  host = await openHost();
});
afterEach(async () => {
  await host.close();
  await rig.close();
  await rm(folder, { recursive: true, force: true });
});

async function openHost(port = 0): Promise<WebHost> {
  const files = await listScreenFiles(join(folder, 'screens'));
  const door = await openScreenDoor(passFile(folder), rig.clock, systemRandom);
  return openWebHost(rig.workstation, { files, door, port, checksOutput: true });
}

const authority = () => `localhost:${host.port}`;
const tokenOf = (address: string) => new URL(address).hash.replace('#token=', '');

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Node's own client, which sends the path and headers as they are; fetch would tidy them up. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { host: '127.0.0.1', port: host.port, path, method, headers: { host: authority(), ...headers } },
      (incoming) => {
        let body = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => {
          body += chunk;
        });
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** What a WebSocket client hears of the door: `welcome`, a failure's code, or the status that refused it. */
function knock(
  first: unknown,
  { origin = `http://${authority()}`, path = '/link', hostHeader = authority() } = {},
): Promise<{ heard: string; pass?: string }> {
  const socket = new WebSocket(`ws://127.0.0.1:${host.port}${path}`, {
    headers: { host: hostHeader, ...(origin === '' ? {} : { origin }) },
  });
  return new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_request, response) => resolve({ heard: String(response.statusCode) }));
    socket.on('open', () => socket.send(typeof first === 'string' ? first : JSON.stringify(first)));
    socket.on('close', () => resolve({ heard: 'closed' }));
    socket.on('message', (data) => {
      const message = JSON.parse(data.toString());
      socket.close();
      resolve({ heard: message.type === 'failure' ? message.error.code : message.type, pass: message.pass });
    });
  });
}
const hello = (token?: string) => ({ type: 'hello', bridge: bridgeVersion, token });

describe('files', () => {
  test('the page comes uncached with a strict policy, assets for ever', async () => {
    const page = await get('/');
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining('Hamshira') });
    expect(page.headers['cache-control']).toBe('no-store');
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    const asset = await get('/assets/main-B1cD2eF3.js');
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    for (const { headers } of [page, asset, await get('/nothing')]) {
      const policy = String(headers['content-security-policy']).split('; ');
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "connect-src 'self'",
          "frame-ancestors 'none'",
          "require-trusted-types-for 'script'",
        ]),
      );
      expect(policy.join()).not.toMatch(/unsafe|\*|https?:/);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['set-cookie']).toBeUndefined();
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  test.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/..\\secret.txt',
    '//etc/passwd',
    '/assets',
    '/main.js.map',
    '/toString',
    '/__proto__',
  ])('%s does not exist', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(answer.body).toBe('');
  });

  test('only GET and HEAD', async () => {
    expect((await get('/', {}, 'POST')).status).toBe(405);
    expect(await get('/', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  test('a folder without built screens is said at once', async () => {
    await expect(listScreenFiles(folder)).rejects.toThrow('no built screens');
  });
});

describe('Host and Origin', () => {
  test.each([
    'localhost:80',
    'localhost',
    'evil.example',
    '127.0.0.1',
    '127.0.0.1:1',
    '127.0.0.2:80',
    '[::1]:80',
  ])('a request for %s is refused', async (hostHeader) => {
    expect((await get('/', { host: hostHeader })).status).toBe(403);
    expect((await knock(hello(tokenOf(host.newAddress())), { hostHeader })).heard).toBe('403');
  });

  test('another name of this computer with the right port is refused too (DNS rebinding)', async () => {
    expect((await get('/', { host: `127.0.0.1:${host.port}` })).status).toBe(403);
    expect((await get('/', { host: `[::1]:${host.port}` })).status).toBe(403);
    expect((await get('/', { host: `rebound.example:${host.port}` })).status).toBe(403);
  });

  test.each(['http://evil.example', 'null', 'http://127.0.0.1:1', 'https://127.0.0.1', ''])(
    'a socket from the origin "%s" is refused',
    async (origin) => {
      expect((await knock(hello(tokenOf(host.newAddress())), { origin })).heard).toBe('403');
    },
  );

  test('nobody else can listen where the name localhost may lead', async ({ skip }) => {
    if (
      !Object.values(networkInterfaces())
        .flat()
        .some((one) => one?.address === '::1')
    )
      skip('no IPv6 here');
    const taken = await new Promise((resolve) => {
      const server = createServer().listen(host.port, '::1', () => server.close(() => resolve('free')));
      server.once('error', () => resolve('taken'));
    });
    expect(taken).toBe('taken');
  });

  test('a page of another origin gets no file', async () => {
    expect((await get('/', { origin: 'http://evil.example' })).status).toBe(403);
  });

  test('the socket is at one path only', async () => {
    expect((await knock(hello(), { path: '/other' })).heard).toBe('403');
  });

  test('a broken upgrade does not bring the server down', async () => {
    const raw = connect(host.port, '127.0.0.1');
    raw.on('error', () => undefined);
    raw.resume();
    raw.write(`GET /link HTTP/1.1\r\nHost: ${authority()}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`);
    raw.write(`Origin: http://${authority()}\r\nSec-WebSocket-Key: short\r\n\r\n`);
    await new Promise((resolve) => raw.on('close', resolve));
    expect((await get('/')).status).toBe(200);
  });
});

describe('the door', () => {
  test('a token works once; the pass it was exchanged for works again', async () => {
    const token = tokenOf(host.newAddress());
    const first = await knock(hello(token));
    expect(first.heard).toBe('welcome');
    expect((await knock(hello(token))).heard).toBe('bridge.token-invalid');
    const again = await knock(hello(first.pass));
    expect(again).toEqual({ heard: 'welcome', pass: first.pass });
  });

  test('two pages at once do not get in by one token', async () => {
    const token = tokenOf(host.newAddress());
    const heard = (await Promise.all([knock(hello(token)), knock(hello(token))])).map(({ heard }) => heard);
    expect(heard.sort()).toEqual(['bridge.token-invalid', 'welcome']);
  });

  test.each([
    ['no token', hello()],
    ['an empty token', hello('')],
    ['another token', hello('A'.repeat(43))],
    ['a request first', { type: 'request', id: 1, name: 'session.lock', input: {} }],
    ['an array', []],
  ])('%s is refused', async (_name, first) => {
    expect((await knock(first)).heard).toBe('bridge.token-invalid');
  });

  test('another bridge version is told so and uses up no token', async () => {
    const token = tokenOf(host.newAddress());
    expect((await knock({ ...hello(token), bridge: 99 })).heard).toBe('bridge.unknown-message');
    expect((await knock(hello(token))).heard).toBe('welcome');
  });

  test('text that is no JSON, and a message too long, end the link', async () => {
    expect((await knock('not json')).heard).toBe('closed');
    expect((await knock({ type: 'hello', bridge: 1, token: 'x'.repeat(7 * 1024 * 1024) })).heard).toBe(
      'closed',
    );
  });

  test('the pass outlives a restart; neither token nor pass is on the disk', async () => {
    const token = tokenOf(host.newAddress());
    const { pass } = await knock(hello(token));
    const { port } = host;
    await host.close();
    host = await openHost(port);
    expect((await knock(hello(pass))).heard).toBe('welcome');
    const kept = await readFile(join(folder, 'screens.json'), 'utf8');
    expect(kept).not.toContain(token);
    expect(kept).not.toContain(pass);
    expect(await readdir(folder)).not.toContain('.screens.json.new');
  });

  test('at most 16 screens', async () => {
    const pass = (await knock(hello(tokenOf(host.newAddress())))).pass ?? '';
    const sockets = await Promise.all(
      [...Array(16).keys()].map(
        () =>
          new Promise<WebSocket>((resolve) => {
            const socket = new WebSocket(`ws://${authority()}/link`, { origin: `http://${authority()}` });
            socket.on('open', () => resolve(socket));
          }),
      ),
    );
    await expect.poll(async () => (await knock(hello(pass))).heard).toBe('503');
    for (const socket of sockets) socket.terminate();
    await expect.poll(async () => (await knock(hello(pass))).heard).toBe('welcome');
  });

  test('a page that says nothing is turned away after five seconds', async () => {
    const socket = new WebSocket(`ws://${authority()}/link`, { origin: `http://${authority()}` });
    await new Promise((resolve) => socket.on('open', resolve));
    const closed = new Promise((resolve) => socket.on('close', resolve));
    // The server's timer starts when it has seen the socket, a moment after the client has.
    await expect.poll(() => rig.timers.advance(5_000) > 0).toBe(true);
    await closed;
  });
});

test('a taken port is said', async () => {
  await expect(openHost(host.port)).rejects.toThrow('EADDRINUSE');
});
