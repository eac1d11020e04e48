import type { Database } from '@signalapp/sqlcipher';

/**
 * Tables of the patient index (SEA-8): one row per patient, one per folded word of a name, and the vocabulary with how
 * many patients have each word. All of it lies in the replica's encrypted database.
 */
const tables = `
  CREATE TABLE IF NOT EXISTS patient_search (
    patient INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    names TEXT NOT NULL,
    birth TEXT NOT NULL,
    pinfl TEXT,
    pinfl_reversed TEXT,
    phone TEXT,
    phone_reversed TEXT,
    is_void INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS patient_search_birth ON patient_search (birth);
  CREATE INDEX IF NOT EXISTS patient_search_pinfl ON patient_search (pinfl);
  CREATE INDEX IF NOT EXISTS patient_search_pinfl_reversed ON patient_search (pinfl_reversed);
  CREATE INDEX IF NOT EXISTS patient_search_phone ON patient_search (phone);
  CREATE INDEX IF NOT EXISTS patient_search_phone_reversed ON patient_search (phone_reversed);
  CREATE TABLE IF NOT EXISTS patient_search_name (
    key TEXT NOT NULL,
    patient INTEGER NOT NULL,
    PRIMARY KEY (key, patient)
  ) WITHOUT ROWID, STRICT;
  CREATE INDEX IF NOT EXISTS patient_search_name_patient ON patient_search_name (patient, key);
  CREATE TABLE IF NOT EXISTS patient_search_word (
    key TEXT PRIMARY KEY,
    patients INTEGER NOT NULL
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE IF NOT EXISTS patient_search_rules (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL
  ) STRICT;
`;

const empty = `
  DELETE FROM patient_search;
  DELETE FROM patient_search_name;
  DELETE FROM patient_search_word;
`;

/**
 * Creates what is missing. An index that other rules made is emptied, because its words would not be found; whoever opens
 * the replica puts the patients again.
 */
export function prepareTables(database: Database, rulesVersion: number): void {
  database.exec(tables);
  const found = database.prepare('SELECT version FROM patient_search_rules', { pluck: true }).get();
  if (found === rulesVersion) return;
  database.exec(empty);
  database
    .prepare('INSERT OR REPLACE INTO patient_search_rules (one, version) VALUES (1, ?)')
    .run([rulesVersion]);
}
