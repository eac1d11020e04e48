import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { loadIdentity } from '#center/identity.ts';
import { openDatabase } from '#center/postgres/database.ts';
import { systemEffects } from '#center/system-effects.ts';
import { recordSchemas } from '#contracts/records/registry.ts';
import { type PackingDictionary, readBuiltInDictionaries } from '#sync/packing/dictionaries.ts';
import { dictionariesOf } from '#sync/packing/dictionary-pack.ts';
import { runCenter } from './center-process.ts';
import { type CenterWorld, startWorld } from './center-world.ts';
import { facilityA, facilityB } from './test-records.ts';
import type { Identity } from './wire-client.ts';
import { connectTwo } from './wire-client-two.ts';

const limitMs = 60_000;
const text = '{"type":"durable","scope":"SAM000123","seq":7}\n'.repeat(50);
let world: CenterWorld;
let file: string;

beforeAll(async () => {
  world = await startWorld();
  file = join(world.dataFolder, 'dictionary.jsonl');
  await writeFile(file, text);
}, limitMs);
afterAll(async () => {
  await world.close();
  await rm(file, { force: true });
}, limitMs);

const publish = () => runCenter(['publish-dictionary', '--file', file, '--data-folder', world.dataFolder]);

async function centerKey(): Promise<string> {
  const database = openDatabase(world.center.postgresUrl, () => undefined, 1);
  const { publicKey } = await loadIdentity(
    database,
    systemEffects(() => undefined),
  );
  await database.close();
  return publicKey;
}

async function packsOf(scope: string) {
  const { rows } = await world.sql.query<{ body: string }>(
    `select d.body from doc d join feed f on f.scope = d.scope and f.id = d.id and f.rev = d.rev
     where d.scope = $1 and d.collection = 'reference'`,
    [scope],
  );
  return rows
    .map(({ body }) => v.parse(recordSchemas.reference, JSON.parse(body)).body)
    .filter((body) => body.kind === 'pack');
}

async function dictionaryOfWelcome(
  url: string,
  identity: Identity,
  dictionaries: readonly PackingDictionary[],
) {
  const client = await connectTwo(url, identity, { packings: ['zstd'], dictionaries });
  expect(await client.digest()).toMatchObject({ scope: identity.scope });
  await client.close();
  return client.welcome.dictionary;
}

it(
  'signs a dictionary once, sends it to every facility, and the running center and the next start use it (PCK-7)',
  async () => {
    const identity = await world.enrol();
    expect(await publish()).toMatchObject({
      code: 0,
      output: expect.stringContaining('Dictionary 2 is on its way to 2'),
    });
    for (const scope of [facilityA, facilityB]) {
      const [held] = dictionariesOf(readBuiltInDictionaries(), await packsOf(scope), await centerKey());
      expect(held?.version).toBe(2);
      expect(Buffer.from(held?.bytes ?? []).toString('utf8')).toBe(text);
    }
    expect(await publish()).toMatchObject({
      output: expect.stringContaining('Dictionary 2 is on its way to 0'),
    });
    expect(await packsOf(facilityA)).toHaveLength(1);
    await writeFile(file, `${text}{"type":"durable","scope":"SAM000123","seq":8}\n`);
    expect(await publish()).toMatchObject({
      output: expect.stringContaining('Dictionary 3 is on its way to 2'),
    });
    const next = await world.startSecond();
    const held = dictionariesOf(readBuiltInDictionaries(), await packsOf(facilityA), await centerKey());
    expect(held.map(({ version }) => version)).toEqual([3, 2, 1]);
    expect(await dictionaryOfWelcome(next.url, identity, held)).toBe(3);
    await vi.waitUntil(
      async () => (await dictionaryOfWelcome(world.center.url, identity, held)) === 3,
      5_000,
    );
    await next.close();
  },
  limitMs,
);

it(
  'refuses a file that is no dictionary or is not there',
  async () => {
    await writeFile(file, 'x'.repeat(70_000));
    expect((await publish()).code).toBe(1);
    await rm(file);
    expect((await publish()).code).toBe(1);
    expect(await packsOf(facilityA)).toHaveLength(2);
  },
  limitMs,
);
