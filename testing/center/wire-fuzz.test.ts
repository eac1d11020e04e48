import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleCenter, type CenterCore } from '#center/center-core.ts';
import { createNewsBus, type NewsBus } from '#center/feed/bus.ts';
import { type Database, openDatabase } from '#center/postgres/database.ts';
import { systemEffects } from '#center/system-effects.ts';
import { CollectionNameSchema, recordSchemas } from '#contracts/records/registry.ts';
import { ReadTally } from '#testing/sync/read-tally.ts';
import { bombsOf } from '#testing/sync/wire-bombs.ts';
import { fuzzDice, fuzzTimes } from '#testing/sync/wire-mutations.ts';
import { type CenterWorld, startWorld } from './center-world.ts';
import {
  challenged,
  dial,
  type FuzzLine,
  heap,
  proven,
  welcomed,
  wordOf,
  wordsBeforeWelcome,
} from './fuzz-lines.ts';
import {
  type Dice,
  isOffer,
  messageOfRevoked,
  nurse,
  odd,
  row,
  strangeMessage,
  unreadable,
} from './fuzz-messages.ts';
import { facilityA, offered, patientRow } from './test-records.ts';
import { connect, type Identity } from './wire-client.ts';
import { connectTwo } from './wire-client-two.ts';

const allowedGrowth = 80 * 1024 * 1024;
/** Memory of buffers is given back beside the thread, some time after they were collected. */
const freedWithin = { timeout: 20_000, interval: 200 };
/** Lines that are open at once: the database serves several while one waits for its disk. */
const atOnce = 24;

let world: CenterWorld;
let database: Database;
let bus: NewsBus;
let core: CenterCore;
let devices: readonly Identity[];
const complaints: string[] = [];

beforeAll(async () => {
  world = await startWorld();
  const effects = systemEffects((line) => complaints.push(line));
  database = openDatabase(world.center.postgresUrl, effects.log);
  bus = createNewsBus(database, world.center.postgresUrl, effects);
  // Signs of life are noted now and then: not while it is looked at whether anything was.
  const limits = { failedEnrolmentsPerMinute: 1_000_000, pingMs: 3_600_000 };
  core = await assembleCenter({ database, bus, effects, backup: 'commit', limits });
  devices = await Promise.all(Array.from({ length: atOnce }, () => world.enrol()));
});
afterAll(async () => {
  await core?.close();
  await bus?.close();
  await database?.close();
  await world?.close();
});

const bombs = bombsOf({ type: 'digest', request: 1, scope: facilityA });

/** A digest of everything the center keeps but what it knows of workstations, which every welcome changes. */
async function stored(...left: readonly string[]): Promise<string> {
  const tables = await world.sql.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
  );
  expect(tables.rows.length).toBeGreaterThan(10);
  const digests = tables.rows
    .filter(({ name }) => !left.includes(name))
    .map(
      ({ name }) =>
        `select '${name} ' || md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as digest from ${name} t`,
    );
  const { rows } = await world.sql.query<{ digest: string }>(digests.join(' union all '));
  return rows.map(({ digest }) => digest).join('\n');
}

const count = async (table: string) => world.count(`select count(*) as count from ${table}`, []);

describe('GAT-4: whatever a stranger sends, the center stands and keeps nothing', () => {
  const wanted = { opened: 34_000 * fuzzTimes, challenged: 12_000 * fuzzTimes };

  it(`${wanted.opened} messages in place of a hello, ${wanted.challenged} after the challenge, each on a line of its own`, {
    timeout: 180_000 * fuzzTimes,
  }, async () => {
    const dice = fuzzDice(21);
    const before = { stored: await stored(), heap: heap() };
    const read = { opened: new ReadTally(), challenged: new ReadTally() };
    const send = async (isChallenged: boolean) => {
      const { fault, message } = strangeMessage(dice);
      const { line, next } = isChallenged ? await challenged(core.gateway) : dial(core.gateway);
      line.send(message);
      const word = wordOf(await next());
      expect(wordsBeforeWelcome(message, isChallenged)).toContain(word);
      expect(line.isOpen).toBe(word === 'challenge');
      line.hangUp();
      read[isChallenged ? 'challenged' : 'opened'].note(fault, word);
    };
    for (const stage of ['opened', 'challenged'] as const) {
      while (read[stage].total < wanted[stage]) {
        await Promise.all(Array.from({ length: 100 }, () => send(stage === 'challenged')));
      }
      for (const fault of ['truncated', 'nested', 'doubled', 'noise', 'oversized', 'wrong-types', 'bytes']) {
        expect({ fault, times: read[stage].of(fault) }).toEqual({
          fault,
          times: expect.toSatisfy(isPositive),
        });
      }
      expect(read[stage].answered('sync.unknown-message')).toBeGreaterThan(wanted[stage] / 2);
    }
    expect(read.challenged.answered('sync.device-unknown')).toBeGreaterThan(0);
    expect(read.opened.answered('sync.protocol-mismatch')).toBeGreaterThan(0);
    expect(await stored()).toBe(before.stored);
    await expect.poll(() => heap() - before.heap, freedWithin).toBeLessThan(allowedGrowth);
    await expectSound();
  });

  it('bombs that nobody agreed to unpack', async () => {
    const before = await stored();
    for (const { bytes } of bombs) {
      for (const { line, next } of [dial(core.gateway), await challenged(core.gateway)]) {
        line.send(bytes);
        expect(wordOf(await next())).toBe('sync.unknown-message');
      }
    }
    expect(await stored()).toBe(before);
  });
});

