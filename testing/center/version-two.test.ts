import { createPublicKey, verify } from 'node:crypto';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { RequestBodySchema } from '#contracts/records/requests.ts';
import { wipePreamble } from '#contracts/wire/protocol.ts';
import type { CenterWorld } from './center-world.ts';
import { spkiOf } from './keys.ts';
import {
  aRevision,
  aside,
  facilityA,
  facilityB,
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
import { withConnectedClient } from './world-of-file.ts';

let world: CenterWorld;
let client: WelcomedTwo;
const url = () => world.center.url;

withConnectedClient((began) => {
  ({ world, client } = began);
});

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
    // One or two: hints of the same tenth of a second are told together (docs/specs/center.md FEE-4).
    let hinted = 0;
    while (hinted < start + 2) hinted = (await old.next('hint')).head;
    expect(hinted).toBe(start + 2);
    const frame = await old.pull(1, start);
    expect(frame.documents).toMatchObject([{ seq: start + 2, record: edit.record }]);
    for (const each of [old, recent]) await each.close();
  });

  it('VER-4: a version 1 workstation gets no collection and no kind of record it does not know', async () => {
    const old = await connect(url(), await world.enrol());
    const start = await world.headOf(facilityA);
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
    const start = await world.headOf(facilityA);
    const outcomes = await packed.offer(rows.map(offered));
    // The courier may be at work on the request of an earlier test.
    const first = Number(outcomes[0]);
    expect(first).toBeGreaterThan(start);
    expect(outcomes).toEqual(rows.map((_row, index) => first + index));
    const flow = packed.follow(1, start - 1, 4, 2_000);
    await packed.readThrough(flow, first + rows.length - 1);
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
    const head = await world.headOf(facilityA);
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
    const head = await world.headOf(facilityA);
    expect(await client.offer([offered(first), offeredDelta(second, first)])).toEqual(outcomes);
    expect(await world.headOf(facilityA)).toBe(head);
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
      await world.headOf(facilityA),
      { verdict: 'quarantined', paths: ['check'] },
      { verdict: 'quarantined' },
      { verdict: 'quarantined', paths: ['record.scope'] },
    ]);
    const kept = await world.sql.query('select content from quarantine where op = $1', [wrong.op]);
    expect(kept.rows.map(({ content }) => JSON.parse(content))).toEqual(
      expect.arrayContaining([JSON.parse(JSON.stringify(wrong)), JSON.parse(JSON.stringify(changed))]),
    );
  });

  it('ING-12: one record that is no JSON ends the connection, and nothing of its offer is stored', async () => {
    const wire = await connectTwo(url(), await world.enrol(), { packings: ['zstd'] });
    const rows = Array.from({ length: 150 }, () => offered(patientRow(facilityA)));
    expect(await wire.offer([offered(patientRow(facilityA))])).toEqual([expect.any(Number)]);
    const text = JSON.stringify({ type: 'offer', batch: 2, rows });
    const last = text.lastIndexOf('"body":{');
    const broken = `${text.slice(0, last)}"body":{x${text.slice(last + 8)}`;
    wire.sendText(broken);
    expect(await wire.next('refused')).toMatchObject({ code: 'sync.unknown-message', retry: false });
    const ops = rows.map(({ op }) => op);
    expect(await world.count('select count(*) from feed where op = any($1)', [ops])).toBe(0);
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
    expect(await world.count('select count(*) from feed where op = $1', [row.op])).toBe(0);
  });
});

describe('PUSH-13: rows put aside', () => {
  it('are in the history at a position of their own, once, and never the newest version', async () => {
    const newest = patientRow(facilityA, 'Yangi');
    await client.offer([offered(newest)]);
    const replaced = rowFor('patients', patient(facilityA, 'Eski', newest.id));
    const onUnknownBase = rowFor('patients', patient(facilityA, 'Yana', newest.id), aRevision('b', 4));
    const head = await world.headOf(facilityA);
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
    expect(
      await world.count('select count(*) from doc where id = $1 and rev = $2', [newest.id, newest.rev]),
    ).toBe(1);
  });

  it('may come before their record, and after they were applied', async () => {
    const first = patientRow(facilityA);
    expect(await client.offer([aside(first)])).toEqual([await world.headOf(facilityA)]);
    expect(await world.count('select count(*) from doc where id = $1', [first.id])).toBe(0);
    const other = rowFor('patients', patient(facilityA, 'Boshqa', first.id));
    expect(await client.offer([offered(other)])).toEqual([await world.headOf(facilityA)]);
    const outcome = await client.offer([offered(renamed(other, 'Yana'))]);
    expect(await client.offer([aside(other)])).toEqual([Number(outcome[0]) - 1]);
  });

  it('are not in the feed that others read', async () => {
    const reader = await connectTwo(url(), await world.enrol());
    const start = await world.headOf(facilityA);
    const flow = reader.follow(1, start);
    await client.offer([aside(patientRow(facilityA)), offered(patientRow(facilityA))]);
    const portions = await reader.readThrough(flow, start + 2);
    expect(portions.flatMap(({ documents }) => documents)).toMatchObject([{ seq: start + 2 }]);
    await reader.close();
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
