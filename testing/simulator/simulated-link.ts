import type { Timers } from '#clinic/ports/clock.ts';

export type Message = string | Uint8Array;
export type Direction = 'to-center' | 'to-client';

/** What becomes of one message on its way. `swap`: the next one overtakes it. */
export type Fate = 'deliver' | 'cut-before' | 'cut-after' | 'duplicate' | 'swap' | 'corrupt';

/** What somebody at an end of the link felt of its faults. */
export type Effect = Exclude<Fate, 'deliver'> | 'swallow' | 'slow';

/** What a link is like; read at every message, so that it can change under way. */
export interface LinkWeather {
  readonly latencyMs: () => number;
  readonly bytesPerSecond: () => number;
  /** Whether latency and rate are worse than usual. */
  readonly isSlow: () => boolean;
  /** Everything of this direction is swallowed while true; neither side is told. */
  readonly isSwallowed: (direction: Direction) => boolean;
  readonly fate: (direction: Direction, message: Message) => Fate;
  /** Told of each message that arrives, if only at an end that is closed or where nobody listens. */
  readonly arrived: (direction: Direction, message: Message) => void;
  /** Told of each message that somebody is given. */
  readonly received: (direction: Direction) => void;
  /**
   * Told of each fault at the moment it takes effect (SIM-17): an open connection was broken by it, an open end was not told
   * something, or somebody was given a message twice, late, damaged or before the previous one.
   */
  readonly felt: (effect: Effect) => void;
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
  /** Whether both ends may send and receive. */
  readonly isOpen: boolean;
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
    get isOpen() {
      return client.isOpen && center.isOpen;
    },
  };
}

interface Path {
  readonly timers: Timers;
  readonly weather: LinkWeather;
  readonly state: { isCut: boolean };
  readonly cut: () => void;
}

/** A message under way, and what was done to it. */
interface Parcel {
  readonly message: Message;
  readonly effects: readonly Effect[];
}

class End implements LinkEnd {
  #isOpen = true;
  #isClosedTold = false;
  #isPaused = false;
  #waiting: Parcel[] = [];
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
    if (this.#isSwallowed(this.#direction, this.#other, weather)) return;
    const fate = weather.fate(this.#direction, message);
    if (fate === 'cut-before') {
      this.#travel(0, () => this.#cutBy(fate, path));
      return;
    }
    if (fate === 'swap' && this.#swapped === undefined) {
      this.#swapped = message;
      return;
    }
    const late = this.#swapped;
    this.#swapped = undefined;
    // Whoever gets this one may be gone before the late one comes.
    const effects: readonly Effect[] = late === undefined ? [] : ['swap'];
    if (fate === 'corrupt') this.#transmit(flipped(message), path, [...effects, fate]);
    else this.#transmit(message, path, effects);
    if (fate === 'duplicate') this.#transmit(message, path, [fate]);
    if (late !== undefined) this.#transmit(late, path, []);
    // At once after the delivery, so that even an answer given at once is lost.
    if (fate === 'cut-after') this.#travel(0, () => this.#cutBy(fate, path));
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
    if (this.#isSwallowed(this.#direction, this.#other, path.weather)) return;
    const back = opposite(this.#direction);
    this.#travel(0, () => {
      if (!this.#isSwallowed(back, this, path.weather)) this.#ponged();
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
    if (!this.#isSwallowed(this.#direction, this.#other, weather)) this.#travel(0, path.cut);
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

  #isSwallowed(direction: Direction, listener: End | undefined, weather: LinkWeather): boolean {
    if (!weather.isSwallowed(direction)) return false;
    if (listener?.isOpen === true) weather.felt('swallow');
    return true;
  }

  /** An answer is lost only to somebody who waits for one; a message also if its sender has gone. */
  #cutBy(fate: 'cut-before' | 'cut-after', { weather, cut }: Path): void {
    if (this.#other?.isOpen === true && (this.#isOpen || fate === 'cut-before')) weather.felt(fate);
    cut();
  }

  #transmit(message: Message, path: Path, faults: readonly Effect[]): void {
    const effects: readonly Effect[] = path.weather.isSlow() ? [...faults, 'slow'] : faults;
    const bytes = typeof message === 'string' ? Buffer.byteLength(message) : message.length;
    this.#unsentBytes += bytes;
    this.#travel(bytes, () => {
      path.weather.arrived(this.#direction, message);
      this.#other?.deliver({ message, effects });
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

  deliver(parcel: Parcel): void {
    if (!this.#isOpen) return;
    this.#waiting.push(parcel);
    this.#deliverWaiting();
  }

  #deliverWaiting(): void {
    while (!this.#isPaused && this.#receive !== undefined && this.#isOpen) {
      const parcel = this.#waiting.shift();
      if (parcel === undefined) return;
      this.#path?.weather.received(opposite(this.#direction));
      for (const effect of parcel.effects) this.#path?.weather.felt(effect);
      this.#receive(parcel.message);
    }
  }
}

const opposite = (direction: Direction): Direction => (direction === 'to-center' ? 'to-client' : 'to-center');

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
