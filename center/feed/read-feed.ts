import * as v from 'valibot';
import { type RecordId, RecordIdSchema, type Scope } from '#contracts/ids.ts';
import type { Lane } from '#contracts/records/record.ts';
import { type CollectionName, CollectionNameSchema } from '#contracts/records/registry.ts';
import { bigint, type Database, type Session, type Statement } from '../postgres/database.ts';

/** What to read of the feed. */
export interface FeedRange {
  readonly scope: Scope;
  readonly lane: Lane;
  readonly since: number;
  /** Most entries. */
  readonly limit: number;
  /** Most bytes of record bodies; one record may be longer, then it comes alone. */
  readonly bytes: number;
  /** Collections the reader knows (VER-4). */
  readonly collections: readonly CollectionName[];
  /** Whether the reader understands that a record left the scope. */
  readonly hasWithdrawals: boolean;
}

/** An entry whose version is still the newest one, or a record that left the scope. */
export type FeedItem =
  | { readonly seq: number; readonly collection: CollectionName; readonly body: string }
  | { readonly seq: number; readonly collection: CollectionName; readonly withdrawn: RecordId };

/** A stretch of a feed: everything of the lane behind `since` up to `through` is in `items`. */
export interface FeedStretch {
  readonly items: readonly FeedItem[];
  readonly through: number;
  /** Newest position of the scope. */
  readonly head: number;
  readonly isMoreLeft: boolean;
}

const readHead: Statement = {
  name: 'feed-head',
  text: 'select head, durable from scope_head where scope = $1',
};
const HeadSchema = v.object({ head: bigint, durable: bigint });

/** What an entry without a body counts for. */
export const withdrawnBytes = 60;

/**
 * Head and entries in one statement, so of one moment: positions become visible in their order, so everything up to the
 * head is there. Revisions that were replaced since are passed over: the newest one stands further on in the feed. The first
 * entry that does not fit comes along without what it holds: it says that more is left.
 */
const readStretch: Statement = {
  name: 'feed-stretch',
  text: `
select h.head, r.seq, r.collection, case when r.fits then r.withdrawn end as withdrawn, case when r.fits then r.body end as body
from scope_head h left join lateral (
  select *, place <= $4::bigint and (total <= $5::bigint or place = 1) as fits from (
    select *, row_number() over listed as place, sum(size) over listed as total from (
      select f.seq, f.collection, case when f.withdrawn then f.id end as withdrawn, d.body,
        coalesce(octet_length(d.body), ${withdrawnBytes}) as size
      from feed f left join doc d on d.scope = f.scope and d.collection = f.collection and d.id = f.id
      where f.scope = $1 and f.lane = $2 and f.seq > $3 and f.collection = any($6::text[])
        and case when f.withdrawn then d.id is null and $7::boolean else d.rev = f.rev end
      order by f.seq limit $4::bigint + 1
    ) as entry window listed as (order by seq rows unbounded preceding)
  ) as placed where place <= 2 or total - size <= $5::bigint
) as r on true
where h.scope = $1`,
};
const RowSchema = v.object({
  head: bigint,
  seq: v.nullable(bigint),
  collection: v.nullable(CollectionNameSchema),
  withdrawn: v.nullable(RecordIdSchema),
  body: v.nullable(v.string()),
});
type Row = v.InferOutput<typeof RowSchema>;

/** Newest position of a scope, and the position up to which it is in the backup. */
export async function readScopeHead(
  database: Database,
  scope: Scope,
): Promise<{ readonly head: number; readonly durable: number }> {
  const [row] = await database.rows(readHead, HeadSchema, [scope]);
  return row ?? { head: 0, durable: 0 };
}

/** What the feed of a scope and lane holds behind `range.since`. */
export async function readFeed(session: Session, range: FeedRange): Promise<FeedStretch> {
  const { scope, lane, since, limit, bytes, collections, hasWithdrawals } = range;
  const values = [scope, lane, since, limit, bytes, collections, hasWithdrawals];
  const rows = await session.rows(readStretch, RowSchema, values);
  const head = rows[0]?.head ?? 0;
  const listed = rows.filter(({ seq }) => seq !== null).toSorted(bySeq);
  const items = listed.flatMap(itemOf);
  const isMoreLeft = listed.length > items.length;
  const last = items.at(-1)?.seq ?? since;
  return { items, through: isMoreLeft ? last : Math.max(head, last), head, isMoreLeft };
}

/** The statement gives them so; to have PostgreSQL promise it would cost another sorting of all bodies. */
const bySeq = (one: Row, other: Row) => (one.seq ?? 0) - (other.seq ?? 0);

function itemOf({ seq, collection, withdrawn, body }: Row): readonly FeedItem[] {
  if (seq === null || collection === null) return [];
  if (withdrawn !== null) return [{ seq, collection, withdrawn }];
  return body === null ? [] : [{ seq, collection, body }];
}
