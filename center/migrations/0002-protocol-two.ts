import type { Migration } from './migration.ts';

/**
 * What protocol version 2 needs. `digests` of a scope: 64 buckets of 128 bits side by side, bucket 0 first
 * (docs/specs/sync.md DIG-1), here computed from the documents that are there. A withdrawn feed entry says that a record
 * left the scope (SHR-6).
 */
export const protocolTwo: Migration = {
  version: 2,
  name: 'protocol two',
  sql: `
alter table scope_head add column digests bit(8192) not null default repeat('0', 8192)::bit(8192);
alter table feed add column withdrawn boolean not null default false;
alter table device add column protocol bigint;
alter table device add column healed bigint;
alter table device add column wipe_ordered_at bigint;
alter table device add column wiped_at bigint;

update scope_head set digests = made.digests from (
  select b.scope, bit_xor(b.digest::bit(8192) >> (b.bucket * 128)) as digests from (
    select r.scope, r.bucket, bit_xor(r.digest) as digest from (
      select d.scope, get_byte(uuid_send(d.id), 15) % 64 as bucket,
        ('x' || substr(encode(sha256(convert_to(d.collection || E'\\n' || d.id::text || E'\\n' || d.rev, 'UTF8')), 'hex'), 1, 32))::bit(128)
          as digest
      from doc d
    ) as r group by r.scope, r.bucket
  ) as b group by b.scope
) as made where made.scope = scope_head.scope;
`,
};
