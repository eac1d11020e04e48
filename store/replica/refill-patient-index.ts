import { recordTypes } from '#contracts/records/registry.ts';
import type { PatientIndex } from '../patient-index-port.ts';
import type { Connection } from '../sqlcipher/connection.ts';
import { findRecords } from './find-records.ts';
import type { RecordTables } from './record-tables.ts';

const pageSize = 500;

/**
 * Puts every patient into an index that holds none, as one has that newer rules emptied (SEA-8). All in one transaction: a
 * power cut leaves it empty, and the next start does it again.
 */
export function refillPatientIndex(connection: Connection, tables: RecordTables, index: PatientIndex): void {
  if (!index.isEmpty()) return;
  const { collection } = recordTypes.patients;
  connection.transaction(() => {
    for (let last = ''; ; ) {
      const query = { range: { path: 'id', atLeast: last }, limit: pageSize };
      const page = findRecords(connection, tables, collection, query).filter(({ id }) => id !== last);
      for (const { id, body } of page) index.put(id, body);
      const end = page.at(-1);
      if (end === undefined) return;
      last = end.id;
    }
  });
}
