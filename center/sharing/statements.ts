import * as v from 'valibot';
import { RecordIdSchema, RevisionSchema, ScopeSchema } from '#contracts/ids.ts';
import { CollectionNameSchema } from '#contracts/records/registry.ts';
import { bigint, type Statement } from '../postgres/database.ts';

/** A statement of this room. */
export const statement = (name: string, text: string): Statement => ({ name: `sharing-${name}`, text });

/**
 * Notes whose reviews are: the patient's of the visit each is about, also of one that left. `$1` scope, `$2` reviews, `$3` their
 * visits.
 */
export const noteOfVisits = statement(
  'note-of-visits',
  `
update doc set patient = n.patient
from (
  select r.id, coalesce(v.patient, w.patient) as patient
  from unnest($2::uuid[], $3::uuid[]) as r (id, visit)
  left join doc v on v.scope = $1 and v.collection = 'visits' and v.id = r.visit
  left join withdrawn w on w.scope = $1 and w.collection = 'visits' and w.id = r.visit
) as n
where doc.scope = $1 and doc.collection = 'reviews' and doc.id = n.id and n.patient is not null
  and doc.patient is distinct from n.patient`,
);

export const notePinfls = statement(
  'note-pinfls',
  `
insert into pinfl (scope, pinfl, id) select distinct $1, n.pinfl, n.id
from unnest($2::text[], $3::uuid[]) as n (pinfl, id) order by n.pinfl, n.id on conflict do nothing`,
);

/** An errand that waits already is done once more after what is being done now. */
export const orOnceMore =
  'on conflict (scope, kind, collection, id) do update set generation = errand.generation + 1, due_at = least(errand.due_at, excluded.due_at)';

/** Every one of these records. `$2` kind, `$3` due. */
export const writeErrands = statement(
  'write-errands',
  `
insert into errand (scope, kind, collection, id, due_at)
select distinct $1, $2, n.collection, n.id, $3::bigint from unnest($4::text[], $5::uuid[]) as n (collection, id)
order by n.collection, n.id ${orOnceMore}`,
);

/**
 * Only records of patients whom another facility knows too, or who were shared with this one. `$2` due, `$5` the patients, null
 * where only the patient of another record says so.
 */
export const writeFollowErrands = statement(
  'write-follow-errands',
  `
insert into errand (scope, kind, collection, id, due_at)
select $1, 'follow', n.collection, n.id, $2::bigint
from unnest($3::text[], $4::uuid[], $5::uuid[]) as n (collection, id, patient)
cross join lateral (
  select coalesce(n.patient, (
    select r.patient from doc r where r.scope = $1 and r.collection = n.collection and r.id = n.id
  )) as patient
) as of
where exists (select 1 from share s where s.scope = $1 and s.patient = of.patient and s.ended_at is null)
  or exists (select 1 from guest g where g.scope = $1 and g.patient = of.patient)
  or exists (select 1 from withdrawn w where w.scope = $1 and w.collection = 'patients' and w.id = of.patient)
order by n.collection, n.id ${orOnceMore}`,
);

/** Everything of one patient. `$2` patient, `$3` due. */
export const writePatientErrands = statement(
  'write-patient-errands',
  `
insert into errand (scope, kind, collection, id, due_at)
select $1, 'follow', n.collection, n.id, $3::bigint from (
  select 'patients' as collection, $2::uuid as id
  union all select collection, id from doc where scope = $1 and patient = $2
) as n order by n.collection, n.id ${orOnceMore}`,
);

/**
 * Everything of one patient (`$2` is `patients`) or a request (`requests`), later. `$3` id, `$4` due; put off by being asked for once
 * more. The kind is `patient` for both: a courier of an older center on the same database fails at a kind it does not know, while it
 * finds nothing of a patient of a request's id, and strikes the errand off.
 */
export const writeLaterErrand = statement(
  'write-later-errand',
  `
insert into errand (scope, kind, collection, id, due_at) values ($1, 'patient', $2, $3, $4)
on conflict (scope, kind, collection, id) do update set generation = errand.generation + 1,
  due_at = greatest(errand.due_at, excluded.due_at)`,
);

