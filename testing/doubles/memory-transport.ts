import type { Timers } from '#clinic/ports/clock.ts';
import { maxMessageBytes } from '#contracts/wire/protocol.ts';
import { ReceivedQueue } from '#sync/transports/received-queue.ts';
import type { Transport } from '#sync/transports/transport.ts';

/**
 * What becomes of one message. `cut-before`: the link breaks and the message is lost. `cut-after`: the message arrives,
 * then the link breaks, so that its answer is lost. `drop`: it alone is lost. A number: it comes that much later.
 */
export type Fate = 'deliver' | 'cut-before' | 'cut-after' | 'duplicate' | 'drop' | number;

export type Direction = 'to-center' | 'to-client';

/** Decides the fate of each message. `index` counts the messages of one direction from 0. */
export type Faults = (direction: Direction, text: string, index: number) => Fate;

export interface MemoryTransportPair {
  readonly client: Transport;
  readonly center: Transport;
  /** Breaks the link; everything under way is lost. */
  cut(): void;
}

/** Two ends of one link in one process, in order, with `latencyMs` each way and any faults. */
export function memoryTransportPair(
  timers: Timers,
  options: { readonly latencyMs?: number; readonly faults?: Faults } = {},
): MemoryTransportPair {
  const link = { isCut: false };
  const latencyMs = options.latencyMs ?? 1;
  const faults = options.faults ?? (() => 'deliver');
  const cut = () => {
    if (link.isCut) return;
    link.isCut = true;
    client.queue.close();
    center.queue.close();
  };
  const client = createEnd();
  const center = createEnd();
  const path = { timers, latencyMs, faults, link, cut };
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

interface Path {
  readonly timers: Timers;
  readonly latencyMs: number;
  readonly faults: Faults;
  readonly link: { isCut: boolean };
  readonly cut: () => void;
}

const createEnd = (): End => ({ queue: new ReceivedQueue(), hasClosed: false });

function connectEnds(own: End, other: End, direction: Direction, path: Path): Transport {
  /** What is under way, in order: a message may be late, but none overtakes another. */
  const underWay: (() => void)[] = [];
  let index = 0;
  const travel = (arrive: () => void, extraMs = 0) => {
    underWay.push(arrive);
    path.timers.after(path.latencyMs + extraMs, () => {
      const next = underWay.shift();
      if (!path.link.isCut) next?.();
    });
  };
  const deliver = (text: string) => () => {
    if (Buffer.byteLength(text) > maxMessageBytes) path.cut();
    else other.queue.deliver(text);
  };
  const send = (text: string) => {
    if (own.hasClosed || path.link.isCut) return;
    const fate = path.faults(direction, text, index);
    index += 1;
    if (fate === 'drop') return;
    if (fate === 'cut-before') {
      travel(path.cut);
      return;
    }
    travel(deliver(text), typeof fate === 'number' ? fate : 0);
    if (fate === 'duplicate') travel(deliver(text));
    // At once after the delivery, so that even an answer given at once is lost.
    if (fate === 'cut-after') travel(path.cut);
  };
  return {
    send,
    onMessage: (receive) => own.queue.onMessage(receive),
    onClose: (closed) => own.queue.onClose(closed),
    close: () => {
      if (own.hasClosed || path.link.isCut) return;
      own.hasClosed = true;
      own.queue.close();
      travel(path.cut);
    },
  };
}