const isPositive = (times: unknown) => typeof times === 'number' && times > 0;

describe('DEV-1: what a revoked device sends', () => {
  it(`${300 * fuzzTimes} proofs and as many that were heard before are refused with a word`, async () => {
    const identity = await world.enrol();
    const { line: first, proof: heard } = await proven(core.gateway, identity);
    first.hangUp();
    await core.revoke(identity.device);
    const before = await stored();
    for (let round = 0; round < 300 * fuzzTimes; round += 1) {
      expect(wordOf((await proven(core.gateway, identity)).word)).toBe('sync.device-revoked');
      const replay = await challenged(core.gateway);
      replay.line.send(JSON.stringify(heard));
      expect(wordOf(await replay.next())).toBe('sync.proof-refused');
    }
    expect(await stored()).toBe(before);
  });

  const wanted = 1_000 * fuzzTimes;
  it(`${wanted} messages on lines that stand because the news of it were lost: nothing is stored`, {
    timeout: 120_000 * fuzzTimes,
  }, async () => {
    const dice = fuzzDice(22);
    const read = new ReadTally();
    const ids = devices.map(({ device }) => device);
    const honest = await connectTwo(world.center.url, await world.enrol());
    await honest.offer([offered(row), offered(nurse)]);
    await honest.close();
    while (read.total < wanted) {
      const stages = await Promise.all(devices.map((identity) => welcomed(core.gateway, identity)));
      await world.sql.query('update device set revoked_at = 1 where id = any($1)', [ids]);
      const before = await stored();
      await Promise.all(
        stages.map(async (stage) => {
          const { fault, messages, word } = messageOfRevoked(dice, stage.welcome.ticket);
          for (const message of messages) stage.line.send(message);
          expect({ fault, word: wordOf(await stage.answer('outcomes', 'digests')) }).toEqual({ fault, word });
          expect(stage.line.isOpen).toBe(false);
          read.note(fault, word);
        }),
      );
      expect(await stored()).toBe(before);
      await world.sql.query('update device set revoked_at = null where id = any($1)', [ids]);
    }
    for (const fault of ['offer', 'strange rows', 'status', 'ticket', 'unreadable'])
      expect(read.of(fault)).toBeGreaterThan(wanted / 20);
    await expectSound();
  });
});

