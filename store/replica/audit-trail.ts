import * as v from 'valibot';
import type { AuditDraft, AuditEntry } from '#clinic/ports/replica.ts';
import { type DeviceId, DeviceIdSchema, PersonIdSchema, RecordIdSchema } from '#contracts/ids.ts';
import { CollectionNameSchema } from '#contracts/records/registry.ts';
import type { Connection, SqlValue } from '../sqlcipher/connection.ts';
import { chainHash, chainStart, namelessStart } from './audit-chain.ts';

/** Names the device in a trail that began without it (AUD-2). */
export const beginAction = 'trail.begin';

const columnNames = 'seq, at, person, action, collection, record_id, reason, patient, hash';

/** Rows of the table, which only {@link appendToAudit} writes: read back as they went in. */
const RowSchema = v.object({
  seq: v.number(),
  at: v.number(),
  person: v.nullable(PersonIdSchema),
  action: v.string(),
  collection: v.nullable(CollectionNameSchema),
  record_id: v.nullable(RecordIdSchema),
  reason: v.nullable(v.string()),
  patient: v.nullable(RecordIdSchema),
  hash: v.string(),
});

/** An entry and its hash. */
export interface ChainedEntry {
  readonly entry: AuditEntry;
  readonly hash: string;
}

/** Appends an entry behind the last one, whose hash goes into its own (STO-14). Runs inside the action's transaction. */
export function appendToAudit(connection: Connection, draft: AuditDraft): void {
  const last = readHead(connection);
  const entry: AuditEntry = {
    seq: (last?.seq ?? 0) + 1,
    at: draft.at,
    person: draft.person,
    action: draft.action,
    collection: draft.collection,
    record: draft.record,
    reason: draft.reason ?? null,
    patient: draft.patient ?? null,
  };
  const { seq, at, person, action, collection, record, reason, patient } = entry;
  const hash = chainHash(last?.hash ?? readStart(connection).hash, entry);
  connection
    .prepare(`INSERT INTO audit (${columnNames}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
    .run([seq, at, person, action, collection, record, reason, patient, hash]);
}

/**
 * Names the device whose trail this is, once; again it changes nothing. A trail that has entries already goes on from them
 * with one that names the device.
 */
export function beginTrail(connection: Connection, device: DeviceId, at: number): void {
  if (readStart(connection).device !== null) return;
  const isNew = readHead(connection) === null;
  connection
    .prepare('INSERT INTO audit_start (id, device, hash) VALUES (1, ?, ?)')
    .run([device, isNew ? chainStart(device) : namelessStart]);
  const draft = { at, person: null, action: beginAction, collection: null, record: null, reason: device };
  if (!isNew) appendToAudit(connection, draft);
}

/** What the chain builds on. `device` is null until {@link beginTrail}. */
export function readStart(connection: Connection): {
  readonly device: DeviceId | null;
  readonly hash: string;
} {
  const [row] = connection.prepare('SELECT device, hash FROM audit_start').rows([]);
  if (row === undefined) return { device: null, hash: namelessStart };
  return { device: v.parse(DeviceIdSchema, row.device), hash: String(row.hash) };
}

/** Number and hash of the newest entry; null for none. */
export function readHead(connection: Connection): { readonly seq: number; readonly hash: string } | null {
  const [last] = connection.prepare('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1').rows([]);
  return last === undefined ? null : { seq: Number(last.seq), hash: String(last.hash) };
}

/** The entries behind `seq`, oldest first. */
export function readEntries(connection: Connection, seq: number, limit: number): readonly ChainedEntry[] {
  return connection
    .prepare(`SELECT ${columnNames} FROM audit WHERE seq > ? ORDER BY seq LIMIT ?`)
    .rows([seq, limit])
    .map(chainedOf);
}

export type AuditRow = Readonly<Record<string, SqlValue>>;

/** An entry as its row holds it. Throws if it is none: pages are authenticated, and only checked entries are written. */
export const chainedOf = (row: AuditRow): ChainedEntry => entryOf(v.parse(RowSchema, row));

function entryOf({ record_id: record, hash, ...columns }: v.InferOutput<typeof RowSchema>): ChainedEntry {
  return { entry: { ...columns, record }, hash };
}

export interface AuditVerdict {
  readonly entries: number;
  /** Number of the first entry that was changed, or that follows a missing one; null if the chain is whole. */
  readonly firstBroken: number | null;
}

const entriesPerRead = 1_000;

/** Walks the whole chain. It cannot see that the newest entries were cut off; the center's copy can. */
export function verifyAudit(connection: Connection): AuditVerdict {
  const page = connection.prepare(`SELECT ${columnNames} FROM audit WHERE seq > ? ORDER BY seq LIMIT ?`);
  const start = readStart(connection);
  if (!isSoundStart(connection, start)) return { entries: 0, firstBroken: 1 };
  let { hash } = start;
  let entries = 0;
  for (;;) {
    const rows = page.rows([entries, entriesPerRead]);
    for (const row of rows) {
      const seq = entries + 1;
      const read = v.safeParse(RowSchema, row);
      if (!read.success || read.output.seq !== seq) return { entries, firstBroken: seq };
      hash = chainHash(hash, entryOf(read.output).entry);
      if (row.hash !== hash) return { entries, firstBroken: seq };
      entries = seq;
    }
    if (rows.length < entriesPerRead) return { entries, firstBroken: null };
  }
}

/** A trail begins with its device's own hash, or it is older and an entry names the device. */
function isSoundStart(connection: Connection, { device, hash }: ReturnType<typeof readStart>): boolean {
  if (device === null || hash === chainStart(device)) return true;
  const named = connection
    .prepare('SELECT reason FROM audit WHERE action = ? ORDER BY seq LIMIT 1')
    .value([beginAction]);
  return hash === namelessStart && named === device;
}
