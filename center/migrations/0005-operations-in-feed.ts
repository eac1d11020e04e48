import type { Migration } from './migration.ts';

/**
 * Every row of the push log stood in the feed too, but for its operation: now it stands there alone, and a document costs one
 * row and one index less. An operation is still taken once in a facility.
 */
export const operationsInFeed: Migration = {
  version: 5,
  name: 'operations in the feed',
  sql: `
alter table feed add column op uuid;

update feed set op = p.op from push_log p where p.scope = feed.scope and p.seq = feed.seq;

create unique index feed_by_op on feed (scope, op);

drop table push_log;
`,
};
