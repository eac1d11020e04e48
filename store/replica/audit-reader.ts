import type { AuditEntry, AuditPage, AuditTrailReader } from '#clinic/ports/replica.ts';
import type { RecordId } from '#contracts/ids.ts';
import type { Connection } from '../sqlcipher/connection.ts';
import { chainedOf, readEntries, readHead, readStart } from './audit-trail.ts';

/** Most entries in one page. */
const mostPerPage = 1_000;

const columnNames = 'seq, at, person, action, collection, record_id, reason, patient, hash';

/** Reads the audit trail; `reading` runs each read and notices what the disk says. */
export function auditTrailReader(
  connection: Connection,
  reading: <Value>(read: () => Value) => Value,
): AuditTrailReader {
  return {
    of: (record, page) => reading(() => entriesAbout(connection, record, page)),
    recent: (page) => reading(() => newestEntries(connection, page)),
    after: (seq, limit) => reading(() => readEntries(connection, seq, boundedLimit(limit))),
    head: () => reading(() => readHead(connection)),
    hashAt: (seq) => reading(() => hashAt(connection, seq)),
    start: () => reading(() => readStart(connection)),
  };
}

const about = (column: string): string =>
  `SELECT * FROM (SELECT seq FROM audit WHERE ${column} = ? AND seq < ? ORDER BY seq DESC LIMIT ?)`;

/** By index: entries that name the record, and those that name it as the patient they concern. */
export const entriesAboutSql = `SELECT ${columnNames} FROM audit
  WHERE seq IN (${about('record_id')} UNION ${about('patient')}) ORDER BY seq DESC LIMIT ?`;

function entriesAbout(
  connection: Connection,
  record: RecordId,
  { before, limit }: AuditPage,
): readonly AuditEntry[] {
  const below = before ?? Number.MAX_SAFE_INTEGER;
  const most = boundedLimit(limit);
  return connection
    .prepare(entriesAboutSql)
    .rows([record, below, most, record, below, most, most])
    .map((row) => chainedOf(row).entry);
}

const newestEntries = (connection: Connection, { before, limit }: AuditPage): readonly AuditEntry[] =>
  connection
    .prepare(`SELECT ${columnNames} FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?`)
    .rows([before ?? Number.MAX_SAFE_INTEGER, boundedLimit(limit)])
    .map((row) => chainedOf(row).entry);

function hashAt(connection: Connection, seq: number): string | null {
  const hash = connection.prepare('SELECT hash FROM audit WHERE seq = ?').value([seq]);
  return hash === undefined ? null : String(hash);
}

const boundedLimit = (limit: number): number => Math.min(Math.max(0, Math.trunc(limit)), mostPerPage);
