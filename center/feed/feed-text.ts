import { crc32 } from 'node:zlib';
import type { Scope } from '#contracts/ids.ts';
import type { Lane } from '#contracts/records/record.ts';
import type { FeedItem } from './read-feed.ts';

/** What a frame says beside its documents. */
export interface FrameHead {
  readonly epoch: string;
  readonly scope: Scope;
  readonly lane: Lane;
  readonly since: number;
  readonly through: number;
  readonly head: number;
}

/** What a portion says beside its documents. */
export interface PortionHead {
  readonly flow: number;
  readonly epoch: string;
  readonly since: number;
  readonly through: number;
  readonly head: number;
}

/** The JSON text of a version 1 frame. */
export const frameText = (head: FrameHead, items: readonly FeedItem[]): string =>
  messageUtf8('frame', head, items).toString('utf8');

/** The JSON text of a portion, in UTF-8. */
export const portionUtf8 = (head: PortionHead, items: readonly FeedItem[]): Uint8Array =>
  messageUtf8('portion', head, items);

/** `"crc":` with the longest number, and what closes the text. */
const longestCrc = 20;
/** Longer than what an item says beside its body. */
const aroundBody = 64;
const documentsBegin = ',"documents":';

/**
 * Record bodies go out as the text they came in as, so that the checksum covers what the workstation reads. Written as bytes at
 * once: of a long string with a letter beyond Latin-1 each conversion takes ten times as long as a checksum of bytes.
 */
function messageUtf8(type: string, head: FrameHead | PortionHead, items: readonly FeedItem[]): Buffer {
  const known = JSON.stringify({ type, ...head }).slice(0, -1);
  const room = Buffer.byteLength(known) + longestCrc + documentsBegin.length;
  const text = new Utf8Text(room, items);
  text.append('[');
  for (const [place, item] of items.entries()) text.append(itemHead(item, place), bodyOf(item), '}');
  text.append(']');
  const documents = text.written(room);
  const begin = `${known},"crc":${crc32(documents)}${documentsBegin}`;
  text.append('}');
  return text.behind(room, begin);
}

const itemHead = ({ seq, collection }: FeedItem, place: number): string =>
  `${place === 0 ? '' : ','}{"seq":${seq},"collection":"${collection}",`;

const bodyOf = (item: FeedItem): string =>
  'withdrawn' in item ? `"withdrawn":"${item.withdrawn}"` : `"record":${item.body}`;

/** Text that grows as UTF-8. */
class Utf8Text {
  #bytes: Buffer;
  #length: number;

  /** Leaves `room` bytes free at its beginning, and expects these items. */
  constructor(room: number, items: readonly FeedItem[]) {
    const expected = items.reduce(
      (sum, item) => sum + aroundBody + ('body' in item ? item.body.length * 1.05 : 0),
      room,
    );
    this.#bytes = Buffer.allocUnsafe(Math.ceil(expected) + aroundBody);
    this.#length = room;
  }

  append(...texts: readonly string[]): void {
    for (const text of texts) {
      this.#reserve(text);
      this.#length += this.#bytes.write(text, this.#length, 'utf8');
    }
  }

  /** What was written behind the first `from` bytes. */
  written(from: number): Buffer {
    return this.#bytes.subarray(from, this.#length);
  }

  /** What was written behind the first `room` bytes, with `begin` right before it. */
  behind(room: number, begin: string): Buffer {
    const from = room - Buffer.byteLength(begin);
    this.#bytes.write(begin, from, 'utf8');
    return this.written(from);
  }

  /** A character takes at most three bytes; only where that does not fit it is worth counting. */
  #reserve(text: string): void {
    const left = this.#bytes.length - this.#length;
    if (text.length * 3 <= left) return;
    const needed = Buffer.byteLength(text);
    if (needed <= left) return;
    const larger = Buffer.allocUnsafe(this.#bytes.length * 2 + needed);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
