import type { Migration } from '../migrations.ts';

/** Outbox rows that a later one replaced are kept and sent too (docs/specs/sync.md PUSH-13). */
export const rowsPutAside: Migration = {
  version: 2,
  run: (connection) => connection.execute(statements),
};

const statements = `
ALTER TABLE outbox ADD COLUMN aside INTEGER NOT NULL DEFAULT 0 CHECK (aside IN (0, 1));
DROP INDEX outbox_pending;
CREATE INDEX outbox_pending ON outbox (travel_lane, seq) WHERE state = 'pending' AND aside = 0;
CREATE INDEX outbox_aside ON outbox (seq) WHERE state = 'pending' AND aside = 1;
`;
