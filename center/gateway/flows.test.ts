import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { ScopeSchema } from '#contracts/ids.ts';
import { PortionSchema } from '#contracts/wire/center-messages.ts';
import type { News } from '../feed/bus.ts';
import { shareReads } from '../feed/shared-reads.ts';
import type { Session } from '../postgres/database.ts';
import { Flows } from './flows.ts';

const scope = v.parse(ScopeSchema, 'SAM000123');
const epoch = '0199b000-0000-7000-8000-000000000001';
const followed = { flow: 0, scope, lane: 1, since: 0, credit: 8, portionBytes: 4_096 } as const;

/** A feed of lane 1 with records of so many bytes, and workstations that follow it. */
function facility(recordBytes: number) {
  const limits: number[] = [];
  let head = 0;
  const session: Session = {
    rows: async (_statement, schema, values) => {
      const [since, limit, bytes] = [Number(values[2]), Number(values[3]), Number(values[4])];
      limits.push(limit);
      const fitting = Math.min(limit, Math.max(1, Math.floor(bytes / recordBytes)));
      const rows = Array.from({ length: Math.min(head - since, fitting + 1) }, (_none, place) => {
        const body = place < fitting ? JSON.stringify({ id: 'x'.repeat(recordBytes - 9) }) : null;
        return { head, seq: since + 1 + place, collection: 'patients', withdrawn: null, body };
      });
      const none = { head, seq: null, collection: null, withdrawn: null, body: null };
      return v.parse(v.array(schema), rows.length === 0 ? [none] : rows);
    },
    run: () => Promise.resolve(0),
  };
  const readFeed = shareReads(session);
  const open = () => {
    const told: (readonly [since: number, through: number, documents: number])[] = [];
    const line = {
      hasRoom: true,
      send: (utf8: Uint8Array) => {
        const portion = v.parse(PortionSchema, JSON.parse(Buffer.from(utf8).toString('utf8')));
        told.push([portion.since, portion.through, portion.documents.length]);
      },
      failed: (error: unknown) => {
        throw error;
      },
    };
    const flows = new Flows({ readFeed, epoch: () => epoch, collections: ['patients'], line });
    return { flows, told };
  };
  const write = (count: number): Extract<News, { kind: 'head' }> => {
    head += count;
    return { kind: 'head', scope, from: head - count, head, lanes: [1] };
  };
  return { open, write, limits };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('FEE-8: many workstations of one facility', () => {
  it('are told of news from one read, whoever followed when', async () => {
    const { open, write, limits } = facility(1_000);
    const stations = [];
    for (let count = 0; count < 9; count += 1) {
      const station = open();
      stations.push(station);
      station.flows.follow(followed);
      await settled();
    }
    for (let round = 0; round < 5; round += 1) {
      limits.length = 0;
      const news = write(2);
      for (const { flows } of stations) flows.hear(news);
      await settled();
      expect(limits).toHaveLength(1);
    }
    for (const { told } of stations) {
      expect(told.map(([since, through]) => [since, through])).toEqual(
        [0, 1, 2, 3, 4].map((at) => [at * 2, at * 2 + 2]),
      );
    }
    await Promise.all(stations.map(({ flows }) => flows.close()));
  });
});

describe('FEE-3: how much is read for a portion', () => {
  it('follows what the records of the feed take', async () => {
    const { open, write, limits } = facility(1_000);
    write(1_000);
    const { flows, told } = open();
    flows.follow({ ...followed, credit: 3 });
    await settled();
    expect(told.map(([, , documents]) => documents)).toEqual([4, 4, 4]);
    const [first = 0, ...later] = limits;
    expect(first).toBeGreaterThan(9);
    expect(later.every((limit) => limit >= 5 && limit <= 8)).toBe(true);
    await flows.close();
  });
});
