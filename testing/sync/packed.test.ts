import { generateKeyPairSync, sign } from 'node:crypto';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { RevisionSchema } from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import type { PackingChoice } from '#sync/client/message-packing.ts';
import { readBuiltInDictionaries } from '#sync/packing/dictionaries.ts';
import { makeDictionaryPack } from '#sync/packing/dictionary-pack.ts';
import { HeldDictionaries } from '#sync/packing/held-dictionaries.ts';
import { createPacker } from '#sync/packing/packer.ts';
import { MemoryReplica } from '../doubles/memory-replica.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import { checkInvariants } from './invariants.ts';
import { randomPerson, randomRecordId } from './random-bodies.ts';
import { runRandomWorld } from './random-world.ts';
import { facility, SyncWorld, type Workstation } from './sync-world.ts';
import { amendPatient, registerPatient } from './world-edits.ts';

const dictionaries = readBuiltInDictionaries();
const zstd: PackingChoice = { packings: ['zstd', 'deflate'], dictionaries, createPacker };
const deflate: PackingChoice = { packings: ['deflate'], dictionaries, createPacker };

async function packed(
  seed: number,
  nursePacking: PackingChoice | undefined,
  centerPacking: PackingChoice | undefined,
): Promise<{ readonly world: SyncWorld; readonly nurse: Workstation; readonly texts: string[] }> {
  const world = new SyncWorld(seed);
  world.center.packing = centerPacking;
  const nurse = await world.enrol();
  nurse.packing = nursePacking;
  const texts: string[] = [];
  nurse.faults = (_direction, text) => {
    texts.push(text);
    return 'deliver';
  };
  nurse.start();
  await world.time.advance(1000);
  return { world, nurse, texts };
}

describe('a packed connection (PCK-1)', () => {
  it.each([
    ['zstd', zstd, zstd],
    ['deflate', deflate, zstd],
    ['zstd without a common dictionary', { ...zstd, dictionaries: [] }, zstd],
  ])('exchanges everything after the welcome as bytes: %s', async (_what, nursePacking, centerPacking) => {
    const { world, nurse, texts } = await packed(1, nursePacking, centerPacking);
    const id = registerPatient(world, nurse);
    await world.time.advance(2000);
    amendPatient(world, nurse, id);
    expect(await world.heal()).toBe(true);
    const types = texts.filter((text) => text !== '').map((text) => /"type":"([a-z]+)"/.exec(text)?.[1]);
    expect(types).toEqual(['hello', 'challenge', 'prove', 'welcome']);
    expect(texts.length).toBeGreaterThan(12);
    checkInvariants(world, 'packed');
  });

  it('stays text when one side packs nothing', async () => {
    const { world, nurse, texts } = await packed(2, zstd, undefined);
    registerPatient(world, nurse);
    await world.time.advance(2000);
    expect(texts).not.toContain('');
    checkInvariants(world, 'text');
  });

  it('does not use what it did not offer: the connection ends', async () => {
    const { world, nurse } = await packed(3, { ...zstd, packings: ['none'] }, undefined);
    nurse.rewrite = (text) => text.replace('"packing":"none"', '"packing":"zstd"');
    nurse.cutLink();
    await world.time.advance(10_000);
    expect(nurse.client.state().refusal).toBe('sync.unknown-message');
  });

  it('ends at a packed message that was altered, and goes on by a new connection', async () => {
    const { world, nurse } = await packed(4, zstd, zstd);
    let messages = 0;
    nurse.alter = (bytes) => {
      messages += 1;
      if (messages === 4) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      return bytes;
    };
    nurse.cutLink();
    for (let count = 0; count < 5; count += 1) {
      registerPatient(world, nurse);
      await world.time.advance(3000);
    }
    expect(nurse.trouble.map(String)).toEqual(['SessionEnd: misunderstood: packing']);
    expect(await world.heal()).toBe(true);
    checkInvariants(world, 'altered', { mayMisunderstand: true });
  });
});

describe('a portion of records that are here and records that are not', () => {
  it('is stored whole, in any order of both, and nothing has to be healed', async () => {
    const { world, nurse } = await packed(5, zstd, zstd);
    const other = await world.enrol();
    other.packing = zstd;
    other.start();
    const here = [1, 2, 3].map(() => registerPatient(world, nurse));
    await world.time.advance(5000);
    expect(other.replica.count('patients', {})).toBe(here.length);
    other.goOffline();
    const fresh = here.map((id) => {
      amendPatient(world, nurse, id);
      return registerPatient(world, nurse);
    });
    const ids = [...here, ...fresh];
    await world.time.advance(5000);
    other.isOnline = true;
    await world.time.advance(60_000);
    const versions = (workstation: Workstation) => ids.map((id) => workstation.replica.get('patients', id));
    expect(versions(other)).toEqual(versions(nurse));
    expect(other.client.state().healed).toBe(0);
    checkInvariants(world, 'new and known');
  });
});

describe('random worlds with packed messages', () => {
  const weather = { steps: 40, faultRate: 0.03, restores: true, putsOff: true, clockJumps: true };
  it('come to rest with nothing lost', async () => {
    for (let seed = 500_000; seed < 500_006; seed += 1) await runRandomWorld(seed, weather, zstd);
  });
});

describe('the dictionaries of a workstation (PCK-7)', () => {
  it('grow by what the center publishes and signs, and stay the same objects', async () => {
    const keys = generateKeyPairSync('ed25519');
    const raw = Buffer.from(keys.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64');
    const replica = new MemoryReplica();
    const held = new HeldDictionaries(dictionaries, replica, raw);
    expect(held.read().map(({ version }) => version)).toEqual([1]);
    const body = makeDictionaryPack({ version: 2, bytes: Buffer.from('{"a":1}\n') }, (text) =>
      sign(null, Buffer.from(text), keys.privateKey).toString('base64'),
    );
    const random = new SeededRandom(1);
    const author = randomPerson(random);
    const record: RecordOf<'reference'> = {
      id: randomRecordId(random),
      scope: facility,
      rev: v.parse(RevisionSchema, `1-${'a'.repeat(32)}`),
      author,
      device: v.parse(
        v.custom<RecordOf<'reference'>['device']>(() => true),
        author,
      ),
      capturedAt: 1,
      hlc: v.parse(
        v.custom<RecordOf<'reference'>['hlc']>(() => true),
        '000000000001-0000-00000000',
      ),
      body,
    };
    await replica.transact((transaction) => transaction.put('reference', record));
    const first = held.read();
    expect(first.map(({ version }) => version)).toEqual([2, 1]);
    expect(held.read().map(({ bytes }) => bytes)).toEqual(first.map(({ bytes }) => bytes));
    expect(held.read()[0]).toBe(first[0]);
  });
});
