import { createPublicKey, verify } from 'node:crypto';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findWrongDigests } from '#center/feed/digests.ts';
import { openDatabase } from '#center/postgres/database.ts';
import { RequestBodySchema } from '#contracts/records/requests.ts';
import { wipePreamble } from '#contracts/wire/protocol.ts';
import { RecordDigest } from '#sync/merge/digest.ts';
import { type CenterWorld, startWorld } from './center-world.ts';
import { spkiOf } from './keys.ts';
import {
  aRevision,
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
  staffMember,
} from './test-records.ts';
import { connect, greet, newKey, openWire, proofFor, refusalOf } from './wire-client.ts';
import { connectTwo, greetTwo, type WelcomedTwo } from './wire-client-two.ts';

let world: CenterWorld;
let client: WelcomedTwo;
const url = () => world.center.url;

beforeAll(async () => {
  world = await startWorld();
  client = await connectTwo(url(), await world.enrol());
});
afterAll(async () => {
  await client?.close();
  await world?.close();
});

const count = async (text: string, values: readonly unknown[]) => {
  const { rows } = await world.sql.query(text, [...values]);
  return Number(rows[0]?.count);
};
const headOf = (scope: string) => count('select head as count from scope_head where scope = $1', [scope]);

describe('VER-2: versions', () => {
  it.each([1, 2])('speaks version %i with a workstation of that version', async (protocol) => {
    const wire = await openWire(url());
    wire.send({ type: 'hello', protocol, program: 'x' });
    expect(await wire.next('challenge')).toMatchObject({ protocol });
    await wire.close();
  });

  it('refuses messages of the other version', async () => {
    const old = await connect(url(), await world.enrol());
    old.send({ type: 'offer', batch: 1, rows: [offered(patientRow(facilityA))] });
    expect(await old.next('refused')).toMatchObject({ code: 'sync.unknown-message' });
    const recent = await connectTwo(url(), await world.enrol());
    recent.send({ type: 'push', batch: 1, rows: [patientRow(facilityA)] });
    expect(await recent.next('refused')).toMatchObject({ code: 'sync.unknown-message' });
  });

  it('a version 1 and a version 2 workstation of one facility see what the other wrote', async () => {
    const old = await connect(url(), await world.enrol());
    const recent = await connectTwo(url(), await world.enrol());
    const start = recent.welcome.scopes[0]?.head ?? 0;
    const flow = recent.follow(1, start);
    const fromOld = patientRow(facilityA, 'Eskidan');
    await old.push([fromOld]);
    const [portion] = await recent.readThrough(flow, start + 1);
    expect(portion?.documents).toMatchObject([{ collection: 'patients', record: fromOld.record }]);
    const edit = renamed(fromOld, 'Yangidan');
    expect(await recent.offer([offeredDelta(edit, fromOld)])).toEqual([start + 2]);
    expect(await old.next('hint')).toMatchObject({ head: start + 1 });
    const frame = await old.pull(1, start);
    expect(frame.documents).toMatchObject([{ seq: start + 2, record: edit.record }]);
    for (const each of [old, recent]) await each.close();
  });

  it('VER-4: a version 1 workstation gets no collection and no kind of record it does not know', async () => {
    const old = await connect(url(), await world.enrol());
    const start = await headOf(facilityA);
    const known = patientRow(facilityA);
    expect(await client.offer([offered(requestRow()), offered(known)])).toEqual([start + 1, start + 2]);
    expect((await old.pull(0, start)).documents).toEqual([]);
    expect((await old.pull(1, start)).documents).toHaveLength(1);
    await old.close();
  });
});

function requestRow() {
  const body = v.parse(RequestBodySchema, {
    matter: { kind: 'access', pinfl: '41203850420018', ground: 'consent', reason: 'r' },
    urgency: 'routine',
    events: [],
  });
  return rowFor('requests', { ...patient(facilityA), body });
}

describe('PCK-1: packing', () => {
  it.each([
    ['zstd', null],
    ['deflate', null],
    ['zstd', { version: 7, bytes: Buffer.from('"body":{"name":{"family":"Qodirova","given":"Gulnora"}') }],
  ] as const)('%s with dictionary %j', async (packing, dictionary) => {
    const dictionaries = dictionary === null ? [] : [dictionary];
    const packed = await connectTwo(url(), await world.enrol(), {
      packings: [packing, 'none'],
      dictionaries,
    });
    expect(packed.welcome).toMatchObject({ packing, dictionary: null, offlineLimitMs: 90 * 24 * 3_600_000 });
    const rows = Array.from({ length: 40 }, () => patientRow(facilityA));
    const start = await headOf(facilityA);
    expect(await packed.offer(rows.map(offered))).toEqual(rows.map((_row, index) => start + 1 + index));
    const flow = packed.follow(1, start - 1, 4, 2_000);
    await packed.readThrough(flow, start + rows.length);
    await packed.close();
  });

  it('PCK-2: what does not unpack ends the connection', async () => {
    for (const garbage of [
      Buffer.from([]),
      Buffer.from([1, 2, 3]),
      Buffer.from('{"type":"status"}'),
      Buffer.alloc(500, 7),
    ]) {
      const packed = await connectTwo(url(), await world.enrol(), { packings: ['zstd'] });
      packed.sendRaw(garbage);
      expect(await packed.next('refused')).toMatchObject({ code: 'sync.unknown-message' });
      expect(await packed.closed).toBe(1008);
    }
  });

  it('text where packed messages were agreed ends the connection', async () => {
    const packed = await connectTwo(url(), await world.enrol(), { packings: ['deflate'] });
    packed.sendRaw(JSON.stringify({ type: 'digest', request: 1, scope: facilityA }));
    expect(await packed.next('refused')).toMatchObject({ code: 'sync.unknown-message' });
  });
});

