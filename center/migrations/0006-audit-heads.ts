import type { Migration } from './migration.ts';

/**
 * Every head of an audit trail that a workstation told, in the order it was told; rows are only ever added
 * (docs/specs/audit.md AUD-6). `finding` says why a head is not the continuation of those before.
 */
export const auditHeads: Migration = {
  version: 6,
  name: 'audit heads',
  sql: `
create table audit_head (
  scope text not null,
  device uuid not null,
  nr bigint not null,
  seq bigint not null,
  hash text not null,
  at bigint not null,
  finding text,
  primary key (scope, device, nr)
);
create index audit_head_by_seq on audit_head (scope, device, seq, nr);
create index audit_head_finding on audit_head (device, at) where finding is not null;
`,
};
