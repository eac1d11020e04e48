import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FeedItem, readFeed } from '#center/feed/read-feed.ts';
import { shareReads } from '#center/feed/shared-reads.ts';
import { type Database, openDatabase } from '#center/postgres/database.ts';
import { type RecordId, ScopeSchema } from '#contracts/ids.ts';
import type { CollectionName } from '#contracts/records/registry.ts';
import { createSeededRandom } from '#testing/district/seeded-random.ts';
import { type CenterWorld, startWorld } from './center-world.ts';
import { facilityB, newRecordId } from './test-records.ts';

/** One entry of the feed under test, as the tables hold it. */
interface Entry {
  readonly seq: number;
  readonly lane: number;
  readonly collection: CollectionName;
  readonly id: RecordId;
  /** Null: withdrawn. */
  readonly body: string | null;
  readonly fate: 'newest' | 'replaced' | 'withdrawn' | 'came back';
}

const collections: readonly CollectionName[] = ['patients', 'visits'];
const withdrawnBytes = 60;
const count = 300;
let world: CenterWorld;
let database: Database;
let entries: readonly Entry[];
let base = 0;

beforeAll(async () => {
  world = await startWorld();
  database = openDatabase(world.center.postgresUrl, () => undefined);
  const { rows } = await world.sql.query('select head from scope_head where scope = $1', [facilityB]);
  base = Number(rows[0]?.head);
  entries = Array.from({ length: count }, (_none, place) => entryAt(base + 1 + place));
  for (const entry of entries) await insert(entry);
  await world.sql.query('update scope_head set head = $2 where scope = $1', [facilityB, base + count]);
});
afterAll(async () => {
  await database?.close();
  await world?.close();
});

const random = createSeededRandom(41);
const below = (limit: number) => Buffer.from(random.bytes(2)).readUInt16BE() % limit;
const pick = <Item>(items: readonly [Item, ...Item[]]): Item => items[below(items.length)] ?? items[0];

function entryAt(seq: number): Entry {
  const fate = pick(['newest', 'newest', 'newest', 'newest', 'replaced', 'withdrawn', 'came back'] as const);
  const isGone = fate === 'withdrawn' || fate === 'came back';
  const body = `{"text":"${pick(['a', 'ў', '🙂']).repeat(pick([1, 1, 10, 10, 40, 200]))}"}`;
  const collection = pick(['patients', 'visits', 'requests'] as const);
  return { seq, lane: pick([1, 2]), collection, id: newRecordId(), body: isGone ? null : body, fate };
}

async function insert({ seq, lane, collection, id, body, fate }: Entry): Promise<void> {
  const named = [facilityB, collection, id, '1-00000000000000000000000000000000'];
  await world.sql.query(
    'insert into feed (scope, collection, id, rev, seq, lane, at, withdrawn) values ($1, $2, $3, $4, $5, $6, 0, $7)',
    [...named, seq, lane, body === null],
  );
  if (fate === 'withdrawn') return;
  if (fate === 'replaced') named[3] = '2-00000000000000000000000000000000';
  await world.sql.query('insert into doc (scope, collection, id, rev, body) values ($1, $2, $3, $4, $5)', [
    ...named,
    body ?? '{}',
  ]);
}

/** What FEE-2 and FEE-3 say of the same entries. */
function expectedStretch(lane: 1 | 2, since: number, limit: number, bytes: number, hasWithdrawals: boolean) {
  const due = entries.filter(
    (entry) =>
      entry.lane === lane &&
      entry.seq > since &&
      collections.includes(entry.collection) &&
      (entry.fate === 'newest' || (entry.fate === 'withdrawn' && hasWithdrawals)),
  );
  let total = 0;
  let fitting = 0;
  for (const { body } of due.slice(0, limit)) {
    total += body === null ? withdrawnBytes : Buffer.byteLength(body);
    if (total > bytes && fitting > 0) break;
    fitting += 1;
  }
  const items = due
    .slice(0, fitting)
    .map(
      ({ seq, collection, id, body }): FeedItem =>
        body === null ? { seq, collection, withdrawn: id } : { seq, collection, body },
    );
  const isMoreLeft = fitting < due.length;
  const head = base + count;
  return {
    items,
    through: isMoreLeft ? (items.at(-1)?.seq ?? since) : Math.max(head, since),
    head,
    isMoreLeft,
  };
}

describe('FEE-2, FEE-3: a stretch of a feed', () => {
  it('is what is due, up to the limit and the bytes, and says whether more is left, wherever it begins', async () => {
    const sizes = new Set<string>();
    for (let turn = 0; turn < 600; turn += 1) {
      const lane = pick([1, 2] as const);
      const since = base + below(count + 3) - 1;
      const limit = pick([1, 2, 3, 7, 40, 500]);
      const hasWithdrawals = pick([true, true, false]);
      const whole = expectedStretch(lane, since, limit, 1_000_000, hasWithdrawals);
      // Also bounds that fall right on an entry's end, or one byte before and behind it.
      const some = whole.items.slice(0, 1 + below(8));
      const exact = some.reduce(
        (sum, item) => sum + ('body' in item ? Buffer.byteLength(item.body) : withdrawnBytes),
        0,
      );
      const bytes = Math.max(0, pick([exact, exact - 1, exact + 1, 5, 100, 1_000_000]));
      const read = await readFeed(database, {
        scope: facilityB,
        lane,
        since,
        limit,
        bytes,
        collections,
        hasWithdrawals,
      });
      const expected = expectedStretch(lane, since, limit, bytes, hasWithdrawals);
      expect(read, `turn ${turn}: ${JSON.stringify({ lane, since, limit, bytes })}`).toEqual(expected);
      sizes.add(`${expected.isMoreLeft} ${Math.min(expected.items.length, 3)}`);
    }
    expect(sizes.size).toBeGreaterThanOrEqual(6);
  });

  it('is the same for each of several readers that ask at once for different sizes (FEE-8)', async () => {
    const readTogether = shareReads(database);
    for (let turn = 0; turn < 150; turn += 1) {
      const place = { scope: facilityB, lane: pick([1, 2] as const), since: base + below(count) };
      const sizes = Array.from({ length: 4 }, () => ({
        limit: pick([1, 2, 5, 40]),
        bytes: pick([10, 59, 60, 61, 120, 500, 20_000]),
      }));
      const stretches = await Promise.all(
        sizes.map((size) => readTogether({ ...place, ...size, collections, hasWithdrawals: true })),
      );
      const expected = sizes.map(({ limit, bytes }) =>
        expectedStretch(place.lane, place.since, limit, bytes, true),
      );
      expect(stretches, `turn ${turn}: ${JSON.stringify({ ...place, sizes })}`).toEqual(expected);
    }
  });

  it('of a facility that is not there is empty', async () => {
    const range = { lane: 1, since: 0, limit: 5, bytes: 100, collections, hasWithdrawals: true } as const;
    expect(await readFeed(database, { scope: v.parse(ScopeSchema, 'TRN000999'), ...range })).toEqual({
      items: [],
      through: 0,
      head: 0,
      isMoreLeft: false,
    });
  });
});
