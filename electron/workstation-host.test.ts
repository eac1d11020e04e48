import { expect, test } from 'vitest';
import { closeDown, portForScreen, screenConnected } from './messages.ts';
import { hostWorkstation, type PortReceiver, type WorkstationChild } from './workstation-host.ts';

/** A workstation process and page that note what they get, with a clock that is moved by hand. */
function makeWorld() {
  let now = 0;
  let channels = 0;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  const children: { got: unknown[]; ports: string[]; killed: boolean; end: () => void }[] = [];
  const fork = (): WorkstationChild<string> => {
    const child = { got: [] as unknown[], ports: [] as string[], killed: false, end: () => {} };
    children.push(child);
    return {
      postMessage(message, transfer = []) {
        child.got.push(message);
        child.ports.push(...transfer);
      },
      kill() {
        child.killed = true;
        child.end();
        return true;
      },
      on: (_event, listener) => {
        child.end = () => listener(1);
      },
    };
  };
  const page = { ports: [] as string[], destroyed: false };
  const receiver: PortReceiver<string> = {
    isDestroyed: () => page.destroyed,
    postMessage: (channel, _message, transfer) =>
      page.ports.push(...transfer.map((port) => `${channel} ${port}`)),
  };
  let givenUp = 0;
  const host = hostWorkstation<string>({
    fork,
    makeChannel: () => {
      channels += 1;
      return { port1: `${channels}a`, port2: `${channels}b` };
    },
    now: () => now,
    after(waitMs, run) {
      const timer = { at: now + waitMs, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    onGivenUp: () => {
      givenUp += 1;
    },
  });
  const pass = (ms: number): void => {
    now += ms;
    for (const timer of [...timers]) {
      if (timer.at > now) continue;
      timers.delete(timer);
      timer.run();
    }
  };
  return { host, children, page, receiver, pass, givenUp: () => givenUp, timers };
}

test('page and process get the two ends of one channel, exactly one each', () => {
  const { host, children, page, receiver } = makeWorld();
  host.connect(receiver);
  expect(children[0]?.got).toEqual([screenConnected]);
  expect(children[0]?.ports).toEqual(['1a']);
  expect(page.ports).toEqual([`${portForScreen} 1b`]);
});

test('after the process ended, the page gets a port to the new one', () => {
  const { host, children, page, receiver, pass } = makeWorld();
  host.connect(receiver);
  children[0]?.end();
  expect(children).toHaveLength(1);
  pass(500);
  expect(children).toHaveLength(2);
  expect(children[1]?.ports).toEqual(['2a']);
  expect(page.ports.at(-1)).toBe(`${portForScreen} 2b`);
});

test('a page that is gone gets nothing', () => {
  const { host, children, page, receiver, pass } = makeWorld();
  host.connect(receiver);
  page.destroyed = true;
  children[0]?.end();
  pass(500);
  expect(children[1]?.ports).toEqual([]);
  expect(page.ports).toHaveLength(1);
});

test('restarting ends when it does not help, and not because of ends long ago', () => {
  const { children, pass, givenUp } = makeWorld();
  for (let day = 0; day < 20; day += 1) {
    children.at(-1)?.end();
    pass(61_000);
  }
  expect(givenUp()).toBe(0);
  for (let end = 0; end < 10; end += 1) {
    children.at(-1)?.end();
    pass(500);
    if (givenUp() > 0) break;
  }
  expect(givenUp()).toBe(1);
  expect(children).toHaveLength(26);
});

test('closing asks first, and does not restart', async () => {
  const { host, children, pass, timers } = makeWorld();
  const closing = host.close();
  expect(children[0]?.got).toEqual([closeDown]);
  children[0]?.end();
  await closing;
  pass(60_000);
  expect(children).toHaveLength(1);
  expect(children[0]?.killed).toBe(false);
  expect(timers.size).toBe(0);
});

test('a process that does not close is ended', async () => {
  const { host, children, pass } = makeWorld();
  const closing = host.close();
  pass(10_000);
  await closing;
  expect(children[0]?.killed).toBe(true);
});
