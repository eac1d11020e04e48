import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { ScopeSchema } from '#contracts/ids.ts';
import type { Session, SqlValue } from '../postgres/database.ts';
import type { FeedRange } from './read-feed.ts';
import { shareReads } from './shared-reads.ts';

const range: FeedRange = {
  scope: v.parse(ScopeSchema, 'SAM000123'),
  lane: 1,
  since: 4,
  limit: 10,
  bytes: 1_000,
  collections: ['patients', 'visits'],
  hasWithdrawals: true,
};

/** A feed whose head grows; every statement sees it as it is when the statement comes. */
function growingFeed() {
  const asked: (readonly SqlValue[])[] = [];
  let head = 5;
  let failures = 0;
  const session: Session = {
    rows: async (_statement, schema, values) => {
      asked.push(values);
      failures -= 1;
      if (failures >= 0) throw new Error('gone');
      const since = Number(values[2]);
      const rows = Array.from({ length: head - since }, (_none, place) => ({
        head,
        seq: since + 1 + place,
        collection: 'patients',
        withdrawn: null,
        body: '{"id":1}',
      }));
      return v.parse(v.array(schema), rows);
    },
    run: () => Promise.resolve(0),
  };
  const commit = () => {
    head += 1;
  };
  const fail = (times = Number.POSITIVE_INFINITY) => {
    failures = times;
  };
  return { read: shareReads(session), asked, commit, fail };
}

describe('FEE-8: reads for several workstations', () => {
  it('those who ask in the same moment for the same place share one statement', async () => {
    const { read, asked } = growingFeed();
    const all = await Promise.all(Array.from({ length: 9 }, () => read(range)));
    expect(asked).toHaveLength(1);
    for (const stretch of all) expect(stretch).toEqual(all[0]);
    expect(all[0]).toMatchObject({ through: 5, head: 5, isMoreLeft: false });
  });

  it('the statement has room for the one who asks for most, and nobody gets more than asked for', async () => {
    const feed = growingFeed();
    for (let count = 0; count < 5; count += 1) feed.commit();
    const [little, much, short] = await Promise.all([
      feed.read({ ...range, limit: 2, bytes: 500 }),
      feed.read({ ...range, limit: 6, bytes: 2_000 }),
      feed.read({ ...range, limit: 6, bytes: 25 }),
    ]);
    expect(feed.asked.map((values) => values.slice(3, 5))).toEqual([[6, 2_000]]);
    expect(little).toMatchObject({ through: 6, head: 10, isMoreLeft: true });
    expect(little?.items).toHaveLength(2);
    expect(much?.items).toHaveLength(6);
    expect(short).toMatchObject({ through: 7, isMoreLeft: true });
  });

  it('other places, lanes, readers of other versions and later askers get statements of their own', async () => {
    const { read, asked } = growingFeed();
    await Promise.all([
      read(range),
      read({ ...range, since: 3 }),
      read({ ...range, lane: 2 }),
      read({ ...range, scope: v.parse(ScopeSchema, 'SAM000124') }),
      read({ ...range, collections: ['patients'] }),
      read({ ...range, hasWithdrawals: false }),
    ]);
    expect(asked).toHaveLength(6);
    await read(range);
    expect(asked).toHaveLength(7);
  });

  it('who asks after the statement was sent sees what was committed meanwhile', async () => {
    const { read, asked, commit } = growingFeed();
    const early = read(range);
    while (asked.length === 0) await Promise.resolve();
    commit();
    const late = await read(range);
    expect([(await early).head, late.head]).toEqual([5, 6]);
  });

  it('a failure is told to everyone who shared it, and to nobody else', async () => {
    const { read, fail } = growingFeed();
    expect((await read(range)).head).toBe(5);
    fail();
    const outcomes = await Promise.allSettled([read(range), read(range)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('a statement that fails is asked again by each of those who shared it, and by nobody who was alone', async () => {
    const { read, asked, fail } = growingFeed();
    fail(1);
    const both = await Promise.all([read(range), read(range)]);
    expect(asked).toHaveLength(3);
    expect(both[0]).toMatchObject({ through: 5 });
    expect(both[1]).toEqual(both[0]);
    fail(1);
    await expect(read(range)).rejects.toThrow('gone');
    expect(asked).toHaveLength(4);
  });
});
