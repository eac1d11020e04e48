import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNewsBus, type NewsBus } from '#center/feed/bus.ts';
import { findWrongDigests } from '#center/feed/digests.ts';
import { createIngest, type Ingest } from '#center/ingest/push-batch.ts';
import type { Log } from '#center/ports.ts';
import { type Database, openDatabase } from '#center/postgres/database.ts';
import { systemEffects } from '#center/system-effects.ts';
import { RevisionSchema, type Scope } from '#contracts/ids.ts';
import type { Outcome } from '#contracts/wire/center-messages.ts';
import { versionOf } from '#sync/merge/revision.ts';
import { type CenterProcess, serveCenter } from './center-process.ts';
import { type CenterWorld, newDataFolder, startWorld } from './center-world.ts';
import { unlucky } from './meddling-database.ts';
import {
  aside,
  facilityA,
  facilityB,
  offered,
  offeredDelta,
  parsePatient,
  patientRow,
  renamed,
  type TestRow,
} from './test-records.ts';
import type { Identity } from './wire-client.ts';
import { connectTwo, type WelcomedTwo } from './wire-client-two.ts';

const quiet: Log = () => undefined;

let world: CenterWorld;
let busDatabase: Database;
let bus: NewsBus;

beforeAll(async () => {
  world = await startWorld();
  busDatabase = openDatabase(world.center.postgresUrl, quiet, 1);
  bus = createNewsBus(busDatabase, world.center.postgresUrl, systemEffects(quiet));
});
afterAll(async () => {
  await bus?.close();
  await busDatabase?.close();
  await world?.close();
});

const writers = 16;

/** A third of all transactions are rolled back at their end, some after a while, so that others overtake their commits. */
const unluckyDatabase = (database: Database): Database =>
  unlucky(database, randomByte, (chance) => (chance % 4 === 1 ? chance % 25 : 0));

const randomByte = () => randomBytes(1)[0] ?? 0;

/** What the center said it took: the position of each revision, newest versions and asides. */
interface Taken {
  readonly positions: Map<string, number>;
  /** In the history, never the newest version. */
  readonly asides: Set<string>;
}

const nothingTaken = (): Taken => ({ positions: new Map(), asides: new Set() });

/** Reads one lane of a facility by flows alone, checking each portion, until `isDone` and the head is reached. */
async function follow(client: WelcomedTwo, isDone: () => boolean, portionBytes: number) {
  const seen = new Map<string, number>();
  let through = 0;
  const flow = client.follow(1, 0, 4, portionBytes);
  for (;;) {
    const wasDone = isDone();
    const portion = await client.next('portion', 400).catch(() => undefined);
    if (portion === undefined) {
      if (wasDone) return { seen, through };
      continue;
    }
    expect(portion.since).toBe(through);
    let last = through;
    for (const document of portion.documents) {
      expect(document.seq).toBeGreaterThan(last);
      last = document.seq;
      if (!('record' in document)) throw new Error('nothing was withdrawn');
      const { rev } = parsePatient(document.record);
      expect(seen.has(rev)).toBe(false);
      seen.set(rev, document.seq);
    }
    through = portion.through;
    client.send({ type: 'grant', flow, credit: 1, portionBytes });
  }
}

