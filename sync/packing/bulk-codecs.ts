import { constants, deflateRawSync, inflateRawSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { maxMessageBytes } from '#contracts/wire/protocol.ts';

/** Whole text in, bytes out, without history. */
export interface BulkCodec {
  pack(text: Uint8Array): Uint8Array;
  /** Throws if the bytes are not what `pack` made, or hold more than the longest message. */
  unpack(bytes: Uint8Array): Uint8Array;
}

/** Largest window of deflate; a longer dictionary is of no use to it. */
const deflateWindowBytes = 32 * 1024;

/** Records become about a tenth; what unpacks into one piece needs not be put together. */
const usualRatio = 12;
const smallestChunk = 16 * 1024;

/**
 * Zstandard (RFC 8878). The level is for messages that are long because the link is fast; of lists of records it also makes less
 * than level 3 (131 against 144 bytes a visit), in two thirds of the time.
 */
export function zstdCodec(dictionary: Uint8Array | null): BulkCodec {
  const options = dictionary === null ? {} : { dictionary };
  const params = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_contentSizeFlag]: 0 };
  return {
    pack: (text) => zstdCompressSync(text, { ...options, params }),
    unpack: (bytes) =>
      zstdDecompressSync(bytes, {
        ...options,
        maxOutputLength: maxMessageBytes,
        chunkSize: Math.min(Math.max(bytes.length * usualRatio, smallestChunk), maxMessageBytes),
      }),
  };
}

/** Raw deflate (RFC 1951) with the end of the same dictionary, for programs whose Node has no zstd. */
export function deflateCodec(dictionary: Uint8Array | null): BulkCodec {
  const options = dictionary === null ? {} : { dictionary: dictionary.subarray(-deflateWindowBytes) };
  return {
    pack: (text) => deflateRawSync(text, { ...options, level: 4 }),
    unpack: (bytes) => inflateRawSync(bytes, { ...options, maxOutputLength: maxMessageBytes }),
  };
}
