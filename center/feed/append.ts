import * as v from 'valibot';
import type { DeviceId, OperationId, RecordId, Revision, Scope } from '#contracts/ids.ts';
import type { Lane } from '#contracts/records/record.ts';
import type { CollectionName } from '#contracts/records/registry.ts';
import { bigint, type Session, type Statement } from '../postgres/database.ts';
import type { DigestChange } from './digest-change.ts';

/** One new entry of a scope's feed. */
export interface FeedEntry {
  readonly lane: Lane;
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly rev: Revision;
  /** The workstation's operation, taken once in a facility; null for what the center writes by itself. */
  readonly op: OperationId | null;
  /** The record left the scope: `rev` is the last version it had here. */
  readonly withdrawn?: boolean;
}

/** Whose writes they are, and when. */
export interface FeedOrigin {
  readonly scope: Scope;
  /** Null for what the center writes by itself. */
  readonly device: DeviceId | null;
  /** Milliseconds since 1970 by the center's clock. */
  readonly at: number;
  /** Day of `at` in Uzbekistan, counted from 1970-01-01. */
  readonly day: number;
}

/** $2 is the number of entries, $3 how many of them came from a workstation. */
const append: Statement = {
  name: 'feed-append',
  text: `
with taken as (
  update scope_head set
    head = head + $2::bigint, received = received + $3::bigint,
    received_on_day = case when $3::bigint = 0 then received_on_day
      when received_day = $4::integer then received_on_day + $3::bigint else $3::bigint end,
    received_day = case when $3::bigint = 0 then received_day else $4::integer end,
    digests = digests # ('x' || $5::text)::bit(8192)
  where scope = $1 returning head - $2::bigint as base
), placed as (
  select taken.base + n.place as seq, n.* from taken,
    unnest($8::uuid[], $9::smallint[], $10::text[], $11::uuid[], $12::text[], $13::boolean[])
    with ordinality as n (op, lane, collection, id, rev, withdrawn, place)
), fed as (
  insert into feed (scope, seq, lane, collection, id, rev, device, at, withdrawn, op)
  select $1, seq, lane, collection, id, rev, $6::uuid, $7::bigint, withdrawn, op from placed
)
select base from taken`,
};
const BaseSchema = v.object({ base: bigint });

/**
 * Gives entries their places in the feed of their scope and brings its digests up to date. Has to be the last statement
 * before COMMIT: only now is the counter of the scope locked (DESIGN, decision 7), so positions become visible in their
 * order, without gaps. Returns the position before the first entry: entry `n`, counted from 0, stands at `base + 1 + n`.
 */
export async function appendToFeed(
  session: Session,
  origin: FeedOrigin,
  entries: readonly FeedEntry[],
  digests: DigestChange,
): Promise<number> {
  const received = origin.device === null ? 0 : entries.length;
  const [taken] = await session.rows(append, BaseSchema, [
    origin.scope,
    entries.length,
    received,
    origin.day,
    digests.toHex(),
    origin.device,
    origin.at,
    entries.map((entry) => entry.op),
    entries.map((entry) => entry.lane),
    entries.map((entry) => entry.collection),
    entries.map((entry) => entry.id),
    entries.map((entry) => entry.rev),
    entries.map((entry) => entry.withdrawn === true),
  ]);
  if (taken === undefined) throw new Error(`There is no facility ${origin.scope}.`);
  return taken.base;
}
