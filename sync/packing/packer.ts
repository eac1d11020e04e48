import { isUtf8 } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { maxMessageBytes } from '#contracts/wire/protocol.ts';
import { BitCoder } from './bit-coder.ts';
import { type BulkCodec, deflateCodec, zstdCodec } from './bulk-codecs.ts';
import type { MessageModel } from './message-model.ts';
import { exactValueOf, modelOf } from './modelled-text.ts';
import { PackingFailure } from './packing-failure.ts';
import { longestModelledBytes } from './symbol-coder.ts';

/** Packs and unpacks the messages of one side of one connection. */
export interface Packer {
  /**
   * The packed message. Every message packed must be sent, in this order, or the connection ended. `isLinkFast`: time counts
   * more than bytes, a long message is packed quickly rather than small (PCK-8).
   */
  pack(text: string, isLinkFast?: boolean): Uint8Array;
  /** The same of a text that is at hand as well-formed UTF-8; a long one that is packed quickly is never made a string. */
  packUtf8(utf8: Uint8Array, isLinkFast?: boolean): Uint8Array;
  /** The text of a packed message, in the order received. Throws `PackingFailure`; the connection ends then (PCK-2). */
  unpack(bytes: Uint8Array): string;
  /** {@link unpack}, and the text's bytes, of which a checksum is quickest told. */
  unpackWhole(bytes: Uint8Array): Unpacked;
}

/** A text and its UTF-8. */
export interface Unpacked {
  /** Made of the bytes when it is first asked for. */
  readonly text: string;
  readonly utf8: Uint8Array;
}

/** First byte of a packed message (PCK-3). */
const codecs = { stored: 0, zstd: 1, deflate: 2, modelled: 3 } as const;
const headerBytes = 5;
/** What the model says in less than a millisecond or two, in bytes of text. */
const longestWhenFast = 16 * 1024;

/**
 * A packer for one side of one connection; both sides name the same packing and dictionary (PCK-1). `dictionary`: bytes
 * of a packing dictionary, null for none. Synchronous, and the same everywhere for the same messages.
 */
export function createPacker(packing: 'zstd' | 'deflate', dictionary: Uint8Array | null): Packer {
  const bulk = packing === 'zstd' ? zstdCodec(dictionary) : deflateCodec(dictionary);
  return new ConnectionPacker(codecs[packing], bulk, modelOf(dictionary), modelOf(dictionary));
}

class ConnectionPacker implements Packer {
  readonly #bulkNumber: number;
  readonly #bulk: BulkCodec;
  readonly #sent: MessageModel;
  readonly #received: MessageModel;
  #isBroken = false;

  constructor(bulkNumber: number, bulk: BulkCodec, sent: MessageModel, received: MessageModel) {
    this.#bulkNumber = bulkNumber;
    this.#bulk = bulk;
    this.#sent = sent;
    this.#received = received;
  }

  pack(text: string, isLinkFast = false): Uint8Array {
    if (text.length > maxMessageBytes) throw new PackingFailure('longer than the longest message');
    if (!text.isWellFormed()) throw new PackingFailure('holds half a character');
    return this.#packed(Buffer.from(text), text, isLinkFast);
  }

  packUtf8(utf8: Uint8Array, isLinkFast = false): Uint8Array {
    return this.#packed(utf8, undefined, isLinkFast);
  }

  /** `text`: the same as a string, if it is at hand. */
  #packed(utf8: Uint8Array, text: string | undefined, isLinkFast: boolean): Uint8Array {
    if (utf8.length > maxMessageBytes) throw new PackingFailure('longer than the longest message');
    const isBulk = utf8.length > (isLinkFast ? longestWhenFast : longestModelledBytes);
    const value = isBulk ? undefined : exactValueOf(text ?? stringOf(utf8));
    if (value === undefined) return this.#packBulk(utf8);
    const coder = new BitCoder(null);
    this.#sent.codeMessage(coder, value);
    return framed(codecs.modelled, crc32(utf8), coder.finish());
  }

  unpack(bytes: Uint8Array): string {
    return this.unpackWhole(bytes).text;
  }

  unpackWhole(bytes: Uint8Array): Unpacked {
    if (this.#isBroken) throw new PackingFailure('follows a message that did not unpack');
    this.#isBroken = true;
    if (bytes.length < headerBytes) throw new PackingFailure('shorter than a header');
    const whole = this.#wholeOf(bytes[0] ?? 0, bytes.subarray(headerBytes), checksumOf(bytes));
    this.#isBroken = false;
    return whole;
  }

  #packBulk(utf8: Uint8Array): Uint8Array {
    const packed = this.#bulk.pack(utf8);
    return packed.length < utf8.length
      ? framed(this.#bulkNumber, crc32(utf8), packed)
      : framed(codecs.stored, crc32(utf8), utf8);
  }

  #wholeOf(codec: number, content: Uint8Array, checksum: number): Unpacked {
    if (codec === codecs.modelled) {
      const text = this.#modelledText(content);
      const utf8 = Buffer.from(text);
      if (crc32(utf8) !== checksum) throw new PackingFailure('the checksum does not fit');
      return { text, utf8 };
    }
    const bytes = codec === codecs.stored ? content : this.#unpackBulk(codec, content);
    if (bytes.length > maxMessageBytes) throw new PackingFailure('longer than the longest message');
    if (crc32(bytes) !== checksum) throw new PackingFailure('the checksum does not fit');
    return new UnpackedBytes(bytes);
  }

  #unpackBulk(codec: number, content: Uint8Array): Uint8Array {
    if (codec !== this.#bulkNumber) throw new PackingFailure('not the packing that was agreed');
    try {
      return this.#bulk.unpack(content);
    } catch (cause) {
      throw new PackingFailure('does not unpack', { cause });
    }
  }

  #modelledText(content: Uint8Array): string {
    const text = JSON.stringify(this.#received.codeMessage(new BitCoder(content), undefined));
    if (Buffer.byteLength(text) > maxMessageBytes)
      throw new PackingFailure('longer than the longest message');
    return text;
  }
}

/** Of a long list of records a reader wants the records, not the text as a whole. */
class UnpackedBytes implements Unpacked {
  readonly utf8: Uint8Array;
  #text: string | undefined;

  constructor(utf8: Uint8Array) {
    if (!isUtf8(utf8)) throw new PackingFailure('is not UTF-8');
    this.utf8 = utf8;
  }

  get text(): string {
    // `Buffer` takes half the time of a `TextDecoder`, but puts signs of its own where bytes are not UTF-8.
    this.#text ??= stringOf(this.utf8);
    return this.#text;
  }
}

/** `checksum`: the CRC-32 of the text in UTF-8, which is quickest told of bytes. */
function framed(codec: number, checksum: number, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(headerBytes + content.length);
  bytes[0] = codec;
  new DataView(bytes.buffer).setUint32(1, checksum);
  bytes.set(content, headerBytes);
  return bytes;
}

const checksumOf = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(1);

const stringOf = (utf8: Uint8Array): string =>
  Buffer.from(utf8.buffer, utf8.byteOffset, utf8.byteLength).toString('utf8');
