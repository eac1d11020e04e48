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
export const frameText = (head: FrameHead, items: readonly FeedItem[]) => messageText('frame', head, items);

/** The JSON text of a portion. */
export const portionText = (head: PortionHead, items: readonly FeedItem[]) =>
  messageText('portion', head, items);

/** Record bodies go out as the text they came in as, so that the checksum covers what the workstation reads. */
function messageText(type: string, head: FrameHead | PortionHead, items: readonly FeedItem[]): string {
  const documents = `[${items.map(itemText).join(',')}]`;
  const fields = JSON.stringify({ type, ...head, crc: crc32(documents) });
  return `${fields.slice(0, -1)},"documents":${documents}}`;
}

const itemText = (item: FeedItem) =>
  'withdrawn' in item
    ? `{"seq":${item.seq},"collection":"${item.collection}","withdrawn":"${item.withdrawn}"}`
    : `{"seq":${item.seq},"collection":"${item.collection}","record":${item.body}}`;
