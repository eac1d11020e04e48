import * as v from 'valibot';
import {
  DeviceIdSchema,
  HlcSchema,
  OperationIdSchema,
  PersonIdSchema,
  RecordIdSchema,
  ScopeSchema,
} from '#contracts/ids.ts';
import { type ReferenceBody, ReferenceBodySchema } from '#contracts/records/reference.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import { revisionOf } from '#sync/merge/revision.ts';
import { readBuiltInDictionaries } from '#sync/packing/dictionaries.ts';
import { type DictionaryPack, dictionariesOf, makeDictionaryPack } from '#sync/packing/dictionary-pack.ts';
import { type CenterRecord, loadRecords } from './facilities.ts';
import type { CenterIdentity } from './identity.ts';
import type { Effects } from './ports.ts';
import type { Database, Statement } from './postgres/database.ts';
import { idFor } from './sharing/center-version.ts';

const readPacks: Statement = {
  name: 'dictionary-packs',
  text: `
select distinct (body::json -> 'body')::text as body from doc
where collection = 'reference' and body::json -> 'body' ->> 'kind' = 'pack'`,
};
const PackRowSchema = v.object({ body: v.string() });
const readScopes: Statement = {
  name: 'dictionary-scopes',
  text: 'select scope from facility order by scope',
};
const ScopeRowSchema = v.object({ scope: ScopeSchema });

/** What a published dictionary became. */
export interface PublishedDictionary {
  readonly version: number;
  /** Facilities that did not have it yet. */
  readonly facilities: number;
}

/**
 * Signs a packing dictionary and puts it into the feed of every facility as a reference pack (docs/specs/packing.md PCK-7).
 * The same bytes keep their version, so that publishing again reaches facilities that came since. Throws a RangeError
 * if it is larger than a dictionary may be.
 */
export async function publishDictionary(
  database: Database,
  identity: CenterIdentity,
  bytes: Uint8Array,
  effects: Effects,
): Promise<PublishedDictionary> {
  const packs = await readPublishedPacks(database);
  const content = Buffer.from(bytes).toString('base64');
  const known = packs.find((pack) => pack.content === content);
  const taken = [...packs, ...readBuiltInDictionaries()].map(({ version }) => version);
  const version = known?.version ?? Math.max(...taken) + 1;
  const pack = known ?? makeDictionaryPack({ version, bytes }, (text) => identity.sign(text));
  const facilities = await database.rows(readScopes, ScopeRowSchema, []);
  const at = effects.clock.now();
  const records = facilities.map(({ scope }) => packRecord(scope, pack, identity, at));
  return { version, facilities: await loadRecords(database, records, effects) };
}

/** The dictionaries of this center, newest first: what ships and what was published. */
export async function readDictionaries(database: Database, identity: CenterIdentity) {
  return dictionariesOf(readBuiltInDictionaries(), await readPublishedPacks(database), identity.publicKey);
}

async function readPublishedPacks(database: Database): Promise<readonly DictionaryPack[]> {
  const rows = await database.rows(readPacks, PackRowSchema, []);
  return rows.map(({ body }): ReferenceBody => v.parse(ReferenceBodySchema, JSON.parse(body))).filter(isPack);
}

const isPack = (body: ReferenceBody): body is DictionaryPack => body.kind === 'pack';

/** The same facility and version give the same record id, so that nothing is there twice. */
function packRecord(
  scope: v.InferOutput<typeof ScopeSchema>,
  body: DictionaryPack,
  { id: center }: CenterIdentity,
  at: number,
): CenterRecord {
  const name = `packing dictionary\n${scope}\n${body.version}`;
  const op = v.parse(OperationIdSchema, idFor(`write\n${name}`));
  const content: Omit<RecordOf<'reference'>, 'rev'> = {
    id: v.parse(RecordIdSchema, idFor(name)),
    scope,
    author: v.parse(PersonIdSchema, center),
    device: v.parse(DeviceIdSchema, center),
    capturedAt: at,
    hlc: v.parse(HlcSchema, `${at.toString(16).padStart(12, '0')}-0000-${center.slice(-8)}`),
    body,
  };
  const record = { ...content, rev: revisionOf(op, null, 'reference', content) };
  return { collection: 'reference', record };
}