describe('GAT-4: whatever a workstation sends after its welcome', () => {
  const wanted = { unreadable: 3_000 * fuzzTimes, odd: 6_000 * fuzzTimes };

  it(`${wanted.unreadable} messages that cannot be read, each on a line of its own: nothing is kept`, {
    timeout: 120_000 * fuzzTimes,
  }, async () => {
    const dice = fuzzDice(23);
    const read = new ReadTally();
    const before = { stored: await stored('device'), heap: heap() };
    await Promise.all(
      devices.map(async (identity) => {
        while (read.total < wanted.unreadable) {
          const { fault, bytes } = unreadable(dice);
          const stage = await welcomed(core.gateway, identity);
          stage.line.send(bytes);
          expect({ fault, word: wordOf(await stage.answer()) }).toEqual({
            fault,
            word: 'sync.unknown-message',
          });
          expect(stage.line.isOpen).toBe(false);
          read.note(fault, 'sync.unknown-message');
        }
      }),
    );
    for (const fault of [
      'truncated',
      'nested',
      'doubled',
      'noise',
      'oversized',
      'wrong-types',
      'bytes',
      'text',
    ])
      expect({ fault, times: read.of(fault) }).toEqual({ fault, times: expect.toSatisfy(isPositive) });
    expect(await stored('device')).toBe(before.stored);
    await expect.poll(() => heap() - before.heap, freedWithin).toBeLessThan(allowedGrowth);
    await expectSound();
  });

  it('messages that unpack to more than any message may hold', { timeout: 60_000 }, async () => {
    const [identity] = devices;
    if (identity === undefined) throw new Error('no device');
    const before = { stored: await stored('device'), heap: heap() };
    for (const { packing, bytes } of [...bombs, ...bombs]) {
      const stage = await welcomed(core.gateway, identity, packing);
      stage.line.send(bytes);
      expect(wordOf(await stage.answer('digests'))).toBe('sync.unknown-message');
    }
    expect(await stored('device')).toBe(before.stored);
    await expect.poll(() => heap() - before.heap, freedWithin).toBeLessThan(allowedGrowth);
  });

  it(`${wanted.odd} messages of the right shape with strange content`, {
    timeout: 180_000 * fuzzTimes,
  }, async () => {
    const dice = fuzzDice(24);
    const read = new ReadTally();
    const before = heap();
    await Promise.all(
      devices.map(async (identity) => {
        while (read.total < wanted.odd) await talkOddly(await welcomed(core.gateway, identity), dice, read);
      }),
    );
    expect(read.of('offer')).toBeGreaterThan(wanted.odd / 10);
    expect(read.answered('sync.unknown-message')).toBeGreaterThan(0);
    expect(read.answered('access.forbidden')).toBeGreaterThan(0);
    await expect.poll(() => heap() - before, freedWithin).toBeLessThan(allowedGrowth);
    expect(await count('quarantine')).toBeGreaterThan(100);
    await expectOnlySoundDocuments();
    await expectSound();
  });
});

/** Some rounds of strange messages, each ended by a question: what was sent before its answer was read. */
async function talkOddly(
  stage: FuzzLine & { readonly line: { hangUp(): void } },
  dice: Dice,
  read: ReadTally,
) {
  const earlier: unknown[] = [];
  let flow = 0;
  for (let request = 100; request < 108; request += 1) {
    const sent = Array.from({ length: dice.integer(1, 6) }, (_each, place) => {
      flow += 1;
      const message = place % 4 === 3 ? dice.pick(earlier) : odd(dice, flow);
      earlier.push(message);
      return message;
    });
    for (const message of sent) stage.tell(message);
    stage.tell({ type: 'digest', request, scope: facilityA });
    // Offers are answered beside questions: the last word of all.
    let offers = sent.filter(isOffer).length;
    for (let isAsked = true; isAsked || offers > 0; ) {
      const answer = await stage.answer('outcomes', 'digests');
      if (answer === undefined || answer.type === 'refused') {
        expect(['sync.unknown-message', 'access.forbidden', 'sync.proof-refused']).toContain(wordOf(answer));
        return read.note('refused', wordOf(answer));
      }
      if (answer.type === 'outcomes') {
        offers -= 1;
        read.note('offer', 'outcomes');
      } else if (answer.type === 'digests' && answer.request === request) isAsked = false;
    }
    read.note('others', 'digests', sent.filter((message) => !isOffer(message)).length + 1);
  }
  stage.line.hangUp();
}

/** What lies in the tables fits its schema, whatever came. */
async function expectOnlySoundDocuments(): Promise<void> {
  const documents = await world.sql.query<{ collection: string; body: string }>(
    'select collection, body from doc union all select collection, body from doc_history',
  );
  expect(documents.rows.length).toBeGreaterThan(0);
  for (const { collection, body } of documents.rows) {
    v.parse(recordSchemas[v.parse(CollectionNameSchema, collection)], JSON.parse(body));
  }
}

/** An honest workstation is served as ever, and nothing in the center met a defect. */
async function expectSound(): Promise<void> {
  const old = await connect(world.center.url, await world.enrol());
  expect(await old.push([patientRow(facilityA)])).toMatchObject([{ verdict: 'ok' }]);
  await old.close();
  const recent = await connectTwo(world.center.url, await world.enrol());
  expect(await recent.offer([offered(patientRow(facilityA))])).toMatchObject([expect.any(Number)]);
  await recent.close();
  expect(complaints).toEqual([]);
}
