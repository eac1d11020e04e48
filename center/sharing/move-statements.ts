import * as v from 'valibot';
import { orOnceMore, statement } from './statements.ts';

const movedPatient =
  'd.collection = \'requests\' and substring(d.body from \'"patientId":"([0-9a-f-]{36})"\')';

/** The moves that were made of a patient, as far as a facility holds them, its own or copies. */
export const readMoves = statement(
  'read-moves',
  `select d.body from doc d where d.scope = $1 and ${movedPatient} = $2 and d.body like '%"kind":"moved"%'`,
);
export const BodySchema = v.object({ body: v.string() });

/** The same of any of these patients. `$2` due, `$3` patients. */
export const writeMoveErrands = statement(
  'write-move-errands',
  `
insert into errand (scope, kind, collection, id, due_at)
select $1, 'act', d.collection, d.id, $2::bigint from doc d
where d.scope = $1 and ${movedPatient} = any($3::text[]) and d.body like '%"kind":"moved"%'
order by d.collection, d.id ${orOnceMore}`,
);