describe('PUSH-14: offers', () => {
  it('whole and as a difference: stored as the record that was written', async () => {
    const first = patientRow(facilityA, 'Bir');
    const second = renamed(first, 'Ikki');
    const third = renamed(second, 'Uch');
    await client.offer([offered(first)]);
    const head = await headOf(facilityA);
    expect(await client.offer([offeredDelta(second, first), offeredDelta(third, second)])).toEqual([
      head + 1,
      head + 2,
    ]);
    const { rows } = await world.sql.query('select rev, body from doc where id = $1', [first.id]);
    expect(rows.map(({ rev, body }) => [rev, JSON.parse(body)])).toEqual([[third.rev, third.record]]);
    const history = await world.sql.query('select rev, body from doc_history where id = $1', [first.id]);
    expect(new Map(history.rows.map(({ rev, body }) => [rev, JSON.parse(body)]))).toEqual(
      new Map([first, second].map((row) => [row.rev, row.record])),
    );
  });

  it('the same offer twice is one offer, also when the record went on', async () => {
    const first = patientRow(facilityA, 'Bir');
    const second = renamed(first, 'Ikki');
    const outcomes = await client.offer([offered(first), offeredDelta(second, first)]);
    await client.offer([offered(renamed(second, 'Uch'))]);
    const head = await headOf(facilityA);
    expect(await client.offer([offered(first), offeredDelta(second, first)])).toEqual(outcomes);
    expect(await headOf(facilityA)).toBe(head);
  });

  it('a difference to a version in the history is a conflict, to an unknown one a missing base', async () => {
    const first = patientRow(facilityA, 'Bir');
    const theirs = renamed(first, 'Ular');
    const mine = renamed(first, 'Biz');
    await client.offer([offered(first), offered(theirs)]);
    const unknown = { ...offeredDelta(mine, first), base: aRevision('a') };
    expect(await client.offer([offeredDelta(mine, first), unknown])).toEqual([
      { verdict: 'conflict', record: theirs.record },
      { verdict: 'missing-base' },
    ]);
  });

  it('a row whose revision comes out differently is kept in quarantine, and the others go on', async () => {
    const sound = patientRow(facilityA);
    const first = patientRow(facilityA, 'Bir');
    const wrong = { ...offered(first), check: '00000000' };
    const changed = { ...offered(first), record: { ...first.record, capturedAt: 5 } };
    const staff = offered(rowFor('staff', staffMember(facilityB)));
    const outcomes = await client.offer([wrong, offered(sound), changed, { no: 'row' }, staff]);
    expect(outcomes).toMatchObject([
      { verdict: 'quarantined', paths: ['check'] },
      await headOf(facilityA),
      { verdict: 'quarantined', paths: ['check'] },
      { verdict: 'quarantined' },
      { verdict: 'quarantined', paths: ['record.scope'] },
    ]);
    const kept = await world.sql.query('select content from quarantine where op = $1', [wrong.op]);
    expect(kept.rows.map(({ content }) => JSON.parse(content))).toEqual(
      expect.arrayContaining([JSON.parse(JSON.stringify(wrong)), JSON.parse(JSON.stringify(changed))]),
    );
  });

  it('a message nested too deeply ends the connection, and nothing is stored', async () => {
    const wire = await connectTwo(url(), await world.enrol());
    const row = offered(patientRow(facilityA));
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const text = JSON.stringify({
      type: 'offer',
      batch: 1,
      rows: [{ ...row, extra: 0, record: { ...row.record, x: 0 } }],
    });
    wire.sendRaw(text.replace('"x":0', `"x":${deep}`));
    expect(await wire.next('refused')).toMatchObject({ code: 'sync.unknown-message' });
    expect(await count('select count(*) from push_log where op = $1', [row.op])).toBe(0);
  });
});

