import type { Database } from '@signalapp/sqlcipher';
import type { PatientHit } from '#clinic/ports/replica.ts';
import type { RecordId } from '#contracts/ids.ts';
import type { PatientBody } from '#contracts/records/patients.ts';

/** The search index over patients: kept in tables of the replica's own database, encrypted like the rest. */
export interface PatientIndex {
  /** Replaces what the index says of a patient. Runs inside the caller's transaction. */
  put(id: RecordId, body: PatientBody): void;
  /** Forgets a patient. Runs inside the caller's transaction. */
  remove(id: RecordId): void;
  /** Whether it holds no patient: new, or emptied because other rules had made it. */
  isEmpty(): boolean;
  /** Patients that fit all of `text`, then others, each best first; at most `limit`. */
  search(text: string, limit: number): readonly PatientHit[];
}

/** Makes the index on an open database; creates its tables where they are missing. */
export type PatientIndexFactory = (database: Database) => PatientIndex;
