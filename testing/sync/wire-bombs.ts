import { crc32, deflateRawSync, zstdCompressSync } from 'node:zlib';
import { maxMessageBytes } from '#contracts/wire/protocol.ts';
import { BitCoder } from '#sync/packing/bit-coder.ts';
import { IdentifierModel } from '#sync/packing/identifier-model.ts';
import { MessageModel } from '#sync/packing/message-model.ts';
import { Slot, SlotBudget } from '#sync/packing/slot.ts';
import { StringModel } from '#sync/packing/string-model.ts';
import { longestModelledBytes, SymbolCoder } from '#sync/packing/symbol-coder.ts';

const bombBytes = 64 * 1024 * 1024;

/** Packed bytes that say more than any message may, and the packing a connection has to have agreed on to read them. */
export interface Bomb {
  readonly packing: 'zstd' | 'deflate';
  readonly bytes: Uint8Array;
}

/**
 * The message grown beyond what is allowed, by every codec. But for its length it is one of the protocol and its checksum fits, so
 * that a reader without a limit takes it. A modelled one has to come first in its direction.
 */
export function bombsOf(message: object): readonly Bomb[] {
  const far = withSpaces(message, bombBytes);
  const near = withSpaces(message, maxMessageBytes + 1);
  return [
    { packing: 'zstd', bytes: framed(0, near, near) },
    { packing: 'zstd', bytes: framed(1, far, zstdCompressSync(far)) },
    { packing: 'zstd', bytes: framed(1, near, zstdCompressSync(near)) },
    { packing: 'deflate', bytes: framed(2, far, deflateRawSync(far)) },
    { packing: 'deflate', bytes: framed(2, near, deflateRawSync(near)) },
    ...[bombBytes / 4, maxMessageBytes / 2, longestModelledBytes + 1].map((bytes) => ({
      packing: 'zstd' as const,
      bytes: modelled(message, bytes),
    })),
  ];
}

/** A packed message as it is framed (docs/specs/packing.md PCK-2). */
export function framed(codec: number, utf8: Uint8Array, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(5 + content.length);
  bytes[0] = codec;
  new DataView(bytes.buffer).setUint32(1, crc32(utf8));
  bytes.set(content, 5);
  return bytes;
}

function withSpaces(message: object, bytes: number): Buffer {
  const text = JSON.stringify(message);
  return Buffer.from(`${text.slice(0, -1)}${' '.repeat(bytes - text.length)}}`);
}

/** Writes as if there were no limit. */
class BoundlessCoder extends SymbolCoder {
  override spend(): void {}
}

function modelled(message: object, bytes: number): Uint8Array {
  const piece = 'x'.repeat(200);
  const padding = Array.from({ length: Math.ceil(bytes / piece.length) }, () => piece);
  const value = { ...message, padding };
  const [symbols, budget, coder] = [new BoundlessCoder(), new SlotBudget(), new BitCoder(null)];
  const strings = new StringModel(symbols, budget);
  const identifiers = new IdentifierModel(symbols, strings, budget);
  new MessageModel({ root: new Slot(1), budget, symbols, strings, identifiers }).codeMessage(coder, value);
  return framed(3, Buffer.from(JSON.stringify(value)), coder.finish());
}
