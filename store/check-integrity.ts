import { Connection } from './sqlcipher/connection.ts';

export interface IntegrityReport {
  /** Pages whose authentication code does not fit: changed outside SQLCipher, or by a failing disk. */
  readonly damagedPages: number;
}

/**
 * Reads every page of a closed replica and checks its authentication code; some seconds for a large one. Writes nothing.
 * For the technician: docs/runbooks/damaged-database.md. Throws `ReplicaFailure` if not even the first page can be read.
 */
export function checkIntegrity(file: string, key: Uint8Array): IntegrityReport {
  const connection = Connection.open({ file, key, readonly: true });
  try {
    return { damagedPages: connection.prepare('PRAGMA cipher_integrity_check').values([]).length };
  } finally {
    connection.close();
  }
}
