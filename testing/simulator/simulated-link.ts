import type { Timers } from '#clinic/ports/clock.ts';

export type Message = string | Uint8Array;
export type Direction = 'to-center' | 'to-client';

/** How the link of one workstation is now. */
export interface LinkState {
  isOnline: boolean;
  latencyMs: number;
  bytesPerSecond: number;
  swallows: Direction | undefined;
}

/** What becomes of one message on its way. `swap`: the next one overtakes it. */
export type Fate = 'deliver' | 'cut-before' | 'cut-after' | 'duplicate' | 'swap' | 'corrupt';

/** What a link is like; read at every message, so that it can change under way. */
export interface LinkWeather {
  readonly latencyMs: () => number;
  readonly bytesPerSecond: () => number;
  /** Everything of this direction is swallowed while true; neither side is told. */
  readonly isSwallowed: (direction: Direction) => boolean;
  readonly fate: (direction: Direction, message: Message) => Fate;
  /** Told of each message that arrives. */
  readonly arrived: (direction: Direction, message: Message) => void;
}

/** One end of a simulated link; what both the client's transport and the center's line are made from. */
export interface LinkEnd {
  readonly isOpen: boolean;
  readonly unsentBytes: number;
  send(message: Message): void;
  onMessage(receive: (message: Message) => void): void;
  onClose(closed: () => void): void;
  onDrain(drained: () => void): void;
  pause(): void;
  resume(): void;
  ping(): void;
  onPong(heard: () => void): void;
  close(): void;
  terminate(): void;
}

export interface SimulatedLink {
  readonly client: LinkEnd;
  readonly center: LinkEnd;
  /** Breaks it: everything under way is lost, both ends are told. */
  cut(): void;
  readonly isCut: boolean;
}

/** Connects a workstation with the center: in order, with latency, a rate, and any fault. */
export function simulateLink(timers: Timers, weather: LinkWeather): SimulatedLink {
  const state = { isCut: false };
  const client = new End();
  const center = new End();
  const cut = () => {
    if (state.isCut) return;
    state.isCut = true;
    client.closed();
    center.closed();
  };
  const path = { timers, weather, state, cut };
  client.connect(center, 'to-center', path);
  center.connect(client, 'to-client', path);
  return {
    client,
    center,
    cut,
    get isCut() {
      return state.isCut;
    },
  };
}

interface Path {
  readonly timers: Timers;
  readonly weather: LinkWeather;
  readonly state: { isCut: boolean };
  readonly cut: () => void;
}

class End implements LinkEnd {
  #isOpen = true;
  #isClosedTold = false;
  #isPaused = false;
  #waiting: Message[] = [];
  #receive: ((message: Message) => void) | undefined;
  #closed: (() => void) | undefined;
  #drained: () => void = () => {};
  #ponged: () => void = () => {};
  #unsentBytes = 0;
  /** How long what was sent before still occupies the line. */
  #busyMs = 0;
  #swapped: Message | undefined;
  #other: End | undefined;
  #direction: Direction = 'to-center';
  #path: Path | undefined;

  connect(other: End, direction: Direction, path: Path): void {
    this.#other = other;
    this.#direction = direction;
    this.#path = path;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  send(message: Message): void {
    const path = this.#path;
    if (path === undefined || !this.#isOpen || path.state.isCut) return;
    const { weather } = path;
    if (weather.isSwallowed(this.#direction)) return;
    const fate = weather.fate(this.#direction, message);
    if (fate === 'cut-before') {
      this.#travel(0, path.cut);
      return;
    }
    if (fate === 'swap' && this.#swapped === undefined) {
      this.#swapped = message;
      return;
    }
    this.#transmit(fate === 'corrupt' ? flipped(message) : message, path);
    if (fate === 'duplicate') this.#transmit(message, path);
    if (this.#swapped !== undefined) {
      const late = this.#swapped;
      this.#swapped = undefined;
      this.#transmit(late, path);
    }
    // At once after the delivery, so that even an answer given at once is lost.
    if (fate === 'cut-after') this.#travel(0, path.cut);
  }

  onMessage(receive: (message: Message) => void): void {
    this.#receive = receive;
    this.#deliverWaiting();
  }

  onClose(closed: () => void): void {
    this.#closed = closed;
    if (this.#isClosedTold) closed();
  }

  onDrain(drained: () => void): void {
    this.#drained = drained;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#deliverWaiting();
  }

  ping(): void {
    const path = this.#path;
    if (path === undefined || !this.#isOpen || path.state.isCut || this.#other === undefined) return;
    if (path.weather.isSwallowed(this.#direction)) return;
    const back: Direction = this.#direction === 'to-center' ? 'to-client' : 'to-center';
    this.#travel(0, () => {
      if (!path.weather.isSwallowed(back)) this.#ponged();
    });
  }

  onPong(heard: () => void): void {
    this.#ponged = heard;
  }

  close(): void {
    const path = this.#path;
    if (path === undefined || !this.#isOpen || path.state.isCut) return;
    const { weather } = path;
    this.closed();
    if (!weather.isSwallowed(this.#direction)) this.#travel(0, path.cut);
  }

  terminate(): void {
    this.close();
  }

  /** Nothing is sent or received any more; the listener is told once. */
  closed(): void {
    this.#isOpen = false;
    if (this.#isClosedTold) return;
    this.#isClosedTold = true;
    this.#closed?.();
  }

  #transmit(message: Message, path: Path): void {
    const bytes = typeof message === 'string' ? Buffer.byteLength(message) : message.length;
    this.#unsentBytes += bytes;
    this.#travel(bytes, () => {
      path.weather.arrived(this.#direction, message);
      this.#other?.deliver(message);
    });
  }

  /** After everything that was sent before, at the link's rate and latency. */
  #travel(bytes: number, arrive: () => void): void {
    const path = this.#path;
    if (path === undefined) return;
    const { timers, weather, state } = path;
    const sendingMs = (bytes / weather.bytesPerSecond()) * 1000;
    this.#busyMs += sendingMs;
    const waitMs = this.#busyMs;
    timers.after(Math.ceil(waitMs), () => {
      this.#busyMs = Math.max(0, this.#busyMs - sendingMs);
      this.#unsentBytes -= bytes;
      if (bytes > 0 && !state.isCut) this.#drained();
    });
    this.#arriveInOrder(Math.ceil(waitMs + weather.latencyMs()), arrive);
  }

  #underWay: (() => void)[] = [];

  /** A message may be late, but none overtakes another. */
  #arriveInOrder(waitMs: number, arrive: () => void): void {
    const path = this.#path;
    if (path === undefined) return;
    this.#underWay.push(arrive);
    path.timers.after(waitMs, () => {
      const next = this.#underWay.shift();
      if (!path.state.isCut) next?.();
    });
  }

  deliver(message: Message): void {
    if (!this.#isOpen) return;
    this.#waiting.push(message);
    this.#deliverWaiting();
  }

  #deliverWaiting(): void {
    while (!this.#isPaused && this.#receive !== undefined && this.#isOpen) {
      const message = this.#waiting.shift();
      if (message === undefined) return;
      this.#receive(message);
    }
  }
}

/** The message with one bit of its middle flipped. */
function flipped(message: Message): Message {
  if (typeof message === 'string') {
    const at = message.length >> 1;
    return `${message.slice(0, at)}${String.fromCharCode(message.charCodeAt(at) ^ 1)}${message.slice(at + 1)}`;
  }
  const bytes = Uint8Array.from(message);
  const at = bytes.length >> 1;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}
