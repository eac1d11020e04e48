const firstBytes = 64 * 1024;
/** A letter of JavaScript becomes at most so many bytes of UTF-8. */
const longestLetterBytes = 3;
const listEnd = ']';
const messageEnd = '}';

/**
 * Where the text of an `offer` (contracts/wire) is put together in UTF-8. The bytes are those of the last offer used again: half a
 * megabyte of fresh memory for each would cost as much as filling it.
 */
export class OfferText {
  #bytes = Buffer.allocUnsafeSlow(firstBytes);
  #length = 0;
  #listBegin = 0;

  /** A new message without rows. What {@link whole} gave before is no longer valid. */
  begin(batch: number): void {
    this.#length = 0;
    this.ascii(`{"type":"offer","batch":${batch},"rows":`);
    this.#listBegin = this.#length;
    this.ascii('[');
  }

  /** How many bytes there are. */
  get length(): number {
    return this.#length;
  }

  /** The last bytes as text, at most `length`; what is not ASCII comes out as other letters. */
  end(length: number): string {
    return this.#bytes.toString('latin1', Math.max(0, this.#length - length), this.#length);
  }

  /** Takes back what lies behind the first `length` bytes. */
  cutTo(length: number): void {
    this.#length = Math.min(length, this.#length);
  }

  ascii(text: string): void {
    this.#makeRoom(text.length);
    this.#length += this.#bytes.write(text, this.#length, 'latin1');
  }

  text(text: string): void {
    this.#makeRoom(text.length * longestLetterBytes);
    this.#length += this.#bytes.write(text, this.#length, 'utf8');
  }

  utf8(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Ends the message. `bytes` are valid until the next begins; `listBytes`: length of the list of rows in it. */
  whole(): { readonly utf8: Uint8Array; readonly listBytes: number } {
    this.ascii(listEnd);
    const listBytes = this.#length - this.#listBegin;
    this.ascii(messageEnd);
    return { utf8: this.#bytes.subarray(0, this.#length), listBytes };
  }

  #makeRoom(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.#length + more));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
