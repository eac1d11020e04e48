import * as v from 'valibot';
import type { Acceptance, OutboxDraft, OutboxRow, OutboxState, OutboxWriter } from '#clinic/ports/replica.ts';
import type { ErrorCode } from '#contracts/errors.ts';
import {
  type Instant,
  type OperationId,
  type RecordId,
  type Revision,
  RevisionSchema,
  type Scope,
} from '#contracts/ids.ts';
import { lanes } from '#contracts/records/record.ts';
import type { CollectionName } from '#contracts/records/registry.ts';
import type { Connection, SqlValue } from '../sqlcipher/connection.ts';
import { type AcceptanceRun, runsOf } from './acceptance-runs.ts';
import { readOutboxRows } from './outbox-rows.ts';

/** What an outbox write must ask first, and tell afterwards. */
export interface OutboxWatch {
  /** Throws if the transaction is over, or if new content is refused for want of space. */
  beforeWrite(kind: 'content' | 'upkeep'): void;
  changed(): void;
}

/** The writes that the center has to get (STO-13). Reads and writes at once, inside whatever transaction is open. */
export class Outbox implements OutboxWriter {
  readonly #connection: Connection;
  readonly #watch: OutboxWatch;

  constructor(connection: Connection, watch: OutboxWatch) {
    this.#connection = connection;
    this.#watch = watch;
  }

