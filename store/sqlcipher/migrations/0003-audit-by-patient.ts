import type { Migration } from '../migrations.ts';

/** The trail says whose it is and which patient an entry concerns, and is found by record and patient (STO-14). */
export const auditByPatient: Migration = {
  version: 3,
  run: (connection) => connection.execute(statements),
};

const statements = `
ALTER TABLE audit ADD COLUMN patient TEXT;
CREATE INDEX audit_record ON audit (record_id, seq) WHERE record_id IS NOT NULL;
CREATE INDEX audit_patient ON audit (patient, seq) WHERE patient IS NOT NULL;

CREATE TABLE audit_start (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  device TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE TRIGGER audit_start_is_never_changed BEFORE UPDATE ON audit_start BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_start_is_never_removed BEFORE DELETE ON audit_start BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
`;
