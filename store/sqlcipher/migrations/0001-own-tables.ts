import type { Migration } from '../migrations.ts';

/** Outbox, receipts, shadows, checkpoints, settings, audit trail, and the register of the document tables. */
export const ownTables: Migration = {
  version: 1,
  run: (connection) => connection.execute(statements),
};

const statements = `
CREATE TABLE document_table (
  id INTEGER PRIMARY KEY,
  database_name TEXT NOT NULL,
  collection TEXT NOT NULL,
  schema_version INTEGER NOT NULL,
  layout TEXT NOT NULL,
  UNIQUE (database_name, collection, schema_version)
);

CREATE TABLE document_attachment (
  table_id INTEGER NOT NULL REFERENCES document_table (id) ON DELETE CASCADE,
  document_id TEXT NOT NULL,
  attachment_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  type TEXT NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (table_id, document_id, attachment_id)
);

-- AUTOINCREMENT: numbers stay dense over rolled back transactions and are never used twice.
CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  op TEXT NOT NULL UNIQUE,
  collection TEXT NOT NULL,
  record_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  lane INTEGER NOT NULL,
  -- The lane it travels in: never behind a later write of the same record.
  travel_lane INTEGER NOT NULL,
  base_rev TEXT,
  record TEXT NOT NULL,
  at INTEGER NOT NULL,
  supersedes TEXT,
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'accepted', 'quarantined')),
  center_seq INTEGER,
  accepted_at INTEGER,
  refusal TEXT
);
CREATE INDEX outbox_pending ON outbox (travel_lane, seq) WHERE state = 'pending';
CREATE INDEX outbox_record ON outbox (collection, record_id, seq);
CREATE INDEX outbox_state ON outbox (state, seq);
CREATE INDEX outbox_accepted ON outbox (scope, center_seq) WHERE state = 'accepted';
CREATE TRIGGER outbox_content_stays BEFORE UPDATE OF op, collection, record_id, scope, lane, base_rev, record, at, supersedes
  ON outbox BEGIN SELECT RAISE(ABORT, 'an outbox row keeps its content'); END;

CREATE TABLE receipt (
  collection TEXT NOT NULL,
  record_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  rev TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (collection, record_id)
) WITHOUT ROWID;

CREATE TABLE shadow (
  collection TEXT NOT NULL,
  record_id TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (collection, record_id)
);

CREATE TABLE checkpoint (
  scope TEXT NOT NULL,
  lane INTEGER NOT NULL,
  epoch TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (scope, lane)
) WITHOUT ROWID;

CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  person TEXT,
  action TEXT NOT NULL,
  collection TEXT,
  record_id TEXT,
  reason TEXT,
  hash TEXT NOT NULL
);
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
`;
