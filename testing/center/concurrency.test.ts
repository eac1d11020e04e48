import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIngest } from '#center/ingest/push-batch.ts';
import type { Log } from '#center/ports.ts';
import { type Database, openDatabase } from '#center/postgres/database.ts';
import { systemEffects } from '#center/system-effects.ts';
import { versionOf } from '#sync/merge/revision.ts';
import { type CenterWorld, startWorld } from './center-world.ts';
import { unlucky } from './meddling-database.ts';
import {
  facilityA,
  parsePatient,
  patient,
  patientRow,
  renamed,
  rowFor,
  type TestRow,
} from './test-records.ts';
import { connect, type Identity } from './wire-client.ts';

let world: CenterWorld;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world?.close();
});

const quiet: Log = () => undefined;

const unluckyDatabase = (database: Database): Database => unlucky(database, randomByte);

const randomByte = () => randomBytes(1)[0] ?? 0;

/** Follows the feed by the numbers alone; fails at once if one is passed over. */
async function followPositions(isDone: () => boolean): Promise<readonly { seq: number; rev: string }[]> {
  const seen: { seq: number; rev: string }[] = [];
  let cursor = 0;
  for (;;) {
    const wasDone = isDone();
    const { rows } = await world.sql.query<{ seq: string; rev: string }>(
      'select seq, rev from feed where scope = $1 and seq > $2 order by seq',
      [facilityA, cursor],
    );
    for (const { seq, rev } of rows) {
      expect(Number(seq)).toBe(cursor + 1);
      cursor = Number(seq);
      seen.push({ seq: cursor, rev });
    }
    if (wasDone && rows.length === 0) return seen;
  }
}

