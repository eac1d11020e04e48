import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { bigint, type Database, type Session, type Statement } from '../postgres/database.ts';
import { firstTables } from './0001-first-tables.ts';
import { protocolTwo } from './0002-protocol-two.ts';
import { sharing } from './0003-sharing.ts';
import { cheaperFeed } from './0004-cheaper-feed.ts';
import { operationsInFeed } from './0005-operations-in-feed.ts';
import { auditHeads } from './0006-audit-heads.ts';
import { requestsOfPatient } from './0007-requests-of-patient.ts';
import { patientsOfDocuments } from './0008-patients-of-documents.ts';
import type { Migration } from './migration.ts';

/** Every migration, in order. */
export const migrations: readonly Migration[] = [
  firstTables,
  protocolTwo,
  sharing,
  cheaperFeed,
  operationsInFeed,
  auditHeads,
  requestsOfPatient,
  patientsOfDocuments,
];

const migrationLock = 4_861_602;

const lock: Statement = { name: 'migrate-lock', text: 'select pg_advisory_xact_lock($1)' };
/** A step that rewrites millions of rows takes as long as it takes; cut short, it is rolled back and begins again. */
const takeTime: Statement = {
  name: 'migrate-take-time',
  text: "select set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true)",
};
const createLog: Statement = {
  name: 'migrate-create-log',
  text: 'create table if not exists migration (version bigint primary key, name text not null, digest text not null)',
};
const readLog: Statement = {
  name: 'migrate-read-log',
  text: 'select version, digest from migration order by version',
};
const writeLog: Statement = {
  name: 'migrate-write-log',
  text: 'insert into migration (version, name, digest) values ($1, $2, $3)',
};

const AppliedSchema = v.object({ version: bigint, digest: v.string() });

/** Names the text of a migration, so that a change of a released one is noticed. */
export const digestOf = (migration: Migration) => createHash('sha256').update(migration.sql).digest('hex');

/**
 * Brings the tables to the newest shape: all steps in one transaction, one center at a time. Throws if the database was
 * written by a newer center, or if a released step was changed; nothing is touched then.
 */
export async function migrate(database: Database, steps: readonly Migration[] = migrations): Promise<void> {
  await database.transaction(async (session) => {
    await session.run(takeTime, []);
    await session.run(lock, [migrationLock]);
    await session.run(createLog, []);
    const applied = await session.rows(readLog, AppliedSchema, []);
    checkApplied(applied, steps);
    for (const step of steps.slice(applied.length)) await apply(session, step);
  });
}

function checkApplied(
  applied: readonly v.InferOutput<typeof AppliedSchema>[],
  steps: readonly Migration[],
): void {
  if (applied.length > steps.length) {
    throw new Error(
      `The database is of a newer center (step ${applied.length}, this one knows ${steps.length}).`,
    );
  }
  for (const [index, { version, digest }] of applied.entries()) {
    const step = steps[index];
    if (step === undefined || step.version !== version || digestOf(step) !== digest) {
      throw new Error(`Migration ${version} differs from the one this database was made with.`);
    }
  }
}

async function apply(session: Session, step: Migration): Promise<void> {
  for (const statement of statementsOf(step.sql)) {
    await session.run({ name: '', text: statement }, []);
  }
  await session.run(writeLog, [step.version, step.name, digestOf(step)]);
}

/** Migrations hold no `;` inside a statement, which their test checks. */
export const statementsOf = (sql: string) =>
  sql
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
