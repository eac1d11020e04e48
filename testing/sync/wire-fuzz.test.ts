import { isDeepStrictEqual } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { recordSchemas } from '#contracts/records/registry.ts';
import { maxMessageBytes } from '#contracts/wire/protocol.ts';
import { parseCenterMessage, readCenterMessage } from '#sync/client/center-message.ts';
import { MessagePacking, PackingEnd } from '#sync/client/message-packing.ts';
import { SessionEnd } from '#sync/client/session-end.ts';
import { canonicalJson } from '#sync/merge/canonical-json.ts';
import { createPacker } from '#sync/packing/packer.ts';
import { type HonestUpTo, type Lie, lyingCenter } from './lying-center.ts';
import { ReadTally } from './read-tally.ts';
import { facility, SyncWorld, type Workstation } from './sync-world.ts';
import { bombsOf } from './wire-bombs.ts';
import { brokenBytes, brokenText, fuzzDice, fuzzTimes } from './wire-mutations.ts';
import { registerPatient } from './world-edits.ts';

setFlagsFromString('--expose_gc');
const collectGarbage: () => void = runInNewContext('gc');
const heap = () => {
  collectGarbage();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
};
const allowedGrowth = 60 * 1024 * 1024;
/** Memory of buffers is given back beside the thread, some time after they were collected. */
const freedWithin = { timeout: 20_000, interval: 200 };

const uuid = '0199b000-0000-7000-8000-000000000001';
const rev = '1-00000000000000000000000000000000';
const at = 1_790_000_000_000;

/** One message of each kind, as an honest center sends it. */
const honest: readonly unknown[] = [
  { type: 'challenge', protocol: 2, center: uuid, nonce: '0'.repeat(64) },
  {
    type: 'enrolled',
    device: uuid,
    scope: facility,
    ticket: '0'.repeat(64),
    certificate: 'A',
    centerKey: 'A',
  },
  { type: 'welcome', epoch: uuid, ticket: '0'.repeat(64), scopes: [{ scope: facility, head: 3 }], at },
  { type: 'wipe', device: uuid, signature: 'A'.repeat(88) },
  { type: 'refused', code: 'sync.overloaded', retry: true },
  { type: 'verdicts', batch: 1, verdicts: [{ verdict: 'ok', op: uuid, rev, seq: 1, at }] },
  { type: 'outcomes', batch: 1, at, outcomes: [1, { verdict: 'conflict', record: {} }] },
  {
    type: 'frame',
    epoch: uuid,
    scope: facility,
    lane: 1,
    since: 0,
    through: 1,
    head: 1,
    crc: 0,
    documents: [{ seq: 1, collection: 'patients', record: {} }],
  },
  {
    type: 'portion',
    flow: 1,
    epoch: uuid,
    since: 0,
    through: 1,
    head: 1,
    crc: 0,
    documents: [{ seq: 1, collection: 'visits', withdrawn: uuid }],
  },
  { type: 'fetched', request: 1, documents: [{ collection: 'patients', record: {} }], absent: [] },
  { type: 'digests', request: 1, scope: facility, seq: 1, buckets: Array(64).fill('0'.repeat(32)) },
  { type: 'inventory', request: 1, seq: 1, records: [['patients', uuid, rev]], isLast: true },
  { type: 'hint', scope: facility, head: 4 },
  { type: 'durable', scope: facility, seq: 2 },
];

/** Everything on the workstation's disk that an attacker could want to change. */
function contentOf({ replica }: Workstation): string {
  const records = (['patients', 'visits', 'staff', 'reference', 'reviews', 'requests'] as const).flatMap(
    (collection) => replica.find(collection, {}),
  );
  return canonicalJson([...records, ...replica.outbox.pending(1_000)]);
}

function expectOnlySound({ replica, trouble }: Workstation): void {
  for (const collection of ['patients', 'visits', 'staff', 'reference', 'reviews', 'requests'] as const) {
    for (const record of replica.find(collection, {})) v.parse(recordSchemas[collection], record);
  }
  expect(trouble.filter((each) => !(each instanceof SessionEnd))).toEqual([]);
}

/** A nurse with unsent writes who is not running, and lacks the newest document of the feed. */
async function nurseWithWork(seed: number, work = 3): Promise<{ world: SyncWorld; nurse: Workstation }> {
  const world = new SyncWorld(seed);
  const [nurse, doctor] = await world.start(2);
  if (nurse === undefined || doctor === undefined) throw new Error('no workstation');
  for (let count = 0; count < 5; count += 1) registerPatient(world, doctor);
  expect(await world.heal(3_600_000)).toBe(true);
  nurse.goOffline();
  registerPatient(world, doctor);
  await world.time.advance(60_000);
  doctor.kill();
  for (let count = 0; count < work; count += 1) registerPatient(world, nurse);
  nurse.limits = { backOffFromMs: 10, backOffToMs: 20, refusedMs: 100 };
  nurse.kill();
  return { world, nurse };
}