export const findDueScopes = statement(
  'find-due-scopes',
  'select distinct scope from errand where due_at <= $1 and (claimed_until < $1 or claimed_until > $1 + $2::bigint) limit 100',
);
export const ScopeRowSchema = v.object({ scope: ScopeSchema });

/** A claim far in the future was made by a clock that has been put right since. */
export const claimErrands = statement(
  'claim-errands',
  `
update errand set claimed_until = $2::bigint + $3::bigint, tries = errand.tries + 1
from (
  select kind, collection, id from errand
  where scope = $1 and due_at <= $2 and (claimed_until < $2 or claimed_until > $2 + $3::bigint)
  order by due_at, kind, collection, id limit $4 for update skip locked
) as c
where errand.scope = $1 and errand.kind = c.kind and errand.collection = c.collection and errand.id = c.id
returning errand.kind, errand.collection, errand.id, errand.generation, errand.tries, errand.claimed_until`,
);
export const ErrandSchema = v.object({
  kind: v.picklist(['follow', 'act', 'directory', 'patient']),
  collection: CollectionNameSchema,
  id: RecordIdSchema,
  generation: bigint,
  tries: v.number(),
  claimed_until: bigint,
});
export type Errand = v.InferOutput<typeof ErrandSchema>;

const claimedByMe =
  'errand.scope = $1 and errand.kind = done.kind and errand.collection = done.collection and errand.id = done.id and errand.claimed_until = done.claimed_until';

/** Strikes off what is done, unless it was asked for once more meanwhile. */
export const strikeErrands = statement(
  'strike-errands',
  `
delete from errand using unnest($2::text[], $3::text[], $4::uuid[], $5::bigint[], $6::bigint[])
  as done (kind, collection, id, claimed_until, generation)
where ${claimedByMe} and errand.generation = done.generation`,
);

/** Gives back what is left of a claim, so that it is due at once. */
export const releaseErrands = statement(
  'release-errands',
  `
update errand set claimed_until = 0, tries = 0
from unnest($2::text[], $3::text[], $4::uuid[], $5::bigint[]) as done (kind, collection, id, claimed_until)
where ${claimedByMe}`,
);

export const putOffErrand = statement(
  'put-off-errand',
  'update errand set claimed_until = 0, due_at = $5 where scope = $1 and kind = $2 and collection = $3 and id = $4',
);

const nullableScope = v.nullable(ScopeSchema);

/** The newest versions of records as this facility has them. */
const documentColumns = 'd.collection, d.id, d.rev, d.home';
const wanted =
  'join unnest($2::text[], $3::uuid[]) as n (collection, id) on d.collection = n.collection and d.id = n.id where d.scope = $1';

export const readDocuments = statement(
  'read-documents',
  `select ${documentColumns}, d.body, d.patient from doc d ${wanted} order by d.collection, d.id`,
);
export const DocumentSchema = v.object({
  collection: CollectionNameSchema,
  id: RecordIdSchema,
  rev: RevisionSchema,
  home: nullableScope,
  body: v.string(),
  patient: v.nullable(RecordIdSchema),
});
export type Document = v.InferOutput<typeof DocumentSchema>;

export const lockDocuments = statement(
  'lock-documents',
  `select ${documentColumns} from doc d ${wanted} order by d.collection, d.id for update of d`,
);
export const LockedSchema = v.object({
  collection: CollectionNameSchema,
  id: RecordIdSchema,
  rev: RevisionSchema,
  home: nullableScope,
});

/** Where the patients' records are at home: null for here. */
export const readHomes = statement(
  'read-homes',
  "select id, home from doc where scope = $1 and collection = 'patients' and id = any($2::uuid[])",
);
/** As {@link readHomes}; the answer stays true until the transaction ends. */
export const holdHomes = statement('hold-homes', `${readHomes.text} order by id for share`);
export const HomeSchema = v.object({ id: RecordIdSchema, home: nullableScope });

