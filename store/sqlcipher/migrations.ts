import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import type { Connection } from './connection.ts';
import { ownTables } from './migrations/0001-own-tables.ts';
import { rowsPutAside } from './migrations/0002-rows-put-aside.ts';
import { auditByPatient } from './migrations/0003-audit-by-patient.ts';
import { outboxTextsApart } from './migrations/0004-outbox-texts-apart.ts';
import { recordsNotWalked } from './migrations/0005-records-not-walked.ts';

/** One step of our own tables' shape. Never changed once released (STO-4). */
export interface Migration {
  /** Number of the step; steps are numbered from 1 without gaps. */
  readonly version: number;
  run(connection: Connection): void;
}

export const migrations: readonly Migration[] = [
  ownTables,
  rowsPutAside,
  auditByPatient,
  outboxTextsApart,
  recordsNotWalked,
];

/**
 * Brings the database to the newest step. Every step commits together with its number, so that a power cut leaves the
 * database before or after a step and the next start goes on from there. Throws `store.newer` if the database has seen
 * steps that this program does not know.
 */
export function migrate(connection: Connection, steps: readonly Migration[] = migrations): void {
  const newest = steps.at(-1)?.version ?? 0;
  const present = Number(connection.prepare('PRAGMA user_version').value([]) ?? 0);
  if (present > newest) throw new ReplicaFailure('store.newer');
  for (const step of steps.filter(({ version }) => version > present)) {
    connection.transaction(() => {
      step.run(connection);
      connection.execute(`PRAGMA user_version = ${step.version}`);
    });
  }
}