const isPositive = (times: unknown) => typeof times === 'number' && times > 0;

/** A nurse whose center lies; each lie is counted once she has read it and come to the end it has to have. */
async function lyingStage(
  honestUpTo: HonestUpTo,
  work: number,
  how: { readonly packing?: 'zstd' | 'deflate'; readonly firstLie?: Uint8Array } = {},
) {
  const { world, nurse } = await nurseWithWork(3, work);
  const dice = fuzzDice(3);
  const read = new ReadTally();
  const ends: unknown[] = [];
  let commits = 0;
  const record = [...world.center.documents(facility).values()].at(-1)?.record;
  const news = { seq: world.head(), record };
  nurse.packing = { packings: ['zstd', 'deflate', 'none'], dictionaries: [], createPacker };
  nurse.start();
  nurse.replica.onCommit(({ records, outboxChanged }) => {
    if (records.length > 0 || outboxChanged) commits += 1;
  });
  nurse.client.onState(({ link, refusal }) => {
    if (link === 'offline' || link === 'refused') ends.push(refusal);
  });
  const speaks = () => ends.splice(0);
  const heard = ({ fault, code }: Lie, hasEnded: () => boolean) => {
    expect({ fault, code, hasEnded: hasEnded() }).toEqual({ fault, code, hasEnded: code !== null });
    if (code !== null) expect({ fault, ends: ends.splice(0) }).toEqual({ fault, ends: [code] });
    nurse.trouble.splice(0).forEach(expectSessionEnd);
    read.note(fault, code ?? 'read on');
  };
  nurse.dialInstead = () => {
    const { firstLie, packing = dice.pick(['none', 'none', 'none', 'zstd', 'deflate'] as const) } = how;
    const first = firstLie === undefined ? {} : { firstLie };
    return lyingCenter({ world, dice, honestUpTo, packing, news, speaks, heard, ...first });
  };
  const listen = async (wanted: number) => {
    nurse.isOnline = true;
    for (let round = 0; round < 1_000 + wanted && read.total < wanted; round += 1) {
      await world.time.advance(wanted < 100 ? 10 : 1_000);
    }
    expect(read.total).toBeGreaterThanOrEqual(wanted);
  };
  return { world, nurse, read, listen, commits: () => commits };
}

const expectSessionEnd = (trouble: unknown) => expect(trouble).toBeInstanceOf(SessionEnd);

