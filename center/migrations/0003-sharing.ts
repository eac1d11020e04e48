import type { Migration } from './migration.ts';

/**
 * Records in more than one facility (docs/specs/center.md, SHA). A row of `doc` with a `home` is a copy of a record of that
 * facility. All tables begin with the facility they are read for, so that each transaction stays in one shard.
 */
export const sharing: Migration = {
  version: 3,
  name: 'sharing',
  sql: `
alter table doc add column home text;
alter table facility add column district text;

update facility set district = substring(d.body from '"district":"([0-9]{7})"')
from doc d where d.scope = facility.scope and d.collection = 'reference' and d.body ~ '"kind":"facility"';

create table patient_record (
  scope text not null,
  collection text not null,
  id uuid not null,
  patient uuid not null,
  primary key (scope, collection, id)
);
create index patient_record_of_patient on patient_record (scope, patient);

create table pinfl (
  scope text not null,
  pinfl text not null,
  id uuid not null,
  primary key (scope, pinfl, id)
);
create index pinfl_anywhere on pinfl (pinfl);

create table share (
  scope text not null,
  patient uuid not null,
  to_scope text not null,
  request uuid not null,
  request_scope text not null,
  ground text not null,
  is_full boolean not null,
  until bigint,
  started_at bigint not null,
  ended_at bigint,
  primary key (scope, patient, to_scope, request)
);
create index share_until on share (until) where ended_at is null and until is not null;

create table guest (
  scope text not null,
  patient uuid not null,
  request uuid not null,
  home text not null,
  is_full boolean not null,
  until bigint,
  primary key (scope, patient, request)
);

create table withdrawn (
  scope text not null,
  collection text not null,
  id uuid not null,
  home text not null,
  at bigint not null,
  primary key (scope, collection, id)
);

create table known_home (
  scope text not null,
  home text not null,
  primary key (scope, home)
);

create table errand (
  scope text not null,
  kind text not null,
  collection text not null,
  id uuid not null,
  generation bigint not null default 0,
  due_at bigint not null,
  claimed_until bigint not null default 0,
  tries integer not null default 0,
  primary key (scope, kind, collection, id)
);
create index errand_due on errand (due_at);

insert into patient_record (scope, collection, id, patient)
select scope, collection, id, substring(body from '"patientId":"([0-9a-f-]{36})"')::uuid
from doc where collection = 'visits' and body ~ '"patientId":"[0-9a-f-]{36}"';

insert into patient_record (scope, collection, id, patient)
select r.scope, r.collection, r.id, s.patient
from (
  select scope, collection, id, substring(body from '"subject":{"collection":"([a-z]+)"') as subject,
    substring(body from '"subject":{"collection":"[a-z]+","id":"([0-9a-f-]{36})"')::uuid as subject_id
  from doc where collection = 'reviews'
) as r
join lateral (
  select r.subject_id as patient where r.subject = 'patients'
  union all
  select p.patient from patient_record p
  where r.subject = 'visits' and p.scope = r.scope and p.collection = 'visits' and p.id = r.subject_id
) as s on s.patient is not null
on conflict do nothing;

insert into pinfl (scope, pinfl, id)
select scope, substring(body from '"pinfl":"([0-9]{14})"'), id
from doc where collection = 'patients' and body ~ '"pinfl":"[0-9]{14}"';

insert into errand (scope, kind, collection, id, due_at)
select scope, 'act', collection, id, 0 from doc where collection = 'requests';

insert into errand (scope, kind, collection, id, due_at)
select scope, 'directory', collection, id, 0 from doc
where collection = 'reference' and body ~ '"kind":"facility"'
`,
};
