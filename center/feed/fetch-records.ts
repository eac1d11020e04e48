import * as v from 'valibot';
import { type RecordId, RecordIdSchema, type Scope } from '#contracts/ids.ts';
import { type CollectionName, CollectionNameSchema } from '#contracts/records/registry.ts';
import type { Session, Statement } from '../postgres/database.ts';

/** Most bytes of bodies in one answer; one record may be longer, then it comes alone. */
const maxBytes = 1_000_000;

const fetchStatement: Statement = {
  name: 'fetch-records',
  text: `
select collection, id, case when total <= $4 or place = 1 then body end as body from (
  select d.collection, d.id, d.body, sum(octet_length(d.body)) over (order by d.collection, d.id) as total,
    row_number() over (order by d.collection, d.id) as place
  from doc d join unnest($2::text[], $3::uuid[]) as wanted (collection, id)
    on d.collection = wanted.collection and d.id = wanted.id
  where d.scope = $1
) as found`,
};
const FoundSchema = v.object({
  collection: CollectionNameSchema,
  id: RecordIdSchema,
  body: v.nullable(v.string()),
});

/** Names a record of a scope. */
export interface RecordName {
  readonly collection: CollectionName;
  readonly id: RecordId;
}

/** The records that are there; `body` is null for those that did not fit one answer. */
export function fetchRecords(
  session: Session,
  scope: Scope,
  records: readonly RecordName[],
): Promise<readonly v.InferOutput<typeof FoundSchema>[]> {
  const distinct = [
    ...new Map(records.map((record) => [`${record.collection}/${record.id}`, record])).values(),
  ];
  return session.rows(fetchStatement, FoundSchema, [
    scope,
    distinct.map(({ collection }) => collection),
    distinct.map(({ id }) => id),
    maxBytes,
  ]);
}
