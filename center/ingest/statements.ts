import * as v from 'valibot';
import { OperationIdSchema, RecordIdSchema, RevisionSchema, ScopeSchema } from '#contracts/ids.ts';
import { CollectionNameSchema } from '#contracts/records/registry.ts';
import { bigint, type Statement } from '../postgres/database.ts';

/** Whether the device may still write; read inside the transaction, so that a revocation is obeyed at once. */
export const readStanding: Statement = {
  name: 'ingest-standing',
  text: 'select revoked_at is not null as revoked, cloned_at is not null as cloned from device where id = $1 and scope = $2',
};
export const StandingSchema = v.object({ revoked: v.boolean(), cloned: v.boolean() });

/** Locks the records of a batch in one order for all writers, so that two batches cannot block each other for ever. */
export const lockDocuments: Statement = {
  name: 'ingest-lock-documents',
  text: `
select d.collection, d.id, d.rev, d.home from doc d
join unnest($2::text[], $3::uuid[]) as wanted (collection, id) on d.collection = wanted.collection and d.id = wanted.id
where d.scope = $1 order by d.collection, d.id for update of d`,
};
/** `home`: where the record's revisions are compared and set; null for here. */
export const LockedSchema = v.object({
  collection: CollectionNameSchema,
  id: RecordIdSchema,
  rev: RevisionSchema,
  home: v.nullable(ScopeSchema),
});

export const FoundVersionSchema = v.omit(LockedSchema, ['home']);

/** Read after the locks, when an earlier push of the same operations has either committed or gone. */
export const readOperations: Statement = {
  name: 'ingest-read-operations',
  text: 'select op, rev, seq, at from feed where scope = $1 and op = any($2::uuid[])',
};
export const LoggedSchema = v.object({ op: OperationIdSchema, rev: RevisionSchema, seq: bigint, at: bigint });

export const findHistory: Statement = {
  name: 'ingest-find-history',
  text: `
select h.collection, h.id, h.rev from doc_history h
join unnest($2::text[], $3::uuid[], $4::text[]) as wanted (collection, id, rev)
  on h.collection = wanted.collection and h.id = wanted.id and h.rev = wanted.rev
where h.scope = $1`,
};

const columnsPerDocument = 4;

const documentsAtOnce = 100;

/**
 * So many new records of one collection at once: a list of values is faster by a third than arrays that PostgreSQL has to take apart. Not more,
 * so that PostgreSQL begins with the first hundred while the next ones are written down for it.
 */
export const insertManyDocuments: { readonly rows: number; readonly statement: Statement } = {
  rows: documentsAtOnce,
  statement: {
    name: 'ingest-insert-many-documents',
    text: `insert into doc (scope, collection, id, rev, body, patient) values ${Array.from(
      { length: documentsAtOnce },
      (_unused, row) => {
        const first = 3 + row * columnsPerDocument;
        return `($1, $2, $${first}, $${first + 1}, $${first + 2}, $${first + 3})`;
      },
    ).join(', ')}`,
  },
};

/** New records. One that is there fails the statement, which is how a lost race shows. */
export const insertDocuments: Statement = {
  name: 'ingest-insert-documents',
  text: `
insert into doc (scope, collection, id, rev, body, patient)
select $1, n.collection, n.id, n.rev, n.body, n.patient
from unnest($2::text[], $3::uuid[], $4::text[], $5::text[], $6::uuid[]) as n (collection, id, rev, body, patient)`,
};

/** Keeps the versions that are about to be replaced. */
export const keepReplaced: Statement = {
  name: 'ingest-keep-replaced',
  text: `
insert into doc_history (scope, collection, id, rev, body)
select d.scope, d.collection, d.id, d.rev, d.body from doc d
join unnest($2::text[], $3::uuid[]) as n (collection, id) on d.collection = n.collection and d.id = n.id
where d.scope = $1
on conflict (scope, collection, id, rev) do nothing`,
};

export const updateDocuments: Statement = {
  name: 'ingest-update-documents',
  text: `
update doc set rev = n.rev, body = n.body, patient = coalesce(n.patient, doc.patient)
from unnest($2::text[], $3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::text[])
  as n (collection, id, rev, body, patient, replaced)
where doc.scope = $1 and doc.collection = n.collection and doc.id = n.id and doc.rev = n.replaced`,
};

/** Versions that never are or never stay newest: replaced within their batch, or put aside. */
export const insertHistory: Statement = {
  name: 'ingest-insert-history',
  text: `
insert into doc_history (scope, collection, id, rev, body)
select $1, n.collection, n.id, n.rev, n.body
from unnest($2::text[], $3::uuid[], $4::text[], $5::text[]) as n (collection, id, rev, body)
on conflict (scope, collection, id, rev) do nothing`,
};

export const readBodies: Statement = {
  name: 'ingest-read-bodies',
  text: `
select d.collection, d.id, d.body from doc d
join unnest($2::text[], $3::uuid[]) as wanted (collection, id) on d.collection = wanted.collection and d.id = wanted.id
where d.scope = $1`,
};
export const BodySchema = v.object({
  collection: CollectionNameSchema,
  id: RecordIdSchema,
  body: v.string(),
});

export const countQuarantine: Statement = {
  name: 'ingest-count-quarantine',
  text: 'select count(*) as count from quarantine where scope = $1 and device = $2',
};
export const CountSchema = v.object({ count: bigint });

export const insertQuarantine: Statement = {
  name: 'ingest-insert-quarantine',
  text: `
insert into quarantine (scope, device, digest, op, code, paths, content, at)
select $1, $2, n.digest, n.op, $3, n.paths, n.content, $4
from unnest($5::text[], $6::uuid[], $7::text[], $8::text[]) as n (digest, op, paths, content)
on conflict (scope, device, digest) do nothing`,
};

/** Versions by revision, newest or replaced. One statement, so that a version is never missed while it moves. */
export const readVersions: Statement = {
  name: 'ingest-read-versions',
  text: `
select d.collection, d.id, d.rev, d.body from doc d
join unnest($2::text[], $3::uuid[], $4::text[]) as wanted (collection, id, rev)
  on d.collection = wanted.collection and d.id = wanted.id and d.rev = wanted.rev
where d.scope = $1
union all
select h.collection, h.id, h.rev, h.body from doc_history h
join unnest($2::text[], $3::uuid[], $4::text[]) as wanted (collection, id, rev)
  on h.collection = wanted.collection and h.id = wanted.id and h.rev = wanted.rev
where h.scope = $1`,
};
export const VersionSchema = v.object({
  collection: CollectionNameSchema,
  id: RecordIdSchema,
  rev: RevisionSchema,
  body: v.string(),
});