  pending(limit: number, after?: OutboxRow): readonly OutboxRow[] {
    const inOrder = 'ORDER BY travel_lane, seq LIMIT ?';
    if (after === undefined) {
      return this.#rowsInTravelOrder(`WHERE ${isPending} ${inOrder}`, [limit]);
    }
    const lane = this.#connection.prepare('SELECT travel_lane FROM outbox WHERE seq = ?').value([after.seq]);
    // Behind a row that is gone everything comes again, rather than nothing.
    return this.#rowsInTravelOrder(`WHERE ${isPending} AND (travel_lane, seq) > (?, ?) ${inOrder}`, [
      lane ?? -1,
      after.seq,
      limit,
    ]);
  }

  newestPending(): number {
    const newest = this.#connection.prepare(`SELECT max(seq) FROM (${pendingByLane('max')})`).value([]);
    return Number(newest ?? 0);
  }

  pendingOf(collection: CollectionName, id: RecordId): readonly OutboxRow[] {
    return this.#rows(`WHERE ${isPending} AND collection = ? AND record_id = ? ORDER BY seq`, [
      collection,
      id,
    ]);
  }

  asides(limit: number): readonly OutboxRow[] {
    return this.#rows(`WHERE ${isUnsentAside} ORDER BY seq LIMIT ?`, [limit]);
  }

  byState(state: OutboxState, limit: number): readonly OutboxRow[] {
    return this.#rows(`WHERE ${isInState[state]} ORDER BY seq LIMIT ?`, [limit]);
  }

  hasAccepted(collection: CollectionName, id: RecordId): boolean {
    const accepted = this.#connection
      .prepare(
        `SELECT 1 FROM outbox INDEXED BY outbox_record
         WHERE collection = ? AND record_id = ? AND ${isInState.accepted} LIMIT 1`,
      )
      .value([collection, id]);
    return accepted !== undefined;
  }

  counts(): { pending: number; aside: number; quarantined: number; oldestPendingAt: Instant | null } {
    const [counts] = this.#connection.prepare(countRows).rows([]);
    return {
      pending: Number(counts?.pending),
      aside: Number(counts?.aside),
      quarantined: Number(counts?.quarantined),
      oldestPendingAt: numberOrNull(counts?.oldest),
    };
  }

  receipt(collection: CollectionName, id: RecordId): { rev: Revision; at: Instant } | null {
    const [newest] = this.#connection
      .prepare(
        `SELECT seq, state, rev, accepted_at AS at FROM outbox
         WHERE collection = ? AND record_id = ? AND aside = 0 AND (taken_off = 0 OR state <> 'accepted')
         ORDER BY seq DESC LIMIT 1`,
      )
      .rows([collection, id]);
    if (newest !== undefined && newest.state !== 'accepted') return null;
    const [forgotten] = this.#connection
      .prepare('SELECT seq, rev, at FROM receipt WHERE collection = ? AND record_id = ?')
      .rows([collection, id]);
    const row = Number(forgotten?.seq ?? 0) > Number(newest?.seq ?? 0) ? forgotten : newest;
    return row === undefined ? null : { rev: v.parse(RevisionSchema, row.rev), at: Number(row.at) };
  }

  append(draft: OutboxDraft): void {
    this.#watch.beforeWrite('content');
    this.#connection
      .prepare(
        `INSERT INTO outbox (op, collection, record_id, rev, scope, lane, travel_lane, base_rev, at, supersedes)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run([
        draft.op,
        draft.collection,
        draft.record.id,
        draft.record.rev,
        draft.record.scope,
        draft.lane,
        draft.lane,
        draft.baseRev,
        draft.at,
        draft.supersedes === undefined ? null : JSON.stringify(draft.supersedes),
      ]);
    this.#connection
      .prepare('INSERT INTO outbox_text (seq, record) VALUES (last_insert_rowid(), ?)')
      .run([JSON.stringify(draft.record)]);
    // Earlier writes of the record must not be overtaken by this one, so they travel in its lane.
    this.#connection
      .prepare(
        `UPDATE outbox INDEXED BY outbox_record SET travel_lane = ?
         WHERE ${isPending} AND collection = ? AND record_id = ? AND travel_lane > ?`,
      )
      .run([draft.lane, draft.collection, draft.record.id, draft.lane]);
    this.#watch.changed();
  }

  accept(op: OperationId, centerSeq: number, at: Instant): void {
    this.#change(`UPDATE outbox SET ${nowAccepted}, center_seq = ?, accepted_at = ? WHERE op = ?`, [
      centerSeq,
      at,
      op,
    ]);
  }

  acceptAll(acceptances: readonly Acceptance[]): readonly Acceptance[] {
    const others: AcceptanceRun[] = [];
    for (const run of runsOf(acceptances)) {
      const { firstSeq, lastSeq, ahead, at } = run;
      if (lastSeq - firstSeq >= longRun) this.#change(acceptRun, [ahead, at, firstSeq, lastSeq]);
      else others.push(run);
    }
    const runs = others.map(({ firstSeq, lastSeq, ahead, at }) => [firstSeq, lastSeq, ahead, at]);
    if (runs.length > 0) this.#change(acceptRuns, [JSON.stringify(runs)]);
    return this.#withPending(acceptances);
  }

  quarantine(op: OperationId, refusal: ErrorCode): void {
    this.#change(`UPDATE outbox SET state = 'quarantined', refusal = ? WHERE op = ?`, [refusal, op]);
  }

  supersede(ops: readonly OperationId[]): void {
    this.#change(
      `UPDATE outbox SET aside = 1 WHERE ${isPending} AND op IN (SELECT value FROM json_each(?))`,
      [JSON.stringify(ops)],
    );
  }

  forgetThrough(scope: Scope, centerSeq: number, acceptedBefore: Instant): void {
    const forgotten = `FROM outbox INDEXED BY outbox_accepted
      WHERE state = 'accepted' AND scope = ? AND center_seq <= ? AND accepted_at < ?`;
    const parameters = [scope, centerSeq, acceptedBefore];
    this.#keepReceipts(forgotten, parameters);
    this.#change(`DELETE ${forgotten}`, parameters);
  }

  takeOff(collection: CollectionName, id: RecordId): void {
    this.#watch.beforeWrite('upkeep');
    this.#connection
      .prepare('DELETE FROM receipt WHERE collection = ? AND record_id = ?')
      .run([collection, id]);
    this.#connection
      .prepare('UPDATE outbox SET taken_off = 1 WHERE collection = ? AND record_id = ?')
      .run([collection, id]);
  }

  offerAgain(): void {
    this.#keepReceipts(`FROM outbox WHERE state = 'accepted'`, []);
    this.#change(
      `UPDATE outbox SET state = 'pending', center_seq = NULL, accepted_at = NULL WHERE state = 'accepted'`,
      [],
    );
  }

  /** Accepted rows are their own receipts as long as they are here and accepted. */
  #keepReceipts(accepted: string, parameters: readonly SqlValue[]): void {
    this.#watch.beforeWrite('upkeep');
    this.#connection
      .prepare(
        `INSERT INTO receipt (collection, record_id, seq, rev, at) SELECT collection, record_id, seq, rev, accepted_at
         ${accepted} AND aside = 0 AND taken_off = 0 ${keepNewest}`,
      )
      .run(parameters);
  }

  /** `acceptances` are noted already. */
  #withPending(acceptances: readonly Acceptance[]): readonly Acceptance[] {
    const places = this.#connection
      .prepare(
        `SELECT key FROM json_each(?) AS wanted CROSS JOIN outbox AS accepted ON accepted.seq = wanted.value
         WHERE EXISTS (SELECT 1 FROM outbox INDEXED BY outbox_record WHERE collection = accepted.collection
           AND record_id = accepted.record_id AND seq <> accepted.seq AND ${isPending})`,
      )
      .values([JSON.stringify(acceptances.map(({ row }) => row.seq))]);
    if (places.length === 0) return [];
    const withPending = new Set(places.map(Number));
    return acceptances.filter((_acceptance, index) => withPending.has(index));
  }

  #change(sql: string, parameters: readonly SqlValue[]): void {
    this.#watch.beforeWrite('upkeep');
    if (this.#connection.prepare(sql).run(parameters) > 0) this.#watch.changed();
  }

  /** `clause` speaks of the table `outbox` alone. */
  #rows(clause: string, parameters: readonly SqlValue[]): OutboxRow[] {
    return readOutboxRows(this.#connection, { clause, parameters, order: 'writing' });
  }

  #rowsInTravelOrder(clause: string, parameters: readonly SqlValue[]): OutboxRow[] {
    const clauseByIndex = `INDEXED BY outbox_pending ${clause}`;
    return readOutboxRows(this.#connection, { clause: clauseByIndex, parameters, order: 'travel' });
  }
}

// Literals, so that SQLite sees that the partial indexes fit. Statements name their index where SQLite, which has no statistics
// here, would walk all pending rows instead: with 10,000 of them a save took five times as long.
const isPending = `state = 'pending' AND aside = 0`;
// A receipt never goes back to an older write, and never tells of one whose content is only part of a later one.
const keepNewest = `ON CONFLICT (collection, record_id) DO UPDATE
  SET seq = excluded.seq, rev = excluded.rev, at = excluded.at WHERE excluded.seq >= receipt.seq`;
const isUnsentAside = `state = 'pending' AND aside = 1`;
const isInState = {
  pending: `state = 'pending'`,
  accepted: `state = 'accepted'`,
  quarantined: `state = 'quarantined'`,
} as const satisfies Record<OutboxState, string>;
const nowAccepted = `state = 'accepted', refusal = NULL, taken_off = 0`;
/** So many rows are accepted sooner by a statement of their own than with others. */
const longRun = 8;
const acceptRun = `UPDATE outbox SET ${nowAccepted}, center_seq = seq + ?, accepted_at = ? WHERE seq BETWEEN ? AND ?`;
const acceptRuns = `UPDATE outbox SET ${nowAccepted}, center_seq = outbox.seq + run.ahead, accepted_at = run.at
  FROM (SELECT value ->> 0 AS first, value ->> 1 AS last, value ->> 2 AS ahead, value ->> 3 AS at FROM json_each(?)) AS run
  WHERE outbox.seq BETWEEN run.first AND run.last`;
/** The first or last pending `seq` of each lane, each the end of a piece of the index. */
const pendingByLane = (end: 'min' | 'max') =>
  lanes
    .map(
      (lane) =>
        `SELECT ${end}(seq) AS seq FROM outbox INDEXED BY outbox_pending WHERE ${isPending} AND travel_lane = ${lane}`,
    )
    .join(' UNION ALL ');
const countRows = `SELECT
  (SELECT count(*) FROM outbox INDEXED BY outbox_pending WHERE ${isPending}) AS pending,
  (SELECT count(*) FROM outbox INDEXED BY outbox_aside WHERE ${isUnsentAside}) AS aside,
  (SELECT count(*) FROM outbox INDEXED BY outbox_quarantined WHERE ${isInState.quarantined}) AS quarantined,
  (SELECT at FROM outbox WHERE seq = (SELECT min(seq) FROM (${pendingByLane('min')}))) AS oldest`;
const numberOrNull = (value: SqlValue | undefined): number | null =>
  typeof value === 'number' ? value : null;