describe('FLOW-1, DIG-1: sixteen writers of offers on one facility, with rollbacks and late commits', () => {
  it('followers get everything once and in order, digests fit, asides are kept', {
    timeout: 120_000,
  }, async () => {
    const identity = await world.enrol();
    const other = await world.startSecond();
    const shared = Array.from({ length: 4 }, () => patientRow(facilityA));
    const databases = [0, 1].map(() => openDatabase(world.center.postgresUrl, quiet, 8));
    const ingests = databases.map((database) =>
      createIngest(unluckyDatabase(database), systemEffects(quiet)),
    );
    const taken = nothingTaken();
    let isDone = false;
    const readers = await Promise.all([
      connectTwo(world.center.url, await world.enrol()),
      connectTwo(other.url, await world.enrol(), { packings: ['zstd'] }),
    ]);
    const setUp = createIngest(systemDatabase(databases), systemEffects(quiet));
    await offerRows(setUp, identity, shared.map(offered));
    const following = readers.map((reader, index) =>
      follow(reader, () => isDone, index === 0 ? 600 : 20_000),
    );
    await Promise.all(
      Array.from({ length: writers }, async (_unused, number) => {
        const ingest = ingests[number % 2];
        if (ingest === undefined) throw new Error('no ingest');
        for (let round = 0; round < 8; round += 1) {
          const target = shared[(number + round) % shared.length];
          if (target === undefined) throw new Error('no target');
          await writeRound(ingest, identity, target, `W${number}R${round}`, taken);
        }
      }),
    )
      .then(() => offerRows(setUp, identity, [offered(patientRow(facilityA))], 'all news'))
      .finally(() => {
        isDone = true;
      });
    const ends = await Promise.all(following);
    for (const reader of readers) await reader.close();
    for (const { seen } of ends) await expectComplete(seen, facilityA, taken);
    await expectSoundTables(facilityA, taken, systemDatabase(databases));
    for (const database of databases) await database.close();
  });
});

function systemDatabase(databases: readonly Database[]): Database {
  const [database] = databases;
  if (database === undefined) throw new Error('no database');
  return database;
}

/** A new record and its correction as a difference, a version put aside, and an edit of a shared record; until all are taken. */
async function writeRound(
  ingest: Ingest,
  identity: Identity,
  shared: TestRow,
  name: string,
  taken: Taken,
): Promise<void> {
  const fresh = patientRow(identity.scope, name);
  const correction = renamed(fresh, `${name} tuzatilgan`);
  const replaced = renamed(fresh, `${name} bekor`);
  let edit = renamed(shared, name);
  for (let attempt = 0; attempt < 400; attempt += 1) {
    const rows = [offered(fresh), offeredDelta(correction, fresh), aside(replaced), offered(edit)];
    const outcomes = await offerRows(ingest, identity, rows);
    const [one, two, three, four] = outcomes;
    note(one, fresh, taken);
    note(two, correction, taken);
    if (typeof three === 'number') taken.asides.add(replaced.rev);
    note(four, edit, taken);
    if (outcomes.every((each) => typeof each === 'number')) return;
    const theirs = conflictOf(four);
    if (theirs !== undefined) edit = renamed(shared, name, parsePatient(theirs).rev);
  }
  throw new Error('never taken');
}

async function offerRows(
  ingest: Ingest,
  { device, scope }: Identity,
  rows: readonly unknown[],
  news: 'all news' | 'some news' = 'some news',
): Promise<readonly Outcome[]> {
  const outcome = await ingest.offer(device, scope, rows);
  if (outcome.kind !== 'answered') throw new Error(outcome.code);
  for (const { lanes, ...applied } of outcome.applied) {
    // News is a hint: a third of it is lost, the rest comes when it comes.
    if (news === 'all news' || (randomBytes(1)[0] ?? 0) % 3 !== 0)
      bus.publish({ kind: 'head', ...applied, lanes: [...lanes] });
  }
  return outcome.outcomes;
}

/** A second answer to the same row has to be the first one. */
function note(outcome: Outcome | undefined, row: TestRow, taken: Taken): void {
  if (typeof outcome !== 'number') return;
  expect(taken.positions.get(row.rev) ?? outcome).toBe(outcome);
  taken.positions.set(row.rev, outcome);
}

const conflictOf = (outcome: Outcome | undefined): unknown =>
  typeof outcome === 'object' && outcome.verdict === 'conflict' ? outcome.record : undefined;

