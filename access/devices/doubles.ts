// Stand-ins for tests: a bus of HID devices, and time that is moved by hand. They speak the bytes of the cable.
import type { Timers } from '#clinic/ports/clock.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { HidDescription } from '../drivers/reader-model.ts';
import type { HidHost, HidOpenFailure, OpenHid } from './hid-host.ts';
import { createReportQueue } from './report-queue.ts';

/** Lets promises that are ready run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

export interface HandTime {
  readonly timers: Timers;
  readonly now: () => number;
  /** Runs what is due, in order, letting promises run between. */
  pass(ms: number): Promise<void>;
  waiting(): number;
}

export function createHandTime(): HandTime {
  let nowMs = 0;
  let waiting: { readonly atMs: number; readonly run: () => void }[] = [];
  return {
    now: () => nowMs,
    timers: {
      after: (waitMs, run) => {
        const timer = { atMs: nowMs + waitMs, run };
        waiting.push(timer);
        return () => {
          waiting = waiting.filter((other) => other !== timer);
        };
      },
    },
    waiting: () => waiting.length,
    pass: async (ms) => {
      const untilMs = nowMs + ms;
      await settle();
      for (;;) {
        const [next] = waiting
          .filter(({ atMs }) => atMs <= untilMs)
          .sort((one, other) => one.atMs - other.atMs);
        if (next === undefined) break;
        waiting = waiting.filter((timer) => timer !== next);
        nowMs = Math.max(nowMs, next.atMs);
        next.run();
        await settle();
      }
      nowMs = untilMs;
    },
  };
}

/** One device on the bus. */
export interface BusDevice {
  readonly description: HidDescription;
  /** What opening it answers; null: it opens. */
  refusal: HidOpenFailure | null;
  /** Answers feature reports; a device without rejects. */
  answerFeature?: (sent: readonly Uint8Array[]) => Uint8Array;
  /** Called with every report that is written to it. */
  onWrite?: (report: Uint8Array) => void;
  readonly opened: { count: number; open: number; mostOpen: number };
  /** Sends a report to whoever has it open. */
  send(report: Uint8Array): void;
  /** The cable is pulled: reads fail, and the list forgets it. */
  unplug(): void;
  /** The cable fails while the list still names the device. */
  breakCable(): void;
}

export interface Bus {
  readonly host: HidHost;
  plug(description: Partial<HidDescription>, path?: string): BusDevice;
  /** Makes the list leave a device out once although it is there. */
  hideOnce(): void;
  isListFailing: boolean;
  lists: number;
}

export function createBus(): Bus {
  const devicesByPath = new Map<string, BusDevice & { readonly openPipe: () => OpenHid }>();
  let plugged = 0;
  let isHidden = false;
  const bus: Bus = {
    isListFailing: false,
    lists: 0,
    hideOnce: () => {
      isHidden = true;
    },
    plug: (description, path = `/dev/hidraw${plugged++}`) => {
      const device = createDevice({ ...nothingSpecial, ...description, path }, () =>
        devicesByPath.delete(path),
      );
      devicesByPath.set(path, device);
      return device;
    },
    host: {
      list: async () => {
        bus.lists += 1;
        if (bus.isListFailing) throw new Error('the bus does not answer');
        const listed = isHidden ? [] : [...devicesByPath.values()].map(({ description }) => description);
        isHidden = false;
        // A keyboard with two collections is always there and nobody's business.
        return [keyboard, { ...keyboard, usage: 7 }, ...listed];
      },
      open: async (path): Promise<Result<OpenHid, HidOpenFailure>> => {
        const device = devicesByPath.get(path);
        if (device === undefined) return fail('gone');
        return device.refusal === null ? ok(device.openPipe()) : fail(device.refusal);
      },
    },
  };
  return bus;
}

const nothingSpecial = { vendorId: 1, productId: 1, usagePage: 1, usage: 2, product: 'Device' };
const keyboard: HidDescription = { ...nothingSpecial, usage: 6, path: '/dev/keyboard', product: 'Keyboard' };

function createDevice(
  description: HidDescription,
  forget: () => void,
): BusDevice & { readonly openPipe: () => OpenHid } {
  const pipes = new Set<{ push(report: Uint8Array): void; lose(): void }>();
  const device: BusDevice & { readonly openPipe: () => OpenHid } = {
    description,
    refusal: null,
    opened: { count: 0, open: 0, mostOpen: 0 },
    send: (report) => {
      for (const pipe of [...pipes]) pipe.push(report);
    },
    breakCable: () => {
      for (const pipe of [...pipes]) pipe.lose();
    },
    unplug: () => {
      forget();
      device.breakCable();
    },
    openPipe: () => {
      const { opened } = device;
      opened.count += 1;
      opened.open += 1;
      opened.mostOpen = Math.max(opened.mostOpen, opened.open);
      const reports = createReportQueue();
      const closedListeners = new Set<() => void>();
      const sent: Uint8Array[] = [];
      let isClosed = false;
      const lose = (): void => {
        if (isClosed) return;
        isClosed = true;
        opened.open -= 1;
        pipes.delete(held);
        reports.close();
        for (const told of [...closedListeners]) told();
      };
      const held = { push: reports.push, lose };
      pipes.add(held);
      const whileOpen = async <Value>(answer: () => Value): Promise<Value> => {
        if (isClosed) throw new Error('the device is gone');
        return answer();
      };
      return {
        write: (report) => whileOpen(() => device.onWrite?.(report)),
        onReport: reports.onReport,
        onClosed: (told) => {
          closedListeners.add(told);
          return () => closedListeners.delete(told);
        },
        close: async () => lose(),
        sendFeature: (_id, bytes) => whileOpen(() => void sent.push(bytes)),
        getFeature: (_id, length) =>
          whileOpen(() => {
            if (device.answerFeature === undefined) throw new Error('stalled');
            return device.answerFeature(sent).subarray(0, length);
          }),
      };
    },
  };
  return device;
}
