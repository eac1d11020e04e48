import { join } from 'node:path';
import type { PatientHit } from '#clinic/ports/replica.ts';
import type { RecordId } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';
import { type OpenReplica, openReplica } from '#store/open-replica.ts';
import type { PatientIndexFactory } from '#store/patient-index-port.ts';
import { temporaryFolder } from './temporary-replica.ts';

/** The key of every database a test makes. */
export const testKey = new Uint8Array(32).map((_, position) => position * 7 + 1);

/** A tiny index in a table of its own: enough to see whether it takes part in a transaction. */
export const plainPatientIndex: PatientIndexFactory = (database) => {
  database.exec('CREATE TABLE IF NOT EXISTS plain_index (id TEXT PRIMARY KEY, family TEXT NOT NULL)');
  return {
    put: (id: RecordId, body: PatientBody) => {
      if (body.name.given === 'index fails') throw new Error('the index fails');
      database
        .prepare('INSERT OR REPLACE INTO plain_index (id, family) VALUES (?, ?)')
        .run([id, body.name.family]);
    },
    remove: (id: RecordId) => {
      database.prepare('DELETE FROM plain_index WHERE id = ?').run([id]);
    },
    isEmpty: () => database.prepare('SELECT 1 FROM plain_index LIMIT 1').get() === undefined,
    search: (text: string, limit: number): readonly PatientHit[] =>
      database
        .prepare('SELECT id FROM plain_index WHERE family = ? LIMIT ?', { pluck: true })
        .all([text, limit])
        .map((id) => ({ id: id as RecordId, score: 1, matchesAll: true })),
  };
};

export interface ReplicaUnderTest {
  readonly file: string;
  readonly folder: string;
  /** Opens the replica; again after it was closed. */
  open(): Promise<OpenReplica>;
  /** Closes what is open and removes everything. */
  remove(): Promise<void>;
}

export function replicaUnderTest(folder = temporaryFolder()): ReplicaUnderTest {
  const file = join(folder.path, 'replica.db');
  const opened: OpenReplica[] = [];
  return {
    file,
    folder: folder.path,
    open: async () => {
      const replica = await openReplica({
        file,
        key: testKey,
        patientIndex: plainPatientIndex,
        reserveBytes: 1024 * 1024,
      });
      opened.push(replica);
      return replica;
    },
    remove: async () => {
      for (const replica of opened) await replica.close();
      folder.remove();
    },
  };
}
