import type * as Electron from 'electron';
import { closeDown, portForScreen, screenConnected } from './messages.ts';

/** What runs the workstation beside the window: Electron's utility process, or a double. */
export interface WorkstationChild<Port> {
  postMessage(message: unknown, transfer?: Port[]): void;
  kill(): boolean;
  on(event: 'exit', listener: (code: number) => void): unknown;
}

/** The page that wants a port: its top frame. */
export interface PortReceiver<Port> {
  isDestroyed(): boolean;
  postMessage(channel: string, message: unknown, transfer: Port[]): void;
}

export interface WorkstationHostOptions<Port> {
  readonly fork: () => WorkstationChild<Port>;
  readonly makeChannel: () => { readonly port1: Port; readonly port2: Port };
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Runs something later; returns a function that cancels it. */
  readonly after: (waitMs: number, run: () => void) => () => void;
  /** The process ended too often; there is no use in another try. */
  readonly onGivenUp: () => void;
}

export interface WorkstationHost<Port> {
  /** Gives the page one end of a new channel and the workstation the other. */
  connect(receiver: PortReceiver<Port>): void;
  /** Asks the process to close its database, and ends it when it does not. Resolves when it is gone. */
  close(): Promise<void>;
}

/** More ends than this within the window is a defect that restarting does not mend. */
const mostRestarts = 5;
const restartWindowMs = 60_000;
const restartWaitMs = 500;
const closeLimitMs = 10_000;

/** Keeps one workstation process running and the page connected to it. */
export function hostWorkstation<Port = Electron.MessagePortMain>(
  options: WorkstationHostOptions<Port>,
): WorkstationHost<Port> {
  let receiver: PortReceiver<Port> | null = null;
  let ends: readonly number[] = [];
  let child: WorkstationChild<Port> | null = null;
  let isClosing = false;
  let ended: () => void = () => {};
  let cancelRestart = () => {};

  const start = (): void => {
    child = options.fork();
    child.on('exit', hasEnded);
    if (receiver && !receiver.isDestroyed()) handOver(child, receiver);
  };

  const hasEnded = (): void => {
    child = null;
    ended();
    if (isClosing) return;
    const now = options.now();
    ends = [...ends.filter((at) => now - at < restartWindowMs), now];
    if (ends.length > mostRestarts) options.onGivenUp();
    else cancelRestart = options.after(restartWaitMs, start);
  };

  const handOver = (to: WorkstationChild<Port>, page: PortReceiver<Port>): void => {
    const { port1, port2 } = options.makeChannel();
    to.postMessage(screenConnected, [port1]);
    page.postMessage(portForScreen, null, [port2]);
  };

  start();
  return {
    connect(page) {
      receiver = page;
      if (child) handOver(child, page);
    },
    async close() {
      isClosing = true;
      cancelRestart();
      const leaving = child;
      if (leaving === null) return;
      const gone = new Promise<void>((resolve) => {
        ended = resolve;
      });
      leaving.postMessage(closeDown);
      const cancel = options.after(closeLimitMs, () => leaving.kill());
      await gone;
      cancel();
    },
  };
}
