import type { Migration } from '../migrations.ts';

/**
 * A row's record text lies in a table of its own, so that an acceptance rewrites a tenth of the bytes, and a row says its
 * revision itself. A row still here is its own receipt (STO-13); what is forgotten leaves one.
 */
export const outboxTextsApart: Migration = {
  version: 4,
  run: (connection) => connection.execute(statements),
};

const statements = `
CREATE TABLE outbox_text (seq INTEGER PRIMARY KEY, record TEXT NOT NULL);
INSERT INTO outbox_text (seq, record) SELECT seq, record FROM outbox ORDER BY seq;

CREATE TABLE outbox_narrow (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  op TEXT NOT NULL UNIQUE,
  collection TEXT NOT NULL,
  record_id TEXT NOT NULL,
  rev TEXT NOT NULL,
  scope TEXT NOT NULL,
  lane INTEGER NOT NULL,
  -- The lane it travels in: never behind a later write of the same record.
  travel_lane INTEGER NOT NULL,
  base_rev TEXT,
  at INTEGER NOT NULL,
  supersedes TEXT,
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'accepted', 'quarantined')),
  aside INTEGER NOT NULL DEFAULT 0 CHECK (aside IN (0, 1)),
  center_seq INTEGER,
  accepted_at INTEGER,
  refusal TEXT,
  -- Its record was taken off this workstation since: no receipt tells of it.
  taken_off INTEGER NOT NULL DEFAULT 0 CHECK (taken_off IN (0, 1))
);
INSERT INTO outbox_narrow (seq, op, collection, record_id, rev, scope, lane, travel_lane, base_rev, at, supersedes, state, aside,
    center_seq, accepted_at, refusal, taken_off)
  SELECT seq, op, collection, record_id, record ->> '$.rev', scope, lane, travel_lane, base_rev, at, supersedes, state, aside,
    center_seq, accepted_at, refusal,
    state = 'accepted' AND aside = 0 AND NOT EXISTS (
      SELECT 1 FROM receipt WHERE receipt.collection = outbox.collection AND receipt.record_id = outbox.record_id)
  FROM outbox ORDER BY seq;
-- Numbers of rows that are forgotten are not used again either.
DELETE FROM sqlite_sequence WHERE name = 'outbox_narrow';
INSERT INTO sqlite_sequence (name, seq) SELECT 'outbox_narrow', seq FROM sqlite_sequence WHERE name = 'outbox';
DROP TABLE outbox;
ALTER TABLE outbox_narrow RENAME TO outbox;

CREATE INDEX outbox_pending ON outbox (travel_lane, seq) WHERE state = 'pending' AND aside = 0;
CREATE INDEX outbox_aside ON outbox (seq) WHERE state = 'pending' AND aside = 1;
CREATE INDEX outbox_quarantined ON outbox (seq) WHERE state = 'quarantined';
CREATE INDEX outbox_accepted ON outbox (accepted_at) WHERE state = 'accepted';
CREATE INDEX outbox_record ON outbox (collection, record_id, seq);
CREATE TRIGGER outbox_content_stays BEFORE UPDATE OF seq, op, collection, record_id, rev, scope, lane, base_rev, at, supersedes
  ON outbox BEGIN SELECT RAISE(ABORT, 'an outbox row keeps its content'); END;
CREATE TRIGGER outbox_text_stays BEFORE UPDATE ON outbox_text
  BEGIN SELECT RAISE(ABORT, 'an outbox row keeps its content'); END;
CREATE TRIGGER outbox_text_goes AFTER DELETE ON outbox BEGIN DELETE FROM outbox_text WHERE seq = old.seq; END;
`;
