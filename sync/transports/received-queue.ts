import type { WireMessage } from './transport.ts';

/** Keeps what arrives until somebody receives it, in order. Shared by the transports. */
export class ReceivedQueue {
  #receive: ((message: WireMessage) => void) | undefined;
  #closed: (() => void) | undefined;
  #waiting: WireMessage[] = [];
  #isClosed = false;

  get isClosed(): boolean {
    return this.#isClosed;
  }

  deliver(message: WireMessage): void {
    if (this.#isClosed) return;
    if (this.#receive === undefined) this.#waiting.push(message);
    else this.#receive(message);
  }

  onMessage(receive: (message: WireMessage) => void): void {
    this.#receive = receive;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const message of waiting) receive(message);
  }

  onClose(closed: () => void): void {
    this.#closed = closed;
    if (this.#isClosed) closed();
  }

  /** Tells the listener once, and lets go of it: a socket that is still closing holds nothing of what was received. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const closed = this.#closed;
    this.#receive = undefined;
    this.#closed = undefined;
    closed?.();
  }
}
