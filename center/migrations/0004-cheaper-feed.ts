import type { Migration } from './migration.ts';

/** The page reads the newest entries by the primary key; this index made every write dearer for its sake alone. */
export const cheaperFeed: Migration = {
  version: 4,
  name: 'cheaper feed',
  sql: `
drop index feed_received;
`,
};
