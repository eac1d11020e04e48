import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { bridgeVersion } from '#contracts/bridge/messages.ts';
import { linkOverWebSocket } from '#workstation/hosts/web-socket-link.ts';
import { eventually, openTestScreen, type TestScreen } from './test-screen.ts';

/** The web workstation as a process of its own, on a folder. */
export interface WorkstationProcess {
  readonly url: string;
  /** The process itself, for tests that look into it. */
  readonly child: ChildProcess;
  /** What it wrote to its log. */
  readonly log: string[];
  /** A screen that came in by the printed address, or by the pass of an earlier one. */
  connect(credential?: string): Promise<ConnectedScreen>;
  /** SIGKILL: no chance to close anything. */
  kill(): Promise<void>;
  /** Asks it to end; gives its exit code. */
  stop(): Promise<number | null>;
}

export interface ConnectedScreen extends TestScreen {
  readonly pass: string;
}

const startLimitMs = 30_000;

/** Starts a workstation process on `folder`; rejects with its log when it ends instead. */
export async function startWorkstationProcess(
  folder: string,
  root: 'main' | 'main-development' | URL = 'main-development',
): Promise<WorkstationProcess> {
  const screens = join(folder, '..', 'screens');
  await mkdir(screens, { recursive: true });
  await writeFile(join(screens, 'index.html'), '<!doctype html><title>Hamshira</title>');
  const script = fileURLToPath(
    root instanceof URL ? root : new URL(`../../workstation/${root}.ts`, import.meta.url),
  );
  const child = fork(script, ['--data', folder, '--port', '0', '--renderer', screens], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const log: string[] = [];
  child.stdout?.on('data', (chunk: Buffer) => log.push(chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => log.push(chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const url = await readyUrl(child, exited, log);
  return {
    url,
    child,
    log,
    connect: (credential = new URL(url).hash.replace('#token=', '')) => connectScreen(url, credential),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    stop: async () => {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

async function readyUrl(
  child: ChildProcess,
  exited: Promise<number | null>,
  log: readonly string[],
): Promise<string> {
  const limit = setTimeout(() => child.kill('SIGKILL'), startLimitMs);
  const ready = once(child, 'message').then(([message]) => String((message as { url?: string }).url));
  const ended = exited.then((code) => {
    throw new Error(`the workstation ended with ${code}: ${log.join('')}`);
  });
  try {
    return await Promise.race([ready, ended]);
  } finally {
    clearTimeout(limit);
  }
}

/** Comes in as a browser would. */
async function connectScreen(url: string, credential: string): Promise<ConnectedScreen> {
  const { host, origin } = new URL(url);
  const socket = new WebSocket(`ws://${host}/link`, { origin });
  await once(socket, 'open');
  const screen = openTestScreen(linkOverWebSocket(socket));
  screen.send({ type: 'hello', bridge: bridgeVersion, token: credential });
  const answer = await eventually(() => screen.heard[0], 'an answer at the door');
  if (answer.type !== 'welcome') throw new Error(`turned away: ${JSON.stringify(answer)}`);
  return Object.assign(screen, { pass: answer.pass ?? '' });
}