/** Whoever follows has the newest version of every record, each at the position its writer was told. */
async function expectComplete(seen: ReadonlyMap<string, number>, scope: Scope, taken: Taken): Promise<void> {
  const { rows } = await world.sql.query<{ rev: string }>(
    "select rev from doc where scope = $1 and collection = 'patients'",
    [scope],
  );
  expect(rows.filter(({ rev }) => !seen.has(rev))).toEqual([]);
  for (const [rev, seq] of seen) {
    expect(taken.asides.has(rev)).toBe(false);
    if (taken.positions.has(rev)) expect(taken.positions.get(rev)).toBe(seq);
  }
}

/** Dense positions, each accepted version once, one chain of versions per record, asides in the history alone, digests that fit. */
async function expectSoundTables(scope: Scope, taken: Taken, database: Database): Promise<void> {
  const feed = await world.sql.query<{ seq: string; id: string; rev: string }>(
    'select seq, id, rev from feed where scope = $1 order by seq',
    [scope],
  );
  const { rows: heads } = await world.sql.query('select head from scope_head where scope = $1', [scope]);
  const placed = new Map(feed.rows.map(({ seq, rev }) => [rev, Number(seq)]));
  for (const [rev, seq] of taken.positions) expect(placed.get(rev)).toBe(seq);
  expect(Math.max(...placed.values())).toBeLessThanOrEqual(Number(heads[0]?.head));
  expect(placed.size).toBe(feed.rows.length);
  const newest = await world.sql.query<{ id: string; rev: string }>(
    'select id, rev from doc where scope = $1',
    [scope],
  );
  for (const { id, rev } of newest.rows) {
    const versions = feed.rows
      .filter((row) => row.id === id && !taken.asides.has(row.rev))
      .map((row) => versionOf(v.parse(RevisionSchema, row.rev)));
    expect(versions).toEqual(versions.map((_version, index) => index + 1));
    expect(taken.asides.has(rev)).toBe(false);
  }
  const history = await world.sql.query<{ rev: string }>('select rev from doc_history where scope = $1', [
    scope,
  ]);
  const kept = new Set(history.rows.map(({ rev }) => rev));
  expect([...taken.asides].filter((rev) => !kept.has(rev))).toEqual([]);
  expect(await findWrongDigests(database)).toEqual([]);
}

describe('GAT-5: two gateway processes on one database, one of them killed and started again in the middle', () => {
  const processes: CenterProcess[] = [];
  const folders: string[] = [];
  afterAll(async () => {
    for (const process of processes) await process.kill();
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });

  async function startProcess(port = '0'): Promise<CenterProcess> {
    const folder = await newDataFolder();
    folders.push(folder);
    const options = ['--postgres', world.center.postgresUrl, '--backup', 'commit', '--port', port];
    const started = await serveCenter(folder, options);
    processes.push(started);
    return started;
  }

  it('loses nothing and applies nothing twice while workstations go over to the other and come back', {
    timeout: 120_000,
  }, async () => {
    const [doomed, survivor] = [await startProcess(), await startProcess()];
    const taken = nothingTaken();
    let isDone = false;
    const reader = await connectTwo(survivor.url, await world.enrol(facilityB));
    const following = follow(reader, () => isDone, 20_000);
    const gateways: Gateways = {
      doomed: doomed.url,
      survivor: survivor.url,
      isDying: false,
      unread: 0,
      isBack: false,
    };
    const work = Array.from({ length: writers }, async (_unused, number) => {
      const identity = await world.enrol(facilityB);
      return await offerThrough(identity, gateways, number, taken);
    });
    const killing = (async () => {
      while (taken.positions.size < 150) await new Promise((resolve) => setTimeout(resolve, 5));
      gateways.isDying = true;
      while (gateways.unread < 3) await new Promise((resolve) => setTimeout(resolve, 5));
      await doomed.kill();
      const atTheKill = taken.positions.size;
      const returned = await startProcess(new URL(doomed.url).port);
      expect(returned.url).toBe(doomed.url);
      const atTheReturn = taken.positions.size;
      const other = await connectTwo(returned.url, await world.enrol(facilityB));
      const followingAnew = follow(other, () => isDone, 20_000);
      gateways.isBack = true;
      return { atTheKill, atTheReturn, other, followingAnew };
    })();
    const rounds = await Promise.all(work).finally(() => {
      isDone = true;
    });
    const { atTheKill, atTheReturn, other, followingAnew } = await killing;
    expect(atTheKill).toBeLessThan(atTheReturn);
    expect(atTheReturn).toBeLessThan(taken.positions.size);
    for (const { seen } of await Promise.all([following, followingAnew])) {
      await expectComplete(seen, facilityB, taken);
    }
    for (const each of [reader, other]) await each.close();
    const database = openDatabase(world.center.postgresUrl, quiet);
    await expectSoundTables(facilityB, taken, database);
    await database.close();
    const offers = rounds.reduce((sum, { all }) => sum + all, 0);
    expect(taken.positions.size).toBe(offers * 3);
    // Who preferred the killed one is served by it again, and nobody else.
    const served = rounds.map(({ throughReturned }) => throughReturned > 0);
    expect(served).toEqual(rounds.map((_round, number) => goesToDoomed(number)));
  });
});