describe('PUSH-13: rows put aside', () => {
  it('are in the history at a position of their own, once, and never the newest version', async () => {
    const newest = patientRow(facilityA, 'Yangi');
    await client.offer([offered(newest)]);
    const replaced = rowFor('patients', patient(facilityA, 'Eski', newest.id));
    const onUnknownBase = rowFor('patients', patient(facilityA, 'Yana', newest.id), aRevision('b', 4));
    const head = await headOf(facilityA);
    const outcomes = await client.offer([aside(replaced), aside(onUnknownBase)]);
    expect(outcomes).toEqual([head + 1, head + 2]);
    expect(await client.offer([aside(replaced), aside(onUnknownBase)])).toEqual(outcomes);
    const { rows } = await world.sql.query('select rev, body from doc_history where id = $1 order by rev', [
      newest.id,
    ]);
    expect(rows.map(({ body }) => JSON.parse(body))).toEqual(
      expect.arrayContaining([replaced.record, onUnknownBase.record]),
    );
    expect(rows).toHaveLength(2);
    expect(await count('select count(*) from doc where id = $1 and rev = $2', [newest.id, newest.rev])).toBe(
      1,
    );
  });

  it('may come before their record, and after they were applied', async () => {
    const first = patientRow(facilityA);
    expect(await client.offer([aside(first)])).toEqual([await headOf(facilityA)]);
    expect(await count('select count(*) from doc where id = $1', [first.id])).toBe(0);
    const other = rowFor('patients', patient(facilityA, 'Boshqa', first.id));
    expect(await client.offer([offered(other)])).toEqual([await headOf(facilityA)]);
    const outcome = await client.offer([offered(renamed(other, 'Yana'))]);
    expect(await client.offer([aside(other)])).toEqual([Number(outcome[0]) - 1]);
  });

  it('are not in the feed that others read', async () => {
    const reader = await connectTwo(url(), await world.enrol());
    const start = await headOf(facilityA);
    const flow = reader.follow(1, start);
    await client.offer([aside(patientRow(facilityA)), offered(patientRow(facilityA))]);
    const portions = await reader.readThrough(flow, start + 2);
    expect(portions.flatMap(({ documents }) => documents)).toMatchObject([{ seq: start + 2 }]);
    await reader.close();
  });
});

describe('FLOW: followed feeds', () => {
  it('FLOW-1: sends no more portions than the credit, each continuing the last, up to the head', async () => {
    const reader = await connectTwo(url(), await world.enrol());
    const start = await headOf(facilityA);
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
    const start = await headOf(facilityA);
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
    const start = await headOf(facilityA);
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
    const start = await headOf(facilityA);
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
    const start = await headOf(facilityA);
    const old = { ...patient(facilityA), capturedAt: Date.now() - 3 * 24 * 3_600_000 };
    await client.offer([offered(rowFor('patients', old)), offered(patientRow(facilityA))]);
    const { rows } = await world.sql.query(
      'select lane from feed where scope = $1 and seq > $2 order by seq',
      [facilityA, start],
    );
    expect(rows.map(({ lane }) => lane)).toEqual([2, 1]);
  });

  it('SHR-6: tells that a record left the scope, unless it is there again', async () => {
    const start = await headOf(facilityA);
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
    expect(digests.seq).toBe(await headOf(facilityB));
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
    expect(inventory).toMatchObject({ request: 9, seq: await headOf(facilityB), isLast: true });
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

describe('WIP-1: erasure', () => {
  it('is ordered at the next proof, signed for this connection, and noted when it is done', async () => {
    const identity = await world.enrol();
    const standing = await connectTwo(url(), identity);
    expect(await world.center.wipe(identity.device)).toBe(true);
    expect(await world.center.wipe(identity.device)).toBe(false);
    await standing.closed;
    const wire = await openWire(url());
    const challenge = await greetTwo(wire);
    wire.send(proofFor(identity, challenge));
    const order = await wire.next('wipe');
    expect(order.device).toBe(identity.device);
    const { rows } = await world.sql.query('select wiped_at from device where id = $1', [identity.device]);
    expect(rows).toEqual([{ wiped_at: null }]);
    const enrolment = await openWire(url());
    await greet(enrolment);
    const { code } = await world.center.createEnrolmentCode(facilityA);
    const { publicKey } = newKey();
    enrolment.send({ type: 'enrol', code, publicKey, label: 'x' });
    const { centerKey } = await enrolment.next('enrolled');
    await enrolment.close();
    const signed = Buffer.from([wipePreamble, identity.device, challenge.nonce].join('\n'));
    expect(
      verify(null, signed, createPublicKey(spkiOf(centerKey)), Buffer.from(order.signature, 'base64')),
    ).toBe(true);
    wire.send({ type: 'wiped', device: identity.device });
    expect(await wire.closed).toBe(1000);
    const after = await world.sql.query('select wiped_at from device where id = $1', [identity.device]);
    expect(Number(after.rows[0]?.wiped_at)).toBeGreaterThan(0);
  });

  it('is not told to a stranger, and a version 1 workstation is refused', async () => {
    const identity = await world.enrol();
    await world.center.wipe(identity.device);
    expect(await refusalOf(url(), identity)).toBe('sync.device-revoked');
    const stranger = { ...identity, key: (await world.enrol()).key };
    const wire = await openWire(url());
    wire.send(proofFor(stranger, await greetTwo(wire)));
    expect(await wire.next('refused')).toMatchObject({ code: 'sync.proof-refused' });
  });
});