describe('FEE-1: sixteen writers on one facility, with rollbacks', () => {
  it('a reader who follows the positions gets every row, and none twice', { timeout: 90_000 }, async () => {
    const identity = await world.enrol();
    const other = await world.startSecond();
    const shared = Array.from({ length: 4 }, () => patientRow(facilityA));
    const databases = Array.from({ length: 2 }, () => openDatabase(world.center.postgresUrl, quiet, 8));
    const accepted = new Map<string, number>();
    const acceptedEdits = new Map(shared.map((row) => [row.id as string, 0]));
    let isDone = false;
    const positions = followPositions(() => isDone);
    const reader = await connect(other.url, await world.enrol());
    const pulled = new Set<string>();
    let isGivenUp = false;
    void reader.closed.then(() => {
      isGivenUp = true;
    });
    const following = (async () => {
      for (let since = 0; !isGivenUp && (!isDone || since < Math.max(0, ...accepted.values())); ) {
        reader.send({ type: 'pull', scope: facilityA, lane: 1, since, limit: 50 });
        const frame = await reader.next('frame', 300).catch(() => undefined);
        for (const { record } of frame?.documents ?? []) pulled.add(parsePatient(record).rev);
        since = frame?.through ?? since;
        if (frame === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();

    const writers = Array.from({ length: 16 }, async (_unused, number) => {
      const database = databases[number % 2];
      if (database === undefined) throw new Error('no database');
      const ingest = createIngest(unluckyDatabase(database), systemEffects(quiet));
      for (let round = 0; round < 12; round += 1) {
        const target = shared[(number + round) % shared.length];
        if (target === undefined) throw new Error('no target');
        await writeRound(ingest, identity, target, `W${number}R${round}`, accepted, acceptedEdits);
      }
    });
    await Promise.all(writers).finally(() => {
      isDone = true;
    });
    const seen = await positions;
    await following;
    await reader.close();
    await Promise.all(databases.map((database) => database.close()));

    const bySeq = new Map(seen.map(({ seq, rev }) => [seq, rev]));
    for (const [rev, seq] of accepted) expect(bySeq.get(seq)).toBe(rev);
    expect(new Set(bySeq.values()).size).toBe(seen.length);
    const { rows: newest } = await world.sql.query(
      "select rev from doc where scope = $1 and collection = 'patients'",
      [facilityA],
    );
    expect(newest.filter(({ rev }) => !pulled.has(rev))).toEqual([]);
    for (const [id, edits] of acceptedEdits) await expectOneChain(id, edits);
  });

  it('a row that waits for a record holds up no other row of the facility', async () => {
    const held = patientRow(facilityA);
    const first = await connect(world.center.url, await world.enrol());
    const second = await connect(world.center.url, await world.enrol());
    await first.push([held]);
    await world.sql.query('begin');
    await world.sql.query('select 1 from doc where id = $1 for update', [held.id]);
    first.send({ type: 'push', batch: 99, rows: [renamed(held, 'Kutadi')] });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await second.push([patientRow(facilityA)], 1_500)).toMatchObject([{ verdict: 'ok' }]);
    expect(first.waiting.filter(({ type }) => type === 'verdicts')).toEqual([]);
    await world.sql.query('rollback');
    expect(await first.next('verdicts')).toMatchObject({ verdicts: [{ verdict: 'ok' }] });
    await first.close();
    await second.close();
  });

  it('a record that stays locked is put off, not lost', { timeout: 60_000 }, async () => {
    const held = patientRow(facilityA);
    const client = await connect(world.center.url, await world.enrol());
    await client.push([held]);
    await world.sql.query('begin');
    await world.sql.query('select 1 from doc where id = $1 for update', [held.id]);
    const edit = renamed(held, 'Keyinroq');
    const answer = client.push([edit], 50_000);
    expect(await answer).toMatchObject([{ verdict: 'retry', op: edit.op }]);
    await world.sql.query('rollback');
    expect(await client.push([edit])).toMatchObject([{ verdict: 'ok' }]);
    await client.close();
  });
});

type Ingest = ReturnType<typeof createIngest>;

/** A new record and an edit of a shared one, tried again with the center's version until it is taken. */
async function writeRound(
  ingest: Ingest,
  identity: Identity,
  shared: TestRow,
  name: string,
  accepted: Map<string, number>,
  acceptedEdits: Map<string, number>,
): Promise<void> {
  const fresh = patientRow(facilityA, name);
  let edit = rowFor('patients', patient(facilityA, name, shared.id));
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const outcome = await ingest.push(identity.device, identity.scope, [fresh, edit]);
    if (outcome.kind !== 'answered') throw new Error(outcome.code);
    const [first, second] = outcome.verdicts;
    if (first?.verdict === 'ok') accepted.set(first.rev, first.seq);
    if (second?.verdict === 'ok') {
      accepted.set(second.rev, second.seq);
      acceptedEdits.set(shared.id, (acceptedEdits.get(shared.id) ?? 0) + 1);
    }
    if (first?.verdict === 'ok' && second?.verdict === 'ok') return;
    if (second?.verdict === 'conflict') {
      edit = rowFor('patients', patient(facilityA, name, shared.id), parsePatient(second.record).rev);
    }
  }
  throw new Error('never taken');
}

/** No edit was written over one it had not seen: versions count up one by one, as many as were accepted. */
async function expectOneChain(id: string, edits: number): Promise<void> {
  const { rows } = await world.sql.query('select rev from feed where id = $1 order by seq', [id]);
  expect(rows.map(({ rev }) => versionOf(rev))).toEqual(
    Array.from({ length: edits }, (_unused, index) => index + 1),
  );
}

describe('ING-6: a verdict comes after the commit', () => {
  it('is not sent while the commit lasts, and then the row is there', async () => {
    await world.sql.query(`
      create function slow_commit() returns trigger language plpgsql as 'begin perform pg_sleep(0.4); return null; end';
      create constraint trigger slow after insert on feed deferrable initially deferred
        for each row execute function slow_commit()`);
    try {
      const client = await connect(world.center.url, await world.enrol());
      const row = patientRow(facilityA);
      const begun = performance.now();
      const [verdict] = await client.push([row]);
      expect(verdict).toMatchObject({ verdict: 'ok' });
      const { rowCount } = await world.sql.query('select 1 from doc where id = $1', [row.id]);
      expect(rowCount).toBe(1);
      expect(performance.now() - begun).toBeGreaterThan(390);
      await client.close();
    } finally {
      await world.sql.query('drop trigger slow on feed; drop function slow_commit');
    }
  });
});

describe('GAT-5: two processes of one center', () => {
  it('hint each other, and share revocations and copies', async () => {
    const other = await world.startSecond();
    const writer = await connect(world.center.url, await world.enrol());
    const readerIdentity = await world.enrol();
    const reader = await connect(other.url, readerIdentity);
    const [verdict] = await writer.push([patientRow(facilityA)]);
    if (verdict?.verdict !== 'ok') throw new Error('not ok');
    expect(await reader.next('hint', 3_000)).toMatchObject({ scope: facilityA, head: verdict.seq });
    await world.center.revoke(readerIdentity.device);
    expect(await reader.next('refused', 3_000)).toMatchObject({ code: 'sync.device-revoked' });
    await writer.close();
  });

  it('apply an operation once that reaches both at the same time', async () => {
    const other = await world.startSecond();
    const here = await connect(world.center.url, await world.enrol());
    const there = await connect(other.url, await world.enrol());
    for (let round = 0; round < 30; round += 1) {
      const rows = [patientRow(facilityA), patientRow(facilityA)];
      const [left, right] = await Promise.all([here.push(rows), there.push([...rows].reverse())]);
      expect([...right].reverse()).toEqual(left);
      expect(left).toMatchObject([{ verdict: 'ok' }, { verdict: 'ok' }]);
    }
    await here.close();
    await there.close();
  });
});
