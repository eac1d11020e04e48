import { createHash } from 'node:crypto';
import type { AuditDraft } from '#clinic/ports/replica.ts';
import type { Connection, SqlValue } from '../sqlcipher/connection.ts';

/** Hash before the first entry. */
const chainStart = '0'.repeat(64);

/** Appends an entry behind the last one, whose hash goes into its own (STO-14). Runs inside the action's transaction. */
export function appendToAudit(connection: Connection, entry: AuditDraft): void {
  const [last] = connection.prepare('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1').rows([]);
  const seq = Number(last?.seq ?? 0) + 1;
  const fields = [entry.at, entry.person, entry.action, entry.collection, entry.record, entry.reason ?? null];
  const hash = chainHash(String(last?.hash ?? chainStart), seq, fields);
  connection
    .prepare(
      'INSERT INTO audit (seq, at, person, action, collection, record_id, reason, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    )
    .run([seq, ...fields, hash]);
}

export interface AuditVerdict {
  readonly entries: number;
  /** Number of the first entry that was changed, or that follows a missing one; null if the chain is whole. */
  readonly firstBroken: number | null;
}

const entriesPerRead = 1_000;

/** Walks the whole chain. It cannot see that the newest entries were cut off; the center's copy can. */
export function verifyAudit(connection: Connection): AuditVerdict {
  const page = connection.prepare(
    `SELECT seq, at, person, action, collection, record_id, reason, hash FROM audit WHERE seq > ? ORDER BY seq LIMIT ?`,
  );
  let hash = chainStart;
  let entries = 0;
  for (;;) {
    const rows = page.rows([entries, entriesPerRead]);
    for (const row of rows) {
      const seq = entries + 1;
      hash = chainHash(
        hash,
        seq,
        fieldNames.map((name) => row[name] ?? null),
      );
      if (row.seq !== seq || row.hash !== hash) return { entries, firstBroken: seq };
      entries = seq;
    }
    if (rows.length < entriesPerRead) return { entries, firstBroken: null };
  }
}

const fieldNames = ['at', 'person', 'action', 'collection', 'record_id', 'reason'];

function chainHash(previous: string, seq: number, fields: readonly SqlValue[]): string {
  return createHash('sha256')
    .update(`${previous}\n${JSON.stringify([seq, ...fields])}`)
    .digest('hex');
}
