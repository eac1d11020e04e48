import { transcode } from 'node:buffer';
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

/** `"crc":` with the longest number, and a comma. */
const longestCrc = 20;
const documentsBegin = ',"documents":';

/**
 * Record bodies go out as the text they came in as, so that the checksum covers what the workstation reads. They are gathered as
 * UTF-16, which costs a copy, and converted together: one by one, or as one long string, that takes twice to four times as long.
 */
function messageUtf8(type: string, head: FrameHead | PortionHead, items: readonly FeedItem[]): Buffer {
  const known = JSON.stringify({ type, ...head }).slice(0, -1);
  const room = known.length + longestCrc + documentsBegin.length;
  const message = utf8Of([' '.repeat(room), '[', ...items.flatMap(itemTexts), ']', '}']);
  const checksum = crc32(message.subarray(room, -1));
  const begin = `${known},"crc":${checksum}${documentsBegin}`;
  const from = room - begin.length;
  message.write(begin, from, 'latin1');
  return message.subarray(from);
}

function itemTexts(item: FeedItem, place: number): readonly string[] {
  const { seq, collection } = item;
  const begin = `${place === 0 ? '' : ','}{"seq":${seq},"collection":"${collection}",`;
  return 'withdrawn' in item
    ? [begin, `"withdrawn":"${item.withdrawn}"}`]
    : [begin, '"record":', item.body, '}'];
}

/** Well-formed texts, one behind the other. */
function utf8Of(texts: readonly string[]): Buffer {
  const utf16 = Buffer.allocUnsafe(texts.reduce((sum, text) => sum + text.length * 2, 0));
  let length = 0;
  for (const text of texts) length += utf16.write(text, length, 'utf16le');
  return transcode(utf16, 'utf16le', 'utf8');
}
