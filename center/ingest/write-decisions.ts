import type { DeviceId, OperationId, Revision, Scope } from '#contracts/ids.ts';
import type { Session } from '../postgres/database.ts';
import { LostRace } from '../postgres/failures.ts';
import { keyOf } from './decide.ts';
import type { SoundRow, UnsoundRow } from './row-check.ts';
import * as sql from './statements.ts';

/** Who pushes, and when the center believes it is. */
export interface PushOrigin {
  readonly scope: Scope;
  readonly device: DeviceId;
  /** Milliseconds since 1970 by the center's clock. */
  readonly at: number;
  /** Day of `at` in Uzbekistan, counted from 1970-01-01. */
  readonly day: number;
}

/**
 * Writes the rows to apply, in their order: newest versions, then what they replaced. Throws {@link LostRace} if a
 * record is no longer what was decided upon.
 */
export async function writeVersions(
  session: Session,
  scope: Scope,
  rows: readonly SoundRow[],
  currentRevs: ReadonlyMap<string, Revision>,
): Promise<void> {
  const newestRows = sortByKey([...new Map(rows.map((row) => [keyOf(row), row])).values()]);
  const isThere = (row: SoundRow) => currentRevs.has(keyOf(row));
  await insertNew(
    session,
    scope,
    newestRows.filter((row) => !isThere(row)),
  );
  await replace(session, scope, newestRows.filter(isThere), currentRevs);
  const newest = new Set(newestRows);
  await keepPassedOver(
    session,
    scope,
    rows.filter((row) => !newest.has(row)),
  );
}

const compare = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0);

/** One order for every writer: collection, then id. */
const sortByKey = (rows: readonly SoundRow[]) =>
  [...rows].sort((left, right) => compare(keyOf(left), keyOf(right)));

async function insertNew(session: Session, scope: Scope, rows: readonly SoundRow[]): Promise<void> {
  if (rows.length === 0) return;
  const inserted = await session.run(sql.insertDocuments, [scope, ...versionColumns(rows)]);
  if (inserted !== rows.length) throw new LostRace('another writer made one of the records');
}

async function replace(
  session: Session,
  scope: Scope,
  rows: readonly SoundRow[],
  currentRevs: ReadonlyMap<string, Revision>,
): Promise<void> {
  if (rows.length === 0) return;
  const columns = versionColumns(rows);
  await session.run(sql.keepReplaced, [scope, columns[0], columns[1]]);
  const replaced = rows.map((row) => currentRevs.get(keyOf(row)) ?? null);
  const updated = await session.run(sql.updateDocuments, [scope, ...columns, replaced]);
  if (updated !== rows.length) throw new LostRace('another writer changed one of the records');
}

async function keepPassedOver(session: Session, scope: Scope, rows: readonly SoundRow[]): Promise<void> {
  if (rows.length > 0) await session.run(sql.insertHistory, [scope, ...versionColumns(rows)]);
}

const versionColumns = (rows: readonly SoundRow[]) =>
  [
    rows.map((row) => row.collection),
    rows.map((row) => row.id),
    rows.map((row) => row.rev),
    rows.map((row) => row.text),
  ] as const;

/** Keeps rows the center cannot use, whole. */
export async function writeQuarantine(
  session: Session,
  origin: PushOrigin,
  rows: readonly UnsoundRow[],
): Promise<void> {
  await session.run(sql.insertQuarantine, [
    origin.scope,
    origin.device,
    'sync.record-refused',
    origin.at,
    rows.map((row) => row.digest),
    rows.map((row) => row.op),
    rows.map((row) => JSON.stringify(row.paths)),
    rows.map((row) => row.text),
  ]);
}

/** Gives the applied rows their places in the feed; has to be the last statement before COMMIT. */
export async function takePositions(
  session: Session,
  origin: PushOrigin,
  rows: readonly SoundRow[],
): Promise<ReadonlyMap<OperationId, number>> {
  if (rows.length === 0) return new Map();
  const placed = await session.rows(sql.takePositions, sql.PlacedSchema, [
    origin.scope,
    rows.length,
    origin.day,
    origin.device,
    origin.at,
    rows.map((row) => row.op),
    rows.map((row) => row.lane),
    rows.map((row) => row.collection),
    rows.map((row) => row.id),
    rows.map((row) => row.rev),
  ]);
  if (placed.length !== rows.length) throw new Error('The scope has no counter.');
  return new Map(placed.map(({ op, seq }) => [op, seq]));
}