export const insertDocuments = statement(
  'insert-documents',
  `
insert into doc (scope, collection, id, rev, body, home, patient)
select $1, n.collection, n.id, n.rev, n.body, n.home, n.patient
from unnest($2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[])
  as n (collection, id, rev, body, home, patient)
on conflict (scope, collection, id) do nothing`,
);
export const updateDocuments = statement(
  'update-documents',
  `
update doc set rev = n.rev, body = n.body, home = n.home, patient = coalesce(n.patient, doc.patient)
from unnest($2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[])
  as n (collection, id, rev, body, home, patient)
where doc.scope = $1 and doc.collection = n.collection and doc.id = n.id`,
);
export const deleteDocuments = statement(
  'delete-documents',
  `
delete from doc using unnest($2::text[], $3::uuid[]) as n (collection, id)
where doc.scope = $1 and doc.collection = n.collection and doc.id = n.id and doc.home is not null`,
);

/** Keeps the present version before it is replaced. A version may be there already: the record came back. */
export const keepVersion = statement(
  'keep-version',
  `
insert into doc_history (scope, collection, id, rev, body)
select scope, collection, id, rev, body from doc where scope = $1 and collection = $2 and id = $3
on conflict do nothing`,
);
export const readHistory = statement(
  'read-history',
  `
select rev, body from doc_history
where scope = $1 and collection = $2 and id = $3 and rev > $4 order by rev limit $5`,
);
export const VersionSchema = v.object({ rev: v.string(), body: v.string() });
export const insertHistory = statement(
  'insert-history',
  `
insert into doc_history (scope, collection, id, rev, body)
select $1, $2, $3, n.rev, n.body from unnest($4::text[], $5::text[]) as n (rev, body) on conflict do nothing`,
);

export const noteWithdrawn = statement(
  'note-withdrawn',
  `
insert into withdrawn (scope, collection, id, home, patient, at)
select $1, n.collection, n.id, n.home, n.patient, $6::bigint
from unnest($2::text[], $3::uuid[], $4::text[], $5::uuid[]) as n (collection, id, home, patient)
on conflict (scope, collection, id) do update set home = excluded.home, patient = excluded.patient, at = excluded.at`,
);
export const forgetWithdrawn = statement(
  'forget-withdrawn',
  `
delete from withdrawn using unnest($2::text[], $3::uuid[]) as n (collection, id)
where withdrawn.scope = $1 and withdrawn.collection = n.collection and withdrawn.id = n.id`,
);
/** Homes of what is or was shared with this facility; null if it came to be at home here. */
export const findFormerHomes = statement(
  'find-former-homes',
  `
select d.collection, d.id, d.home from withdrawn d ${wanted}
union all select d.collection, d.id, d.home from doc d ${wanted}`,
);
export const FormerHomeSchema = v.object({
  collection: CollectionNameSchema,
  id: RecordIdSchema,
  home: nullableScope,
});

/** Where patients were at home who are no longer shared with this facility. */
export const readFormerHomes = statement(
  'read-former-homes',
  "select id, home from withdrawn where scope = $1 and collection = 'patients' and id = any($2::uuid[])",
);
export const WithdrawnHomeSchema = v.object({ id: RecordIdSchema, home: ScopeSchema });

export const noteHomes = statement(
  'note-homes',
  'insert into known_home (scope, home) select distinct $1, h from unnest($2::text[]) as h order by 2 on conflict do nothing',
);
export const readKnownHomes = statement(
  'read-known-homes',
  'select home as scope from known_home where scope = $1 order by home limit 200',
);

export const findByPinfl = statement(
  'find-by-pinfl',
  'select scope, id from pinfl where pinfl = $1 order by scope, id limit 20',
);
export const PlaceSchema = v.object({ scope: ScopeSchema, id: RecordIdSchema });
export type Place = v.InferOutput<typeof PlaceSchema>;

export const hasScope = statement('has-scope', 'select scope from scope_head where scope = $1');

