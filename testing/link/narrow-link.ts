import { type ChildProcess, execFile, fork, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { delayedProxy } from './delayed-proxy.ts';

/** How thin the link between a workstation and the center is. The same in both directions. */
export interface LinkShape {
  /** Of IP packets, headers included. */
  readonly bytesPerSecond: number;
  /** From one side to the other; half of the round trip without queueing. */
  readonly delayMs: number;
  /** Share of packets that get lost, each after it took its time on the line. */
  readonly loss: number;
  /** What waits for the line at most; a packet beyond is dropped. */
  readonly queueBytes: number;
  readonly seed: number;
}

/** 64 kbit/s, 600 ms round trip, 5 % loss; a queue of four seconds, as cheap modems have. */
export const ruralLink: LinkShape = {
  bytesPerSecond: 8_000,
  delayMs: 300,
  loss: 0.05,
  queueBytes: 32_000,
  seed: 1,
};

/** What one direction carried. */
export interface Traffic {
  readonly packets: number;
  /** Of IP packets that entered the line, lost ones included. */
  readonly bytes: number;
  readonly lost: number;
  readonly overflowed: number;
}

/** A link between two places on this machine. */
export interface NarrowLink {
  /** How it is made, for the reader of a figure. */
  readonly kind: string;
  /** Starts a module in a process at one end, with a message channel to this process. */
  start(end: 'workstation' | 'center', module: string, args: readonly string[]): ChildProcess;
  /** The address under which the workstation's end reaches a port of 127.0.0.1 at the center's end. */
  route(port: number): Promise<string>;
  traffic(): Promise<{ readonly up: Traffic; readonly down: Traffic }>;
  close(): Promise<void>;
}

const source = join(import.meta.dirname, 'narrow-link.c');

/**
 * A link of `shape`: two network namespaces and a TUN device each, joined by `narrow-link.c`, so that both ends are real TCP of the
 * kernel. Where that cannot be (no root, no compiler, not Linux) a TCP proxy that delays instead; `kind` says which.
 */
export async function openNarrowLink(shape: LinkShape, folder: string): Promise<NarrowLink> {
  const program = await buildProgram(folder);
  const carried = program === undefined ? undefined : await carryPackets(program, shape);
  return carried ?? delayedLink(shape);
}

async function buildProgram(folder: string): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const program = join(folder, 'narrow-link');
  for (const compiler of ['cc', 'gcc', 'clang']) {
    const built = await promisify(execFile)(compiler, ['-O2', '-o', program, source]).catch(() => undefined);
    if (built !== undefined) return program;
  }
  return undefined;
}

async function carryPackets(program: string, shape: LinkShape): Promise<NarrowLink | undefined> {
  const { bytesPerSecond, delayMs, loss, queueBytes, seed } = shape;
  const numbers = [bytesPerSecond, delayMs, Math.round(loss * 1e6), queueBytes, seed].map(String);
  const carrier = spawn(program, ['carry', ...numbers], { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: carrier.stdout })[Symbol.asyncIterator]();
  const ready = /^ready (\d+) (\d+) (\w+)$/.exec(String((await lines.next()).value));
  if (ready === null) return undefined;
  const [, near = '', far = '', congestion = ''] = ready;
  const space = { workstation: near, center: far } as const;
  return {
    kind: `network namespaces, kernel TCP (${congestion})`,
    start: (end, module, args) =>
      spawn(program, ['enter', `/proc/${carrier.pid}/fd/${space[end]}`, process.execPath, module, ...args], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      }),
    route: async (port) => `10.77.0.2:${port}`,
    traffic: async () => {
      carrier.stdin.write('traffic\n');
      return parseTraffic(String((await lines.next()).value));
    },
    close: () => ended(carrier, () => carrier.stdin.end()),
  };
}

const NumbersSchema = v.tuple([
  v.number(),
  v.number(),
  v.number(),
  v.number(),
  v.number(),
  v.number(),
  v.number(),
  v.number(),
]);

function parseTraffic(line: string): { readonly up: Traffic; readonly down: Traffic } {
  const [a, b, c, d, e, f, g, h] = v.parse(NumbersSchema, line.split(' ').map(Number));
  return {
    up: { packets: a, bytes: b, lost: c, overflowed: d },
    down: { packets: e, bytes: f, lost: g, overflowed: h },
  };
}

function ended(child: ChildProcess, end: () => void): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    end();
  });
}

function delayedLink(shape: LinkShape): NarrowLink {
  const proxies: Awaited<ReturnType<typeof delayedProxy>>[] = [];
  const sum = (direction: 'up' | 'down'): Traffic => ({
    packets: proxies.reduce((total, proxy) => total + proxy.traffic[direction].packets, 0),
    bytes: proxies.reduce((total, proxy) => total + proxy.traffic[direction].bytes, 0),
    lost: proxies.reduce((total, proxy) => total + proxy.traffic[direction].lost, 0),
    overflowed: 0,
  });
  return {
    kind: 'a proxy that delays (no namespaces here); losses only delay',
    start: (_end, module, args) => fork(module, [...args]),
    route: async (port) => {
      const proxy = await delayedProxy(port, shape);
      proxies.push(proxy);
      return `127.0.0.1:${proxy.port}`;
    },
    traffic: async () => ({ up: sum('up'), down: sum('down') }),
    close: async () => {
      for (const proxy of proxies) await proxy.close();
    },
  };
}
