import type { Migration } from './migration.ts';

/**
 * Plain SQL that PostgreSQL, Citus and YugabyteDB share. Tables of a facility start their primary key with `scope`, the
 * shard key. The others (`center`, `facility`, `device`, `enrolment_code`) are small and go to every node.
 * Instants are milliseconds since 1970 by the center's clock.
 */
export const firstTables: Migration = {
  version: 1,
  name: 'first tables',
  sql: `
create table center (
  only_one boolean primary key default true check (only_one),
  id uuid not null,
  epoch uuid not null,
  private_key text not null
);

create table facility (
  scope text primary key,
  names text not null,
  is_training boolean not null,
  created_at bigint not null
);

create table device (
  id uuid primary key,
  scope text not null,
  public_key text not null,
  label text not null,
  program text not null default '',
  confirmed_ticket text,
  offered_ticket text,
  enrolled_at bigint not null,
  revoked_at bigint,
  cloned_at bigint,
  last_contact_at bigint,
  backlog bigint,
  oldest_pending_at bigint,
  quarantined bigint,
  open_reviews bigint,
  clock_error bigint
);
create index device_of_scope on device (scope);

create table enrolment_code (
  code_hash text primary key,
  scope text not null,
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint,
  device uuid
);

create table scope_head (
  scope text primary key,
  head bigint not null default 0,
  marked bigint not null default 0,
  durable bigint not null default 0,
  received bigint not null default 0,
  received_day integer not null default 0,
  received_on_day bigint not null default 0
);

create table feed (
  scope text not null,
  seq bigint not null,
  lane smallint not null,
  collection text not null,
  id uuid not null,
  rev text not null,
  device uuid,
  at bigint not null,
  primary key (scope, seq)
);
create index feed_by_lane on feed (scope, lane, seq);
create index feed_received on feed (scope, seq) where device is not null;

create table doc (
  scope text not null,
  collection text not null,
  id uuid not null,
  rev text not null,
  deleted boolean not null default false,
  body text not null,
  primary key (scope, collection, id)
);

create table doc_history (
  scope text not null,
  collection text not null,
  id uuid not null,
  rev text not null,
  body text not null,
  primary key (scope, collection, id, rev)
);

create table push_log (
  scope text not null,
  op uuid not null,
  device uuid not null,
  rev text not null,
  seq bigint not null,
  at bigint not null,
  primary key (scope, op)
);

create table quarantine (
  scope text not null,
  device uuid not null,
  digest text not null,
  op uuid,
  code text not null,
  paths text not null,
  content text not null,
  at bigint not null,
  primary key (scope, device, digest)
);
`,
};