/** The facilities that know each other: of one region, those of the same district first. `$1` scope. */
export const readNeighbours = statement(
  'read-neighbours',
  `
select n.scope from facility n join facility own on own.scope = $1
where n.scope <> $1 and left(n.district, 4) = left(own.district, 4)
order by n.district = own.district desc, n.scope limit 300`,
);
/** What facilities say of themselves. */
export const readFacilityRecords = statement(
  'read-facility-records',
  `
select d.collection, d.id, d.rev, d.home, d.body, null::uuid as patient from doc d
where d.scope = any($1::text[]) and d.collection = 'reference' and d.home is null and d.body ~ '"kind":"facility"'
order by d.scope, d.id limit 600`,
);

const shareColumns = 'scope, patient, to_scope, request, request_scope, ground, is_full, until, started_at';
export const ShareSchema = v.object({
  scope: ScopeSchema,
  patient: RecordIdSchema,
  to_scope: ScopeSchema,
  request: RecordIdSchema,
  request_scope: ScopeSchema,
  ground: v.picklist(['referral', 'consent', 'break-glass', 'moved']),
  is_full: v.boolean(),
  until: v.nullable(bigint),
  started_at: bigint,
});
export type Share = v.InferOutput<typeof ShareSchema>;

export const putShare = statement(
  'put-share',
  `
insert into share (${shareColumns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (scope, patient, to_scope, request) do update set is_full = excluded.is_full, until = excluded.until
  where share.ended_at is null`,
);
export const readShares = statement(
  'read-shares',
  `select ${shareColumns} from share where scope = $1 and patient = any($2::uuid[]) and ended_at is null`,
);
export const readShareOfRequest = statement(
  'read-share-of-request',
  `select ${shareColumns}, ended_at from share where scope = $1 and patient = $2 and to_scope = $3 and request = $4`,
);
export const ShareOfRequestSchema = v.object({ ...ShareSchema.entries, ended_at: v.nullable(bigint) });
export const findEndedShares = statement(
  'find-ended-shares',
  `select ${shareColumns} from share where until <= $1 and ended_at is null order by until limit 50`,
);
export const endShare = statement(
  'end-share',
  'update share set ended_at = $5 where scope = $1 and patient = $2 and to_scope = $3 and request = $4 and ended_at is null',
);
export const keepShareOfName = statement(
  'keep-share-of-name',
  'update share set is_full = false, until = null where scope = $1 and patient = $2 and to_scope = $3 and request = $4',
);
export const deleteShares = statement('delete-shares', 'delete from share where scope = $1 and patient = $2');

export const putGuest = statement(
  'put-guest',
  `
insert into guest (scope, patient, request, home, is_full, until) values ($1, $2, $3, $4, $5, $6)
on conflict (scope, patient, request) do update set home = excluded.home, is_full = excluded.is_full, until = excluded.until`,
);
const guestColumns = 'patient, request, home, is_full, until';
export const readGuests = statement(
  'read-guests',
  `select ${guestColumns} from guest where scope = $1 and patient = any($2::uuid[]) order by patient, request`,
);
export const holdGuests = statement('hold-guests', `${readGuests.text} for share`);
export const lockGuests = statement('lock-guests', `${readGuests.text} for update`);
export const GuestSchema = v.object({
  patient: RecordIdSchema,
  request: RecordIdSchema,
  home: ScopeSchema,
  is_full: v.boolean(),
  until: v.nullable(bigint),
});
export const deleteGuest = statement(
  'delete-guest',
  'delete from guest where scope = $1 and patient = $2 and request = $3',
);
export const deleteGuests = statement('delete-guests', 'delete from guest where scope = $1 and patient = $2');
export const rehomeGuests = statement(
  'rehome-guests',
  'update guest set home = $3 where scope = $1 and patient = $2',
);

/** What a facility holds of a patient: the patient's record and everything about them. */
export const lockOfPatient = statement(
  'lock-of-patient',
  `
select d.collection, d.id, d.rev, d.home from doc d
where d.scope = $1 and ((d.collection = 'patients' and d.id = $2) or d.patient = $2)
order by d.collection, d.id for update of d`,
);
