import type { Link } from '#contracts/bridge/link.ts';

/**
 * Two ends of a pipe in one process. Messages travel as JSON text, so that nothing crosses that a real link would not
 * carry, and arrive in a later microtask, in order.
 */
export function createLinkPair(): readonly [Link, Link] {
  const left = new MemoryLink();
  const right = new MemoryLink();
  left.connect(right);
  right.connect(left);
  return [left, right];
}

class MemoryLink implements Link {
  #peer: MemoryLink | null = null;
  #receive: ((message: unknown) => void) | null = null;
  #early: unknown[] = [];
  readonly #closeListeners: (() => void)[] = [];
  #isClosed = false;

  connect(peer: MemoryLink): void {
    this.#peer = peer;
  }

  send(message: unknown): void {
    if (this.#isClosed) return;
    const text = JSON.stringify(message);
    const peer = this.#peer;
    queueMicrotask(() => peer?.deliver(JSON.parse(text)));
  }

  deliver(message: unknown): void {
    if (this.#isClosed) return;
    if (this.#receive === null) this.#early.push(message);
    else this.#receive(message);
  }

  onMessage(receive: (message: unknown) => void): void {
    this.#receive = receive;
    for (const message of this.#early.splice(0)) receive(message);
  }

  onClose(closed: () => void): void {
    if (this.#isClosed) queueMicrotask(closed);
    else this.#closeListeners.push(closed);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const closed of this.#closeListeners.splice(0)) closed();
    const peer = this.#peer;
    // After the messages that were sent before.
    queueMicrotask(() => peer?.close());
  }
}
