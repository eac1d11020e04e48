import type { Clock, Timers } from '#clinic/ports/clock.ts';
import { maxMessageBytes } from '#contracts/wire/protocol.ts';
import { ReceivedQueue } from '#sync/transports/received-queue.ts';
import type { Transport, WireMessage } from '#sync/transports/transport.ts';

/**
 * What becomes of one message. `cut-before`: the link breaks and the message is lost. `cut-after`: the message arrives,
 * then the link breaks, so that its answer is lost. `drop`: it alone is lost. A number: it comes that much later.
 */
export type Fate = 'deliver' | 'cut-before' | 'cut-after' | 'duplicate' | 'drop' | number;

export type Direction = 'to-center' | 'to-client';

/**
 * Decides the fate of each message. `text` is empty for a packed one; `index` counts the messages of one direction from 0.
 */
export type Faults = (direction: Direction, text: string, index: number) => Fate;

export interface MemoryTransportPair {
  readonly client: Transport;
  readonly center: Transport;
  /** Breaks the link; everything under way is lost. */
  cut(): void;
}

export interface MemoryLinkOptions {
  readonly latencyMs?: number;
  readonly faults?: Faults;
  /** Each direction carries so much; what is more waits its turn. Without limit if absent. */
  readonly bytesPerSecond?: number;
  /** Takes everything over at once, as a system with deep buffers does: `unsentBytes` says nothing. */
  readonly isDeep?: boolean;
  /** Added to every message, for the headers below it. */
  readonly headerBytes?: number;
  /** Called with the bytes of every message as it is sent. */
  readonly onSent?: (direction: Direction, bytes: number) => void;
}

/** Two ends of one link in one process, in order, with `latencyMs` each way, a rate and any faults. */
export function memoryTransportPair(
  time: Timers & Clock,
  options: MemoryLinkOptions = {},
): MemoryTransportPair {
  const link = { isCut: false };
  const cut = () => {
    if (link.isCut) return;
    link.isCut = true;
    client.queue.close();
    center.queue.close();
  };
  const client = createEnd();
  const center = createEnd();
  const path: Path = {
    time,
    latencyMs: options.latencyMs ?? 1,
    bytesPerSecond: options.bytesPerSecond ?? Number.POSITIVE_INFINITY,
    isDeep: options.isDeep ?? false,
    headerBytes: options.headerBytes ?? 0,
    faults: options.faults ?? (() => 'deliver'),
    onSent: options.onSent ?? (() => {}),
    link,
    cut,
  };
  return {
    client: connectEnds(client, center, 'to-center', path),
    center: connectEnds(center, client, 'to-client', path),
    cut,
  };
}

interface End {
  readonly queue: ReceivedQueue;
  hasClosed: boolean;
}

interface Path extends Required<MemoryLinkOptions> {
  readonly time: Timers & Clock;
  readonly link: { isCut: boolean };
  readonly cut: () => void;
}

const createEnd = (): End => ({ queue: new ReceivedQueue(), hasClosed: false });

const sizeOf = (message: WireMessage): number =>
  typeof message === 'string' ? Buffer.byteLength(message) : message.length;

function connectEnds(own: End, other: End, direction: Direction, path: Path): Transport {
  const { time } = path;
  /** What is under way, in order: a message may be late, but none overtakes another. */
  const underWay: (() => void)[] = [];
  let index = 0;
  /** When the pipe has taken the last message. */
  let freeAt = 0;
  const travel = (arrive: () => void, bytes: number, extraMs = 0) => {
    underWay.push(arrive);
    freeAt = Math.max(freeAt, time.now()) + (bytes * 1000) / path.bytesPerSecond;
    time.after(Math.ceil(freeAt - time.now() + path.latencyMs + extraMs), () => {
      const next = underWay.shift();
      if (!path.link.isCut) next?.();
    });
  };
  const deliver = (message: WireMessage) => () => {
    if (sizeOf(message) > maxMessageBytes) path.cut();
    else other.queue.deliver(message);
  };
  const send = (message: WireMessage) => {
    if (own.hasClosed || path.link.isCut) return;
    const fate = path.faults(direction, typeof message === 'string' ? message : '', index);
    const bytes = sizeOf(message) + path.headerBytes;
    index += 1;
    path.onSent(direction, bytes);
    if (fate === 'drop') return;
    if (fate === 'cut-before') {
      travel(path.cut, 0);
      return;
    }
    travel(deliver(message), bytes, typeof fate === 'number' ? fate : 0);
    if (fate === 'duplicate') travel(deliver(message), bytes);
    // At once after the delivery, so that even an answer given at once is lost.
    if (fate === 'cut-after') travel(path.cut, 0);
  };
  return {
    send,
    get unsentBytes() {
      const waitMs = Math.max(0, freeAt - time.now());
      return path.isDeep || path.bytesPerSecond === Number.POSITIVE_INFINITY
        ? 0
        : (waitMs * path.bytesPerSecond) / 1000;
    },
    onMessage: (receive) => own.queue.onMessage(receive),
    onClose: (closed) => own.queue.onClose(closed),
    close: () => {
      if (own.hasClosed || path.link.isCut) return;
      own.hasClosed = true;
      own.queue.close();
      travel(path.cut, 0);
    },
  };
}
