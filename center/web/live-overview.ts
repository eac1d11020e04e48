import type { ServerResponse } from 'node:http';
import type { NewsBus } from '../feed/bus.ts';
import type { Effects } from '../ports.ts';
import type { Overview } from './overview.ts';

/** Feeds open pages: one line of JSON per change. */
export interface LiveOverview {
  /** Streams to `response` until it closes. */
  attach(response: ServerResponse): void;
  close(): void;
}

const shortestPauseMs = 400;
const heartbeatMs = 15_000;
const maxPages = 50;
const maxUnreadBytes = 4_000_000;

/**
 * Reads the overview when news came, at most some times a second and only while a page is open, and sends it to every
 * page. Now and then it does so without news: contact that ended makes none, and a page notices a dead line.
 */
export function createLiveOverview(
  read: () => Promise<Overview>,
  bus: NewsBus,
  effects: Effects,
): LiveOverview {
  const pages = new Set<ServerResponse>();
  let isReading = false;
  let isStale = false;
  let cancelHeartbeat: () => void = () => undefined;
  const send = (line: unknown) => {
    for (const page of pages) {
      if (page.writableLength > maxUnreadBytes) page.destroy();
      else page.write(`${JSON.stringify(line)}\n`);
    }
  };
  const refresh = async () => {
    isStale = true;
    if (isReading) return;
    isReading = true;
    while (isStale && pages.size > 0) {
      isStale = false;
      await read().then(
        (overview) => send({ kind: 'overview', overview }),
        () => effects.log('The overview could not be read.'),
      );
      await new Promise<void>((resolve) => effects.timers.after(shortestPauseMs, resolve));
    }
    isReading = false;
  };
  const beat = () => {
    send({ kind: 'heartbeat' });
    void refresh();
    cancelHeartbeat = effects.timers.after(heartbeatMs, beat);
  };
  cancelHeartbeat = effects.timers.after(heartbeatMs, beat);
  const stop = bus.listen(() => void refresh());
  return {
    attach: (response) => {
      if (pages.size >= maxPages) return void response.writeHead(503).end();
      response.writeHead(200, { 'content-type': 'application/x-ndjson', 'x-accel-buffering': 'no' });
      pages.add(response);
      response.on('close', () => pages.delete(response));
      void refresh();
    },
    close: () => {
      stop();
      cancelHeartbeat();
      for (const page of pages) page.end();
      pages.clear();
    },
  };
}
