import { inspect } from 'node:util';
import type { Random } from '#clinic/ports/clock.ts';

/**
 * Bytes that must not be printed: a data key, a derived key, a passphrase in UTF-8. Printing, logging or turning it into
 * JSON gives `<secret>`. It lies in memory of its own outside the heap of JavaScript (ACC-56): nobody moves it, so that wiping
 * reaches the only copy there is of it.
 */
export class Secret {
  #bytes: Uint8Array | undefined;

  /** Moves `bytes` here: they are overwritten where they were. */
  constructor(bytes: Uint8Array) {
    this.#bytes = copyOutsideHeap(bytes);
    bytes.fill(0);
  }

  /** A secret of its own with the same bytes, which stay the caller's. */
  static copyOf(bytes: Uint8Array): Secret {
    return new Secret(copyOutsideHeap(bytes));
  }

  /** So many fresh random bytes; nothing is left of them where they were drawn. */
  static draw(random: Random, length: number): Secret {
    return new Secret(random.bytes(length));
  }

  /** The bytes themselves, not a copy. Throws once wiped: using a dropped key is a defect. */
  reveal(): Uint8Array {
    if (this.#bytes === undefined) throw new Error('secret used after it was wiped');
    return this.#bytes;
  }

  get isWiped(): boolean {
    return this.#bytes === undefined;
  }

  /** Overwrites the bytes with zeros and forgets them. Safe to call twice. */
  wipe(): void {
    this.#bytes?.fill(0);
    this.#bytes = undefined;
  }

  [Symbol.dispose](): void {
    this.wipe();
  }

  toString(): string {
    return '<secret>';
  }

  toJSON(): string {
    return '<secret>';
  }

  [inspect.custom](): string {
    return '<secret>';
  }
}

/**
 * Zeros outside the heap of JavaScript. V8 keeps a short array (`new Uint8Array(32)`, `Uint8Array.from`, `slice`, `map`) inside its
 * heap: its collector moves it and leaves the old copy behind, and so does whoever asks for its `buffer`. A buffer that was made
 * first stays where it is.
 */
export const bytesOutsideHeap = (length: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(new ArrayBuffer(length));

function copyOutsideHeap(bytes: Uint8Array): Uint8Array {
  const copy = bytesOutsideHeap(bytes.length);
  copy.set(bytes);
  return copy;
}