interface Gateways {
  readonly doomed: string;
  readonly survivor: string;
  /** It is about to be killed: what it still answers reaches nobody. */
  isDying: boolean;
  /** How many of its answers reached nobody. */
  unread: number;
  /** The killed one serves again, at its address. */
  isBack: boolean;
}

/** Half of the writers prefer the gateway that is killed. */
const goesToDoomed = (number: number) => number % 2 === 0;
const roundsAfterReturn = 4;
const mostRounds = 2_000;

/**
 * Offers round after round until the killed gateway is back, and some more; whatever breaks, the same rows go to the next process,
 * and who preferred the killed one goes back to it. How many rounds there were.
 */
async function offerThrough(
  identity: Identity,
  gateways: Gateways,
  number: number,
  taken: Taken,
): Promise<{ readonly all: number; readonly throughReturned: number }> {
  const urls = goesToDoomed(number) ? [gateways.doomed, gateways.survivor] : [gateways.survivor];
  let at = 0;
  let client: WelcomedTwo | undefined;
  let [roundsBack, throughReturned] = [0, 0];
  for (let round = 0; round < mostRounds; round += 1) {
    if (roundsBack === roundsAfterReturn) {
      await client?.close();
      return { all: round, throughReturned };
    }
    if (gateways.isBack && roundsBack === 0) {
      await client?.close();
      [client, at] = [undefined, 0];
    }
    const isAfterReturn = gateways.isBack;
    const fresh = patientRow(facilityB, `P${number}R${round}`);
    const second = renamed(fresh, `P${number}R${round} ikki`);
    const third = renamed(second, `P${number}R${round} uch`);
    const replaced = renamed(second, `P${number}R${round} bekor`);
    const rows = [offered(fresh), offeredDelta(second, fresh), aside(replaced), offeredDelta(third, second)];
    for (let attempt = 0; ; attempt += 1) {
      if (attempt === 20) throw new Error('no process takes it');
      try {
        client ??= await connectTwo(urls[at % urls.length] ?? '', identity, { packings: ['deflate'] });
        const outcomes = await client.offer(rows, 5_000);
        if (gateways.isDying && !gateways.isBack && urls[at % urls.length] === gateways.doomed) {
          gateways.unread += 1;
          throw new Error('the answer is lost');
        }
        const [one, two, three, four] = outcomes;
        note(one, fresh, taken);
        note(two, second, taken);
        note(four, third, taken);
        if (typeof three === 'number') taken.asides.add(replaced.rev);
        if ([one, two, three, four].every((each) => typeof each === 'number')) break;
      } catch {
        at += 1;
        await client?.close().catch(quiet);
        client = undefined;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    if (!isAfterReturn) continue;
    roundsBack += 1;
    if (urls[at % urls.length] === gateways.doomed) throughReturned += 1;
  }
  throw new Error('the killed gateway never came back');
}
