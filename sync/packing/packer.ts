import { crc32 } from 'node:zlib';
import { maxMessageBytes } from '#contracts/wire/protocol.ts';
import { type BulkCodec, deflateCodec, zstdCodec } from './bulk-codecs.ts';
import { PackingFailure } from './packing-failure.ts';

/** Packs and unpacks the messages of one side of one connection. */
export interface Packer {
  /** The packed message. Every message packed must be sent, in this order, or the connection ended. */
  pack(text: string): Uint8Array;
  /** The text of a packed message, in the order received. Throws `PackingFailure`; the connection ends then (PCK-2). */
  unpack(bytes: Uint8Array): string;
}

/** First byte of a packed message. */
const codecs = { stored: 0, zstd: 1, deflate: 2 } as const;
const headerBytes = 5;

/**
 * A packer for one side of one connection; both sides name the same packing and dictionary (PCK-1). `dictionary`: text
 * of a packing dictionary, null for none. Synchronous and the same everywhere for the same messages.
 */
export function createPacker(packing: 'zstd' | 'deflate', dictionary: Uint8Array | null): Packer {
  const bulk = packing === 'zstd' ? zstdCodec(dictionary) : deflateCodec(dictionary);
  return {
    pack: (text) => {
      const plain = Buffer.from(text, 'utf8');
      if (plain.length > maxMessageBytes) throw new PackingFailure('longer than the longest message');
      const packed = bulk.pack(plain);
      const isSmaller = packed.length < plain.length;
      return framed(isSmaller ? codecs[packing] : codecs.stored, text, isSmaller ? packed : plain);
    },
    unpack: (bytes) => {
      if (bytes.length < headerBytes) throw new PackingFailure('shorter than a header');
      const text = textOf(bytes, codecs[packing], bulk);
      if (checksumOf(bytes) !== crc32(text)) throw new PackingFailure('the checksum does not fit');
      return text;
    },
  };
}

function textOf(bytes: Uint8Array, own: number, bulk: BulkCodec): string {
  const content = bytes.subarray(headerBytes);
  if (bytes[0] === codecs.stored && content.length <= maxMessageBytes) return utf8(content);
  if (bytes[0] !== own) throw new PackingFailure('not the packing that was agreed');
  try {
    return utf8(bulk.unpack(content));
  } catch (cause) {
    throw new PackingFailure('does not unpack', { cause });
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

const utf8 = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
