import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { ScopeSchema } from '#contracts/ids.ts';
import { countOf, type SharingWorld } from './sharing-world.ts';

const VersionSchema = v.object({
  scope: ScopeSchema,
  collection: v.string(),
  id: v.string(),
  rev: v.string(),
  home: v.nullable(v.string()),
});

/**
 * What has to hold whenever no errand is left: digests are those of the documents, feeds are dense and end with every
 * newest version, each record is at home in one facility, copies are what their homes have, and nobody's copy lacks a home.
 */
export async function checkEverything(world: SharingWorld, frozen: readonly string[] = []): Promise<void> {
  const documents = await world.database.rows(
    { name: '', text: 'select scope, collection, id::text as id, rev, home from doc' },
    VersionSchema,
    [],
  );
  const homes = new Map<string, v.InferOutput<typeof VersionSchema>>();
  for (const document of documents.filter(({ home }) => home === null)) {
    const key = `${document.collection}/${document.id}`;
    if (homes.has(key)) throw new Error(`${key} is at home twice`);
    homes.set(key, document);
  }
  for (const document of documents.filter(({ home }) => home !== null)) {
    const key = `${document.collection}/${document.id}`;
    const home = homes.get(key);
    if (home === undefined) throw new Error(`${key} is at home nowhere`);
    if (frozen.includes(`${document.scope}/${key}`)) continue;
    if (home.rev !== document.rev) throw new Error(`${key} at ${document.scope} is not as at ${home.scope}`);
    if (home.scope !== document.home) throw new Error(`${key} at ${document.scope} does not know its home`);
  }
  await checkDigests(world, documents);
  await checkFeeds(world);
}

const HeadSchema = v.object({ scope: ScopeSchema, digests: v.string() });

async function checkDigests(
  world: SharingWorld,
  documents: readonly v.InferOutput<typeof VersionSchema>[],
): Promise<void> {
  const text = 'select scope, digests::text as digests from scope_head';
  const heads = await world.database.rows({ name: '', text }, HeadSchema, []);
  for (const { scope, digests } of heads) {
    const buckets = Array.from({ length: 64 }, () => new Uint8Array(16));
    for (const { collection, id, rev } of documents.filter((document) => document.scope === scope)) {
      const hash = createHash('sha256').update(`${collection}\n${id}\n${rev}`).digest();
      const bucket = buckets[Number.parseInt(id.slice(-2), 16) % 64];
      for (let byte = 0; byte < 16; byte += 1) {
        if (bucket !== undefined) bucket[byte] = (bucket[byte] ?? 0) ^ (hash[byte] ?? 0);
      }
    }
    const bits = buckets
      .flatMap((bucket) => [...bucket].map((byte) => byte.toString(2).padStart(8, '0')))
      .join('');
    if (bits !== digests) throw new Error(`the digest of ${scope} is not that of its records`);
  }
}

async function checkFeeds(world: SharingWorld): Promise<void> {
  const gaps = await countOf(
    world,
    'select count(*) as count from scope_head h where head <> (select count(*) from feed f where f.scope = h.scope)',
  );
  if (gaps > 0) throw new Error('a feed has gaps');
  const unfed = await countOf(
    world,
    `select count(*) as count from doc d where not exists (
      select 1 from feed f where f.scope = d.scope and f.collection = d.collection and f.id = d.id and f.rev = d.rev)`,
  );
  if (unfed > 0) throw new Error('a newest version stands in no feed');
}
