import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleCenter, type CenterCore } from '#center/center-core.ts';
import { createNewsBus, type NewsBus } from '#center/feed/bus.ts';
import { type Database, openDatabase } from '#center/postgres/database.ts';
import { systemEffects } from '#center/system-effects.ts';
import { CollectionNameSchema, recordSchemas } from '#contracts/records/registry.ts';
import { ChallengeSchema, WelcomeSchema } from '#contracts/wire/center-messages.ts';
import { createPacker, type Packer } from '#sync/packing/packer.ts';
import { brokenBytes, brokenText, fuzzDice, fuzzTimes, mutate } from '#testing/sync/wire-mutations.ts';
import { type CenterWorld, startWorld } from './center-world.ts';
import { type MemoryLine, memoryLine } from './memory-line.ts';
import { aside, facilityA, offered, offeredDelta, patientRow, renamed } from './test-records.ts';
import { connect, type Identity, newKey, proofFor } from './wire-client.ts';
import { connectTwo } from './wire-client-two.ts';

setFlagsFromString('--expose_gc');
const collectGarbage: () => void = runInNewContext('gc');
const heap = () => {
  collectGarbage();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
};
const allowedGrowth = 80 * 1024 * 1024;
/** Memory of buffers is given back beside the thread, some time after they were collected. */
const freedWithin = { timeout: 20_000, interval: 200 };

let world: CenterWorld;
let database: Database;
let bus: NewsBus;
let core: CenterCore;
const complaints: string[] = [];

beforeAll(async () => {
  world = await startWorld();
  const effects = systemEffects((line) => complaints.push(line));
  database = openDatabase(world.center.postgresUrl, effects.log);
  bus = createNewsBus(database, world.center.postgresUrl, effects);
  const limits = { failedEnrolmentsPerMinute: 1_000_000 };
  core = await assembleCenter({ database, bus, effects, backup: 'commit', limits });
});
afterAll(async () => {
  await core?.close();
  await bus?.close();
  await database?.close();
  await world?.close();
});

type Dice = ReturnType<typeof fuzzDice>;

/** One line to the gateway under test. */
function dial(): MemoryLine {
  const line = memoryLine();
  core.gateway.accept(line.line);
  return line;
}

async function nextMessage(line: MemoryLine, packer?: Packer): Promise<unknown> {
  await line.changed();
  const message = line.sent.shift();
  if (message === undefined) return undefined;
  if (typeof message === 'string') return JSON.parse(message);
  return packer === undefined ? undefined : JSON.parse(packer.unpack(message));
}

const Refused = v.object({ type: v.literal('refused'), code: v.string() });
const hello = { type: 'hello', protocol: 2, program: 'fuzz', packings: ['zstd'], dictionaries: [] };

async function prove(line: MemoryLine, identity: Identity) {
  line.send(JSON.stringify(hello));
  const challenge = v.parse(ChallengeSchema, await nextMessage(line));
  const proof = proofFor(identity, challenge);
  line.send(JSON.stringify(proof));
  return { proof, answer: await nextMessage(line) };
}

interface Welcomed {
  readonly line: MemoryLine;
  readonly packer: Packer;
  tell(message: unknown): void;
}

async function welcomed(identity: Identity): Promise<Welcomed> {
  const line = dial();
  const { answer } = await prove(line, identity);
  const welcome = v.parse(WelcomeSchema, answer);
  identity.ticket = welcome.ticket;
  const packer = createPacker('zstd', null);
  const tell = (message: unknown) => line.send(packer.pack(JSON.stringify(message)));
  tell({ type: 'confirm-ticket', ticket: welcome.ticket });
  return { line, packer, tell };
}

/** Lets the gateway deal with everything that was sent; ends the line if it still stands. */
async function settle(line: MemoryLine, waitMs = 5): Promise<void> {
  for (let turn = 0; turn < 200 && line.isOpen; turn += 1) {
    const before = line.sent.length;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (line.sent.length === before) break;
  }
  line.hangUp();
}

const uuid = '0199b000-0000-7000-8000-000000000001';

const strangers = (): readonly unknown[] => [
  hello,
  { type: 'hello', protocol: 1, program: 'x' },
  { type: 'enrol', code: 'AAAAA-AAAAA', publicKey: newKey().publicKey, label: 'x' },
  { type: 'prove', device: uuid, ticket: '0'.repeat(64), signature: 'A'.repeat(86) },
  { type: 'wiped', device: uuid },
  { type: 'offer', batch: 1, rows: [offered(patientRow(facilityA))] },
];

function messages(dice: Dice): readonly unknown[] {
  const row = patientRow(facilityA);
  const edit = renamed(row, 'Boshqa');
  const flow = { flow: dice.integer(0, 40), credit: dice.integer(0, 64), portionBytes: 4_096 };
  return [
    { type: 'offer', batch: dice.integer(0, 9), rows: [offered(row), offeredDelta(edit, row), aside(edit)] },
    { type: 'offer', batch: dice.integer(0, 9), rows: [offeredDelta(edit, row)] },
    { type: 'follow', ...flow, scope: facilityA, lane: dice.integer(0, 3), since: dice.integer(0, 1e6) },
    { type: 'grant', ...flow },
    { type: 'fetch', request: 1, scope: facilityA, records: [{ collection: 'patients', id: row.id }] },
    { type: 'digest', request: 2, scope: facilityA },
    { type: 'list', request: 3, scope: facilityA, bucket: dice.integer(0, 63) },
    {
      type: 'status',
      backlog: 0,
      oldestPendingAt: null,
      quarantined: 0,
      openReviews: 0,
      clock: 1,
      healed: 0,
    },
    { type: 'confirm-ticket', ticket: '0'.repeat(64) },
    { type: 'wiped', device: uuid },
    ...strangers(),
  ];
}

