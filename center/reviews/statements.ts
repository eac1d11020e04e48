import * as v from 'valibot';
import { RecordIdSchema, ScopeSchema } from '#contracts/ids.ts';
import { CollectionNameSchema } from '#contracts/records/registry.ts';
import { bigint, type Statement } from '../postgres/database.ts';

/**
 * The next reviews behind facility `$1` and id `$2` that may wait for a decision, most `$3`; only those at home, copies of shared ones are
 * the same question. What is left out was decided once, and the decision neither taken back nor changed nor "what it says now": the
 * exact rule (REV-A4) is asked about the rest. The texts are those of `JSON.stringify`; in a value of a record they are escaped.
 */
export const readReviews: Statement = {
  name: 'reviews-read-next',
  text: `
select r.scope, r.id, r.body from facility f
cross join lateral (
  select d.scope, d.id, d.body from doc d
  where d.scope = f.scope and d.collection = 'reviews' and d.home is null and (f.scope > $1 or d.id > $2::uuid)
    and (position('"choice":"' in d.body) = 0 or position('"choice":"taken-back"' in d.body) > 0
      or position('"choice":"present"' in d.body) > 0 or position('"changes":"' in d.body) > 0)
  order by d.id limit $3
) as r
where f.scope >= $1 order by r.scope, r.id limit $3`,
};
export const ReviewRowSchema = v.object({ scope: ScopeSchema, id: RecordIdSchema, body: v.string() });

/** Records of one facility by collection and id. */
export const readRecords: Statement = {
  name: 'reviews-read-records',
  text: `
select d.collection, d.id, d.body from doc d
join unnest($2::text[], $3::uuid[]) as n (collection, id) on d.collection = n.collection and d.id = n.id
where d.scope = $1`,
};
export const RecordRowSchema = v.object({
  collection: CollectionNameSchema,
  id: RecordIdSchema,
  body: v.string(),
});

/** Locks records in the one order of all writers, before any of them is written. */
export const lockRecords: Statement = {
  name: 'reviews-lock-records',
  text: `
select d.id from doc d
join unnest($2::text[], $3::uuid[]) as n (collection, id) on d.collection = n.collection and d.id = n.id
where d.scope = $1 order by d.collection, d.id for update of d`,
};
export const LockedSchema = v.object({ id: RecordIdSchema });

export const countVisits: Statement = {
  name: 'reviews-count-visits',
  text: `
select patient, count(*) as count from doc
where scope = $1 and collection = 'visits' and patient = any($2::uuid[]) group by patient`,
};
export const VisitCountSchema = v.object({ patient: RecordIdSchema, count: bigint });
