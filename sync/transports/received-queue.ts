/** Keeps what arrives until somebody receives it, in order. Shared by the transports. */
export class ReceivedQueue {
  #receive: ((text: string) => void) | undefined;
  #closed: (() => void) | undefined;
  #waiting: string[] = [];
  #isClosed = false;

  get isClosed(): boolean {
    return this.#isClosed;
  }

  deliver(text: string): void {
    if (this.#isClosed) return;
    if (this.#receive === undefined) this.#waiting.push(text);
    else this.#receive(text);
  }

  onMessage(receive: (text: string) => void): void {
    this.#receive = receive;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const text of waiting) receive(text);
  }

  onClose(closed: () => void): void {
    this.#closed = closed;
    if (this.#isClosed) closed();
  }

  /** Tells the listener once. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#closed?.();
  }
}