const count = async (table: string) =>
  Number((await world.sql.query(`select count(*) as count from ${table}`)).rows[0]?.count);
const documents = async () => (await count('doc')) + (await count('doc_history'));

describe('GAT-4: whatever a stranger sends, the center stands and keeps nothing', () => {
  const wanted = 34_000 * fuzzTimes;
  it(`${wanted} messages before any welcome`, { timeout: 120_000 * fuzzTimes }, async () => {
    const dice = fuzzDice(21);
    const stored = await documents();
    const before = heap();
    for (let sent = 0; sent < wanted; ) {
      const line = dial();
      if (dice.chance(0.4)) {
        line.send(JSON.stringify(hello));
        await nextMessage(line);
      }
      const number = dice.integer(1, 8);
      for (let each = 0; each < number; each += 1) {
        const message = dice.pick(strangers());
        const packed = dice.chance(0.1)
          ? createPacker('zstd', null).pack(JSON.stringify(message))
          : undefined;
        line.send(packed === undefined ? brokenText(message, dice) : brokenBytes(packed, dice));
      }
      sent += number;
      if (dice.chance(0.05)) await settle(line);
      else line.hangUp();
    }
    await expect.poll(() => heap() - before, freedWithin).toBeLessThan(allowedGrowth);
    expect(await documents()).toBe(stored);
    expect(await count('quarantine')).toBe(0);
    await expectSound();
  });

  it('a revoked device is refused with a word, replayed proofs too, and nothing of it is kept', async () => {
    const dice = fuzzDice(22);
    const identity = await world.enrol();
    const honest = dial();
    const { proof } = await prove(honest, identity);
    honest.hangUp();
    await core.revoke(identity.device);
    const stored = await documents();
    for (let round = 0; round < 300 * fuzzTimes; round += 1) {
      const line = dial();
      const again = await prove(line, identity);
      expect(v.parse(Refused, again.answer).code).toBe('sync.device-revoked');
      line.send(brokenText(dice.pick(messages(dice)), dice));
      const replay = dial();
      replay.send(JSON.stringify(hello));
      await nextMessage(replay);
      replay.send(JSON.stringify(proof));
      expect(v.parse(Refused, await nextMessage(replay)).code).toBe('sync.proof-refused');
      for (const each of [line, replay]) each.hangUp();
    }
    expect(await documents()).toBe(stored);
    await expectSound();
  });
});

describe('GAT-4: whatever a workstation sends after its welcome', () => {
  const wanted = 4_000 * fuzzTimes;
  it(`${wanted} messages, packed well and badly`, { timeout: 180_000 * fuzzTimes }, async () => {
    const dice = fuzzDice(23);
    const identity = await world.enrol();
    const before = heap();
    for (let sent = 0; sent < wanted; ) {
      const { line, packer, tell } = await welcomed(identity);
      const number = dice.integer(1, 30);
      const earlier: unknown[] = [];
      for (let each = 0; each < number && line.isOpen; each += 1) {
        const message = each % 4 === 3 ? dice.pick(earlier) : choose(dice);
        earlier.push(message);
        tell(message);
        sent += 1;
        if (each % 6 === 5) await new Promise((resolve) => setImmediate(resolve));
      }
      const last = packer.pack(JSON.stringify(dice.pick(messages(dice))));
      line.send(dice.chance(0.1) ? last.slice(0, 3) : brokenBytes(last, dice));
      sent += 1;
      await settle(line);
    }
    await expect.poll(() => heap() - before, freedWithin).toBeLessThan(allowedGrowth);
    expect(await count('quarantine')).toBeGreaterThan(100);
    await expectOnlySoundDocuments();
    await expectSound();
  });
});

/** Mostly messages of the right shape with strange content, because any other one ends the connection. */
function choose(dice: Dice): unknown {
  const message = dice.pick(messages(dice).slice(0, 8));
  if (dice.chance(0.03)) return mutate(message, dice) ?? null;
  const offer = v.safeParse(v.looseObject({ type: v.literal('offer'), rows: v.array(v.unknown()) }), message);
  if (!offer.success) return message;
  return { ...offer.output, rows: offer.output.rows.map((row) => mutate(row, dice) ?? null) };
}

/** What lies in the tables fits its schema, whatever came. */
async function expectOnlySoundDocuments(): Promise<void> {
  const stored = await world.sql.query<{ collection: string; body: string }>(
    'select collection, body from doc union all select collection, body from doc_history',
  );
  expect(stored.rows.length).toBeGreaterThan(0);
  for (const { collection, body } of stored.rows) {
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
