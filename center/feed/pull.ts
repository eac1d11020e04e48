import { crc32 } from 'node:zlib';
import * as v from 'valibot';
import type { Scope } from '#contracts/ids.ts';
import type { Lane } from '#contracts/records/record.ts';
import { CollectionNameSchema } from '#contracts/records/registry.ts';
import { bigint, type Database, type Statement } from '../postgres/database.ts';

/** What a workstation asks of the feed. */
export interface PullRequest {
  readonly scope: Scope;
  readonly lane: Lane;
  readonly since: number;
  /** Most documents in the frame. */
  readonly limit: number;
}

/** Most bytes of record bodies in one frame; one record may be longer, then it travels alone. */
export const maxFrameBytes = 1_000_000;

const readHead: Statement = {
  name: 'feed-head',
  text: 'select head, durable from scope_head where scope = $1',
};
const HeadSchema = v.object({ head: bigint, durable: bigint });

/** Revisions that were replaced since are passed over: the newest one stands further on in the feed. */
const readFeed: Statement = {
  name: 'feed-read',
  text: `
select seq, collection, body from (
  select f.seq, f.collection, d.body, sum(octet_length(d.body)) over (order by f.seq) as total,
    row_number() over (order by f.seq) as place
  from feed f join doc d on d.scope = f.scope and d.collection = f.collection and d.id = f.id and d.rev = f.rev
  where f.scope = $1 and f.lane = $2 and f.seq > $3 order by f.seq limit $4
) as newest where total <= $5 or place = 1 order by seq`,
};
const EntrySchema = v.object({ seq: bigint, collection: CollectionNameSchema, body: v.string() });
type Entry = v.InferOutput<typeof EntrySchema>;

const isMoreLeft: Statement = {
  name: 'feed-more',
  text: `
select exists (select 1 from feed f
  join doc d on d.scope = f.scope and d.collection = f.collection and d.id = f.id and d.rev = f.rev
  where f.scope = $1 and f.lane = $2 and f.seq > $3) as more`,
};
const MoreSchema = v.object({ more: v.boolean() });

/** Newest position of a scope, and the position up to which it is in the backup. */
export async function readScopeHead(
  database: Database,
  scope: Scope,
): Promise<{ readonly head: number; readonly durable: number }> {
  const [row] = await database.rows(readHead, HeadSchema, [scope]);
  return row ?? { head: 0, durable: 0 };
}

/**
 * The JSON text of the frame that answers `request`, or undefined if there is nothing after `since`. The head is read
 * first: positions become visible in their order, so everything up to it is visible to the second statement.
 */
export async function readFrame(
  database: Database,
  request: PullRequest,
  epoch: string,
): Promise<string | undefined> {
  const { head } = await readScopeHead(database, request.scope);
  if (request.since >= head) return undefined;
  const { scope, lane, since, limit } = request;
  const entries = await database.rows(readFeed, EntrySchema, [scope, lane, since, limit, maxFrameBytes]);
  const last = entries.at(-1)?.seq ?? head;
  const [rest] = await database.rows(isMoreLeft, MoreSchema, [scope, lane, last]);
  const through = rest?.more === true ? last : Math.max(head, last);
  return frameText({ epoch, scope, lane, since, through, head: Math.max(head, last) }, entries);
}

interface FrameHead {
  readonly epoch: string;
  readonly scope: Scope;
  readonly lane: Lane;
  readonly since: number;
  readonly through: number;
  readonly head: number;
}

/** Record bodies go out as the text they came in as, so that the checksum covers what the workstation reads. */
export function frameText(head: FrameHead, entries: readonly Entry[]): string {
  const documents = `[${entries
    .map(({ seq, collection, body }) => `{"seq":${seq},"collection":"${collection}","record":${body}}`)
    .join(',')}]`;
  const fields = JSON.stringify({ type: 'frame', ...head, crc: crc32(documents) });
  return `${fields.slice(0, -1)},"documents":${documents}}`;
}
