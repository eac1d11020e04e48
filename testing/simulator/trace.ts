import { createHash } from 'node:crypto';

/** Most of the newest events kept to be read after a failure. */
export const newestKept = 4000;

/**
 * Everything that happened in a simulated world, as one hash: two runs of one seed are the same run exactly if their digests
 * agree. The newest events are kept as text.
 */
export class Trace {
  readonly #hash = createHash('sha256');
  readonly #kept: string[] = [];
  readonly #now: () => number;
  #events = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Notes one event; `content` counts in full, but is not kept as text. */
  note(what: string, content: string | Uint8Array = ''): void {
    this.#events += 1;
    this.#hash.update(`${this.#now()} ${what}\n`).update(content).update('\n');
    if (this.#kept.length >= newestKept * 2) this.#kept.splice(0, newestKept);
    this.#kept.push(`${this.#now()} ${what} ${typeof content === 'string' ? content.slice(0, 400) : ''}`);
  }

  get events(): number {
    return this.#events;
  }

  /** 64 hex digits over all events so far. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  /** The newest events, oldest first. */
  newest(count: number): readonly string[] {
    return this.#kept.slice(-count);
  }
}