describe('LNK-2: whatever a center sends, the workstation stands', () => {
  it(`reads ${20_000 * fuzzTimes} broken messages with a typed end, or as one that fits`, async () => {
    const dice = fuzzDice(1);
    const before = heap();
    let understood = 0;
    for (let count = 0; count < 20_000 * fuzzTimes; count += 1) {
      const { text } = brokenText(dice.pick(honest), dice);
      const read = () => readCenterMessage({ text, utf8: Buffer.from(text) }).message;
      try {
        const message = parseCenterMessage(text);
        understood += 1;
        // However it came; half characters become others on the way.
        if (text.isWellFormed()) expect(isDeepStrictEqual(read(), message)).toBe(true);
      } catch (error) {
        if (!(error instanceof SessionEnd)) throw error;
        expect(read).toThrow(SessionEnd);
      }
    }
    expect(understood).toBeLessThan(9_000 * fuzzTimes);
    await expect.poll(() => heap() - before, freedWithin).toBeLessThan(allowedGrowth);
  });

  it(`unpacks ${6_000 * fuzzTimes} broken packed messages with a typed end, or as what was sent`, async () => {
    const dice = fuzzDice(2);
    const before = heap();
    for (const kind of ['zstd', 'deflate'] as const) {
      const choice = { packings: [kind], dictionaries: [], createPacker };
      for (let count = 0; count < 3_000 * fuzzTimes; count += 1) {
        const packing = new MessagePacking(choice);
        packing.begin({
          type: 'welcome',
          epoch: uuid,
          ticket: '',
          scopes: [],
          at,
          packing: kind,
          dictionary: null,
        });
        const text = JSON.stringify(dice.pick(honest));
        try {
          const read = packing.unpack(brokenBytes(createPacker(kind, null).pack(text), dice));
          // A flipped bit of padding means the same; an empty message unpacks, and is none.
          if (read !== text) expect(() => parseCenterMessage(read)).toThrow(SessionEnd);
        } catch (error) {
          if (!(error instanceof PackingEnd) && !(error instanceof SessionEnd)) throw error;
        }
      }
    }
    await expect.poll(() => heap() - before, freedWithin).toBeLessThan(allowedGrowth);
  });

  const lies = [
    { honestUpTo: 'hello', work: 3, wanted: 34_000 * fuzzTimes },
    { honestUpTo: 'challenge', work: 3, wanted: 8_000 * fuzzTimes },
    { honestUpTo: 'welcome', work: 3, wanted: 6_000 * fuzzTimes },
    { honestUpTo: 'portion', work: 3, wanted: 4_000 * fuzzTimes },
    { honestUpTo: 'portion', work: 0, wanted: 3_000 * fuzzTimes },
  ] as const;
  it.each(lies)(
    'stores nothing of $wanted lies of a center that is honest up to its $honestUpTo, $work writes unsent, and sends them to the next honest one',
    { timeout: 120_000 * fuzzTimes },
    async ({ honestUpTo, work, wanted }) => {
      const stage = await lyingStage(honestUpTo, work);
      const { world, nurse, read } = stage;
      // What an honest portion brings is stored, once.
      await stage.listen(1);
      const before = { commits: stage.commits(), content: contentOf(nurse), heap: heap() };
      expect(before.commits).toBe(honestUpTo === 'portion' ? 1 : 0);
      await stage.listen(wanted);
      const faults = [
        'truncated',
        'nested',
        'doubled',
        'noise',
        'oversized',
        'wrong-types',
        'bytes',
        'right shape',
      ];
      if (honestUpTo === 'welcome' || honestUpTo === 'portion') {
        faults.push('text', 'wrong-types under its checksum');
        expect(read.answered('read on')).toBeGreaterThan(wanted / 200);
      }
      for (const fault of faults) {
        expect({ fault, times: read.of(fault) }).toEqual({ fault, times: expect.toSatisfy(isPositive) });
      }
      expect(read.answered('sync.unknown-message')).toBeGreaterThan(wanted / 3);
      expect(read.answered('sync.overloaded')).toBeGreaterThan(0);
      expect(stage.commits()).toBe(before.commits);
      expect(contentOf(nurse)).toBe(before.content);
      expectOnlySound(nurse);
      await expect.poll(() => heap() - before.heap, freedWithin).toBeLessThan(allowedGrowth);
      nurse.dialInstead = undefined;
      expect(await world.heal(3_600_000)).toBe(true);
      await world.time.advance(60_000);
      expect(nurse.client.state()).toMatchObject({ link: 'online', unsent: 0 });
      expect(world.center.history(facility).length).toBe(6 + work);
    },
  );

  it('ends the connection at what unpacks to more than any message may hold', {
    timeout: 60_000,
  }, async () => {
    const bombs = bombsOf({ type: 'hint', scope: facility, head: 4 });
    const before = heap();
    for (const { packing, bytes } of bombs) {
      const stage = await lyingStage('welcome', 3, { packing, firstLie: bytes });
      await stage.listen(5);
      expect(stage.read.of('bomb')).toBeGreaterThan(0);
      expect(stage.commits()).toBe(0);
    }
    await expect.poll(() => heap() - before, freedWithin).toBeLessThan(allowedGrowth);
  });

  it('survives a link that breaks, doubles and swaps what an honest center says', async () => {
    const { world, nurse } = await nurseWithWork(4);
    const dice = fuzzDice(4);
    const before = heap();
    let changed = 0;
    let last = '{}';
    nurse.rewrite = (text) => {
      if (dice.chance(0.6)) {
        last = text;
        return text;
      }
      changed += 1;
      const other = dice.chance(0.2) ? last : changeOf(text, dice);
      last = text;
      return other;
    };
    nurse.start();
    const wanted = 1_000 * fuzzTimes;
    for (let round = 0; round < 2_000 * fuzzTimes && changed < wanted; round += 1) {
      if (round % 20 === 0) registerPatient(world, nurse);
      nurse.isOnline = true;
      await world.time.advance(5_000);
    }
    expect(changed).toBeGreaterThanOrEqual(wanted);
    expectOnlySound(nurse);
    await expect.poll(() => heap() - before, freedWithin).toBeLessThan(allowedGrowth);
  });
});

/** Numbers of feed positions and verdicts are believed, so those of an honest center are not made up here. */
function changeOf(text: string, dice: Parameters<typeof brokenText>[1]): string {
  const message: unknown = JSON.parse(text);
  const isBelieved = /"type":"(outcomes|durable|verdicts)"/.test(text.slice(0, 40));
  return isBelieved ? text.slice(0, dice.integer(0, text.length - 1)) : brokenText(message, dice).text;
}

it('has messages that are too long among its own', () => {
  expect(
    brokenText('x', { ...fuzzDice(5), integer: () => 5, chance: () => true }).text.length,
  ).toBeGreaterThan(maxMessageBytes);
});
