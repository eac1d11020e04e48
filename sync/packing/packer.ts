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
  /** The text of a packed message, in the order received. Throws `PackingFailure`; the connection ends then (PCK-2). */
  unpack(bytes: Uint8Array): string;
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
    const length = Buffer.byteLength(text);
    if (length > maxMessageBytes) throw new PackingFailure('longer than the longest message');
    if (!text.isWellFormed()) throw new PackingFailure('holds half a character');
    const isBulk = length > (isLinkFast ? longestWhenFast : longestModelledBytes);
    const value = isBulk ? undefined : exactValueOf(text);
    if (value === undefined) return this.#packBulk(text, length);
    const coder = new BitCoder(null);
    this.#sent.codeMessage(coder, value);
    return framed(codecs.modelled, text, coder.finish());
  }

  unpack(bytes: Uint8Array): string {
    if (this.#isBroken) throw new PackingFailure('follows a message that did not unpack');
    this.#isBroken = true;
    if (bytes.length < headerBytes) throw new PackingFailure('shorter than a header');
    const text = this.#textOf(bytes[0] ?? 0, bytes.subarray(headerBytes));
    if (checksumOf(bytes) !== crc32(text)) throw new PackingFailure('the checksum does not fit');
    this.#isBroken = false;
    return text;
  }

  #packBulk(text: string, length: number): Uint8Array {
    const packed = this.#bulk.pack(Buffer.from(text));
    return packed.length < length
      ? framed(this.#bulkNumber, text, packed)
      : framed(codecs.stored, text, Buffer.from(text));
  }

  #textOf(codec: number, content: Uint8Array): string {
    if (codec === codecs.modelled) return this.#modelledText(content);
    if (codec === codecs.stored && content.length <= maxMessageBytes) return utf8(content);
    if (codec !== this.#bulkNumber) throw new PackingFailure('not the packing that was agreed');
    try {
      return utf8(this.#bulk.unpack(content));
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

function framed(codec: number, text: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(headerBytes + content.length);
  bytes[0] = codec;
  new DataView(bytes.buffer).setUint32(1, crc32(text));
  bytes.set(content, headerBytes);
  return bytes;
}

const checksumOf = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(1);

/** Bytes that are not UTF-8 give a text whose checksum does not fit. */
const utf8 = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
