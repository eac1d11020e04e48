import { inspect } from 'node:util';

/**
 * Bytes that must not be printed: a data key, a derived key, a passphrase in UTF-8. Printing, logging or turning it into
 * JSON gives `<secret>`. Wiping is best effort: JavaScript may have copied the bytes before they came here.
 */
export class Secret {
  #bytes: Uint8Array | undefined;

  /** Takes over `bytes`: the caller must not use them afterwards. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
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
