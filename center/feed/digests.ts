import * as v from 'valibot';
import { type RecordId, RecordIdSchema, type Revision, RevisionSchema, type Scope } from '#contracts/ids.ts';
import { type CollectionName, CollectionNameSchema } from '#contracts/records/registry.ts';
import { bigint, type Session, type Statement } from '../postgres/database.ts';
import { bucketsOf } from './digest-change.ts';

const readStatement: Statement = {
  name: 'digest-read',
  text: "select head, encode(substring(bit_send(digests) from 5), 'hex') as digests from scope_head where scope = $1",
};
const ReadSchema = v.object({ head: bigint, digests: v.string() });

const listStatement: Statement = {
  name: 'digest-list',
  text: `
select h.head, d.collection, d.id, d.rev from scope_head h
left join doc d on d.scope = h.scope and get_byte(uuid_send(d.id), 15) % 64 = $2
where h.scope = $1 order by d.collection, d.id`,
};
const ListedSchema = v.object({
  head: bigint,
  collection: v.nullable(CollectionNameSchema),
  id: v.nullable(RecordIdSchema),
  rev: v.nullable(RevisionSchema),
});

/** Each scope's digests as they should be. The counter's row comes along, so both are of one moment. */
const recomputeStatement: Statement = {
  name: '',
  text: `
select h.scope, h.head, encode(substring(bit_send(h.digests) from 5), 'hex') as kept, d.bucket, d.digest
from scope_head h left join (
  select scope, get_byte(uuid_send(id), 15) % 64 as bucket,
    encode(substring(bit_send(bit_xor(('x' || substr(encode(sha256(convert_to(
      collection || E'\\n' || id::text || E'\\n' || rev, 'UTF8')), 'hex'), 1, 32))::bit(128))) from 5), 'hex') as digest
  from doc group by 1, 2
) as d on d.scope = h.scope order by h.scope, d.bucket`,
};
const RecomputedSchema = v.object({
  scope: v.string(),
  kept: v.string(),
  bucket: v.nullable(bigint),
  digest: v.nullable(v.string()),
});

/** The digests of a scope by bucket, and the position they are of. Undefined if there is no such scope. */
export async function readDigests(
  session: Session,
  scope: Scope,
): Promise<{ readonly seq: number; readonly buckets: readonly string[] } | undefined> {
  const [row] = await session.rows(readStatement, ReadSchema, [scope]);
  return row === undefined ? undefined : { seq: row.head, buckets: bucketsOf(row.digests) };
}

/** One record of an inventory. */
export type Listed = [CollectionName, RecordId, Revision];

/** The newest revisions of a scope's records in one bucket, and the position they are of. */
export async function listBucket(
  session: Session,
  scope: Scope,
  bucket: number,
): Promise<{ readonly seq: number; readonly records: readonly Listed[] }> {
  const rows = await session.rows(listStatement, ListedSchema, [scope, bucket]);
  const records = rows.flatMap(({ collection, id, rev }): readonly Listed[] =>
    collection === null || id === null || rev === null ? [] : [[collection, id, rev]],
  );
  return { seq: rows[0]?.head ?? 0, records };
}

/** A bucket whose kept digest is not that of its documents. */
export interface WrongDigest {
  readonly scope: string;
  readonly bucket: number;
}

/** Computes every digest anew from the documents and compares. Reads all documents. */
export async function findWrongDigests(session: Session): Promise<readonly WrongDigest[]> {
  const rows = await session.rows(recomputeStatement, RecomputedSchema, []);
  const rightByScope = new Map<string, Map<number, string>>();
  const keptByScope = new Map<string, string>();
  for (const { scope, kept, bucket, digest } of rows) {
    const right = rightByScope.get(scope) ?? new Map<number, string>();
    rightByScope.set(scope, right);
    keptByScope.set(scope, kept);
    if (bucket !== null && digest !== null) right.set(bucket, digest);
  }
  return [...keptByScope].flatMap(([scope, kept]) =>
    bucketsOf(kept).flatMap((digest, bucket) =>
      digest === (rightByScope.get(scope)?.get(bucket) ?? '0'.repeat(32)) ? [] : [{ scope, bucket }],
    ),
  );
}
