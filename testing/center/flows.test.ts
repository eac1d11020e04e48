import { describe, expect, it } from 'vitest';
import { findWrongDigests } from '#center/feed/digests.ts';
import { openDatabase } from '#center/postgres/database.ts';
import { RecordDigest } from '#sync/merge/digest.ts';
import type { CenterWorld } from './center-world.ts';
import {
  aside,
  facilityA,
  facilityB,
  newRecordId,
  offered,
  offeredDelta,
  patient,
  patientRow,
  renamed,
  rowFor,
} from './test-records.ts';
import { connectTwo, type WelcomedTwo } from './wire-client-two.ts';
import { withConnectedClient } from './world-of-file.ts';

let world: CenterWorld;
let client: WelcomedTwo;
const url = () => world.center.url;

withConnectedClient((began) => {
  ({ world, client } = began);
});

describe('FLOW: followed feeds', () => {
  it('FLOW-1: sends no more portions than the credit, each continuing the last, up to the head', async () => {
    const reader = await connectTwo(url(), await world.enrol());
    const start = await world.headOf(facilityA);
    await client.offer(Array.from({ length: 60 }, () => offered(patientRow(facilityA))));
    const flow = reader.follow(1, start, 3, 2_000);
    await new Promise((resolve) => setTimeout(resolve, 400));
    const early = reader.waiting.filter(({ type }) => type === 'portion');
    expect(early).toHaveLength(3);
    reader.send({ type: 'grant', flow, credit: 1, portionBytes: 2_000 });
    const portions = await reader.readThrough(flow, start + 60);
    let cursor = start;
    const seqs: number[] = [];
    for (const portion of portions) {
      expect(portion.since).toBe(cursor);
      expect(JSON.stringify(portion.documents).length).toBeLessThan(3_500);
      seqs.push(...portion.documents.map(({ seq }) => seq));
      cursor = portion.through;
    }
    expect(seqs).toEqual(Array.from({ length: 60 }, (_unused, index) => start + 1 + index));
    await reader.close();
  });

  it('FLOW-1: a lane without news is brought to the head after follow and before digests, and not otherwise', async () => {
    const reader = await connectTwo(url(), await world.enrol());
    const start = await world.headOf(facilityA);
    await client.offer([offered(patientRow(facilityA))]);
    const quiet = reader.follow(0, start);
    expect(await reader.next('portion')).toMatchObject({
      flow: quiet,
      since: start,
      through: start + 1,
      documents: [],
    });
    await client.offer([offered(patientRow(facilityA))]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(reader.waiting.filter(({ type }) => type === 'portion')).toEqual([]);
    const digests = await reader.digest();
    expect(digests.seq).toBe(start + 2);
    expect(await reader.next('portion')).toMatchObject({
      flow: quiet,
      since: start + 1,
      through: start + 2,
      documents: [],
    });
    await reader.close();
  });

  it('FLOW-5: passes over what the workstation wrote itself on this connection', async () => {
    const writer = await connectTwo(url(), await world.enrol());
    const start = await world.headOf(facilityA);
    const flow = writer.follow(1, start);
    await writer.offer([offered(patientRow(facilityA)), offered(patientRow(facilityA))]);
    await client.offer([offered(patientRow(facilityA))]);
    await writer.offer([offered(patientRow(facilityA))]);
    const [portion, ...more] = await writer.readThrough(flow, start + 3);
    expect(more).toEqual([]);
    expect(portion).toMatchObject({ since: start, documents: [{ seq: start + 3 }] });
    const again = await connectTwo(url(), await world.enrol());
    const portions = await again.readThrough(again.follow(1, start), start + 4);
    expect(portions.flatMap(({ documents }) => documents)).toHaveLength(4);
    for (const each of [writer, again]) await each.close();
  });

  it('a newer flow of the lane takes the place of the older; numbers ascend', async () => {
    const reader = await connectTwo(url(), await world.enrol());
    const start = await world.headOf(facilityA);
    reader.follow(1, start);
    const flow = reader.follow(1, start);
    await client.offer([offered(patientRow(facilityA))]);
    expect(await reader.next('portion')).toMatchObject({ flow });
    const again = {
      type: 'follow',
      flow: 1,
      scope: facilityA,
      lane: 0,
      since: 0,
      credit: 1,
      portionBytes: 2_000,
    };
    reader.send(again);
    expect(await reader.next('refused')).toMatchObject({ code: 'sync.unknown-message' });
  });

  it('GAT-3: shows no other facility', async () => {
    for (const message of [
      { type: 'follow', flow: 1, scope: facilityB, lane: 0, since: 0, credit: 1, portionBytes: 2_000 },
      { type: 'digest', request: 1, scope: facilityB },
      { type: 'list', request: 1, scope: facilityB, bucket: 0 },
      {
        type: 'fetch',
        request: 1,
        scope: facilityB,
        records: [{ collection: 'patients', id: newRecordId() }],
      },
    ]) {
      const reader = await connectTwo(url(), await world.enrol());
      reader.send(message);
      expect(await reader.next('refused')).toMatchObject({ code: 'access.forbidden' });
    }
  });

  it('FLOW-4: what was captured long before goes into lane 2', async () => {
    const start = await world.headOf(facilityA);
    const old = { ...patient(facilityA), capturedAt: Date.now() - 3 * 24 * 3_600_000 };
    await client.offer([offered(rowFor('patients', old)), offered(patientRow(facilityA))]);
    const { rows } = await world.sql.query(
      'select lane from feed where scope = $1 and seq > $2 order by seq',
      [facilityA, start],
    );
    expect(rows.map(({ lane }) => lane)).toEqual([2, 1]);
  });

  it('SHR-6: tells that a record left the scope, unless it is there again', async () => {
    const start = await world.headOf(facilityA);
    const gone = patientRow(facilityA);
    const back = patientRow(facilityA);
    await client.offer([offered(gone), offered(back)]);
    await world.sql.query('delete from doc where id = $1', [gone.id]);
    for (const [seq, row] of [gone, back].entries()) {
      await world.sql.query(
        `insert into feed (scope, seq, lane, collection, id, rev, at, withdrawn) values ($1, $2, 1, 'patients', $3, $4, 1, true)`,
        [facilityA, start + 3 + seq, row.id, row.rev],
      );
    }
    await world.sql.query('update scope_head set head = head + 2 where scope = $1', [facilityA]);
    const reader = await connectTwo(url(), await world.enrol());
    const [portion] = await reader.readThrough(reader.follow(1, start), start + 4);
    expect(portion?.documents).toEqual([
      { seq: start + 2, collection: 'patients', record: back.record },
      { seq: start + 3, collection: 'patients', withdrawn: gone.id },
    ]);
    await world.sql.query(`update scope_head set digests = repeat('0', 8192)::bit(8192) where scope = $1`, [
      facilityA,
    ]);
    await reader.close();
  });
});

describe('DIG: digests', () => {
  it('DIG-1: are those of the newest records, by bucket', async () => {
    const other = await connectTwo(url(), await world.enrol(facilityB));
    const rows = Array.from({ length: 50 }, () => patientRow(facilityB));
    await other.offer(rows.map(offered));
    await other.offer(rows.slice(0, 20).map((row) => offeredDelta(renamed(row, 'Yangi'), row)));
    await other.offer([aside(patientRow(facilityB))]);
    const { rows: present } = await world.sql.query('select collection, id, rev from doc where scope = $1', [
      facilityB,
    ]);
    const expected = Array.from({ length: 64 }, () => new RecordDigest());
    for (const { collection, id, rev } of present) {
      expected[Number.parseInt(id.slice(-2), 16) % 64]?.toggle(collection, id, rev);
    }
    const digests = await other.digest();
    expect(digests.buckets).toEqual(expected.map(String));
    expect(digests.seq).toBe(await world.headOf(facilityB));
    await other.close();
  });

  it('DIG-3: a bucket is listed by id and revision', async () => {
    const other = await connectTwo(url(), await world.enrol(facilityB));
    const { rows } = await world.sql.query('select collection, id, rev from doc where scope = $1', [
      facilityB,
    ]);
    const bucket = Number.parseInt(rows[0]?.id.slice(-2), 16) % 64;
    other.send({ type: 'list', request: 9, scope: facilityB, bucket });
    const inventory = await other.next('inventory');
    const expected = rows.filter(({ id }) => Number.parseInt(id.slice(-2), 16) % 64 === bucket);
    expect(inventory).toMatchObject({ request: 9, seq: await world.headOf(facilityB), isLast: true });
    expect(new Set(inventory.records.map(String))).toEqual(
      new Set(expected.map(({ collection, id, rev }) => `${collection},${id},${rev}`)),
    );
    await other.close();
  });

  it('DIG-4: records are fetched by id; what is not there is said', async () => {
    const row = patientRow(facilityA);
    await client.offer([offered(row)]);
    const absent = { collection: 'patients', id: newRecordId() };
    client.send({
      type: 'fetch',
      request: 4,
      scope: facilityA,
      records: [{ collection: 'patients', id: row.id }, absent],
    });
    expect(await client.next('fetched')).toEqual({
      type: 'fetched',
      request: 4,
      documents: [{ collection: 'patients', record: row.record }],
      absent: [absent],
    });
  });

  it('a digest of a facility without records is all zeros; after seeding it is right', async () => {
    const database = openDatabase(world.center.postgresUrl, () => undefined, 2);
    await world.center.seed(
      Array.from({ length: 300 }, () => ({
        collection: 'patients' as const,
        record: rowFor('patients', patient(facilityB)).record,
      })),
    );
    const wrong = await findWrongDigests(database);
    expect(wrong.filter(({ scope }) => scope === facilityB)).toEqual([]);
    expect(wrong.filter(({ scope }) => scope === facilityA).length).toBeGreaterThan(0);
    await database.close();
  });
});
