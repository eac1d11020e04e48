import * as v from 'valibot';
import type { SettingsWriter, SyncStateWriter } from '#clinic/ports/replica.ts';
import { type RecordId, RecordIdSchema, type Revision, RevisionSchema, type Scope } from '#contracts/ids.ts';
import type { Lane } from '#contracts/records/record.ts';
import { type CollectionName, CollectionNameSchema, type RecordOf } from '#contracts/records/registry.ts';
import type { Connection } from '../sqlcipher/connection.ts';
import { recordFromText } from './record-tables.ts';

/** Shadows and checkpoints. `beforeWrite` throws if the transaction is over. */
export class SyncState implements SyncStateWriter {
  readonly #connection: Connection;
  readonly #beforeWrite: () => void;

  constructor(connection: Connection, beforeWrite: () => void) {
    this.#connection = connection;
    this.#beforeWrite = beforeWrite;
  }

  shadow<C extends CollectionName>(collection: C, id: RecordId): RecordOf<C> | undefined {
    const text = this.#connection
      .prepare('SELECT record FROM shadow WHERE collection = ? AND record_id = ?')
      .value([collection, id]);
    return typeof text === 'string' ? recordFromText(collection, text) : undefined;
  }

  shadows(): readonly { collection: CollectionName; id: RecordId; rev: Revision }[] {
    return this.#connection
      .prepare(
        `SELECT collection, record_id, record ->> '$.rev' AS rev FROM shadow ORDER BY collection, record_id`,
      )
      .rows([])
      .map((row) => ({
        collection: v.parse(CollectionNameSchema, row.collection),
        id: v.parse(RecordIdSchema, row.record_id),
        rev: v.parse(RevisionSchema, row.rev),
      }));
  }

  checkpoint(scope: Scope, lane: Lane): { epoch: string; seq: number } | undefined {
    const [row] = this.#connection
      .prepare('SELECT epoch, seq FROM checkpoint WHERE scope = ? AND lane = ?')
      .rows([scope, lane]);
    return row === undefined ? undefined : { epoch: String(row.epoch), seq: Number(row.seq) };
  }

  setShadow<C extends CollectionName>(collection: C, record: RecordOf<C>): void {
    this.#beforeWrite();
    this.#connection
      .prepare('INSERT OR REPLACE INTO shadow (collection, record_id, record) VALUES (?, ?, ?)')
      .run([collection, record.id, JSON.stringify(record)]);
  }

  removeShadow(collection: CollectionName, id: RecordId): void {
    this.#beforeWrite();
    this.#connection
      .prepare('DELETE FROM shadow WHERE collection = ? AND record_id = ?')
      .run([collection, id]);
  }

  removeShadows(records: readonly { readonly collection: CollectionName; readonly id: RecordId }[]): void {
    this.#beforeWrite();
    // Records that were never edited here after the center had them have none, and a backlog is thousands of those.
    if (this.#connection.prepare('SELECT 1 FROM shadow LIMIT 1').value([]) === undefined) return;
    this.#connection
      .prepare(
        `DELETE FROM shadow WHERE (collection, record_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))`,
      )
      .run([JSON.stringify(records.map(({ collection, id }) => [collection, id]))]);
  }

  setCheckpoint(
    scope: Scope,
    lane: Lane,
    checkpoint: { readonly epoch: string; readonly seq: number },
  ): void {
    this.#beforeWrite();
    this.#connection
      .prepare('INSERT OR REPLACE INTO checkpoint (scope, lane, epoch, seq) VALUES (?, ?, ?, ?)')
      .run([scope, lane, checkpoint.epoch, checkpoint.seq]);
  }

  clearCheckpoints(): void {
    this.#beforeWrite();
    this.#connection.prepare('DELETE FROM checkpoint').run([]);
  }
}

/** Small values of the workstation itself. `changed` hears of every write. */
export class Settings implements SettingsWriter {
  readonly #connection: Connection;
  readonly #changed: () => void;

  constructor(connection: Connection, changed: () => void) {
    this.#connection = connection;
    this.#changed = changed;
  }

  get(key: string): string | undefined {
    const value = this.#connection.prepare('SELECT value FROM setting WHERE key = ?').value([key]);
    return typeof value === 'string' ? value : undefined;
  }

  set(key: string, value: string): void {
    this.#changed();
    this.#connection.prepare('INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)').run([key, value]);
  }
}
