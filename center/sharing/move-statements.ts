import * as v from 'valibot';
import { RevisionSchema } from '#contracts/ids.ts';
import { orOnceMore, statement } from './statements.ts';

/** As the index of migration 0007 has it. */
const namedPatient =
  'd.collection = \'requests\' and substring(d.body from \'"patientId":"([0-9a-f-]{36})"\')';

/** The moves that were made of a patient, as far as a facility holds them, its own or copies. */
export const readMoves = statement(
  'read-moves',
  `select d.body from doc d where d.scope = $1 and ${namedPatient} = $2 and d.body like '%"kind":"moved"%'`,
);
export const BodySchema = v.object({ body: v.string() });

/**
 * Has requests of a facility acted on in which any of these patients is referred or moved: its own, and copies of those that say a
 * move was made. `$2` due, `$3` patients.
 */
export const writeRequestErrands = statement(
  'write-request-errands',
  `
insert into errand (scope, kind, collection, id, due_at)
select $1, 'act', d.collection, d.id, $2::bigint from doc d
where d.scope = $1 and ${namedPatient} = any($3::text[]) and (
  d.body like '%"kind":"moved"%' or (d.home is null and d.body ~ '"kind":"(move|referral)"')
)
order by d.collection, d.id ${orOnceMore}`,
);

/** Whether a version of a patient is or was the newest one in a facility. `$1` scope, `$2` patient, `$3` revision. */
export const knowsVersion = statement(
  'knows-version',
  `
select rev from doc where scope = $1 and collection = 'patients' and id = $2 and rev = $3
union all select rev from doc_history where scope = $1 and collection = 'patients' and id = $2 and rev = $3`,
);
export const KnownSchema = v.object({ rev: RevisionSchema });

/**
 * Facilities besides `$2` that have the patient `$1` as their own too, or gave the record away for the request `$3`. One look into each:
 * rare, as the search by number.
 */
export const findFormer = statement(
  'find-former',
  `
select d.scope from scope_head h
join doc d on d.scope = h.scope and d.collection = 'patients' and d.id = $1
where h.scope <> $2 and (
  d.home is null or exists (select 1 from guest g where g.scope = h.scope and g.patient = $1 and g.request = $3)
)
order by d.home is null, d.scope limit 20`,
);
