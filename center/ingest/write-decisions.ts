import type { DeviceId, Revision, Scope } from '#contracts/ids.ts';
import { appendToFeed } from '../feed/append.ts';
import { DigestChange } from '../feed/digest-change.ts';
import { inOrder, type Session, type SqlValue } from '../postgres/database.ts';
import { LostRace } from '../postgres/failures.ts';
import { patientNamedBy } from '../record-matters.ts';
import type { SoundRow, UnsoundRow } from './row-check.ts';
import * as sql from './statements.ts';

/** Who pushes, and when the center believes it is. */
export interface PushOrigin {
  /** Home of the records. */
  readonly scope: Scope;
  readonly device: DeviceId;
  /** The device's own facility. */
  readonly deviceScope: Scope;
  /** Milliseconds since 1970 by the center's clock. */
  readonly at: number;
  /** Day of `at` in Uzbekistan, counted from 1970-01-01. */
  readonly day: number;
}

/** Rows of a batch that are to be written, in their order. */
export interface RowsToWrite {
  /** The newest version of each record that gets another one, in one order for every writer (see {@link newestOf}). */
  readonly newest: readonly SoundRow[];
  /** Every row that becomes a version, if only until a later row, and those kept aside: what gets a place in the feed. */
  readonly placed: readonly SoundRow[];
}

/**
 * Writes newest versions, then what they replaced and what was put aside. All of it is asked for before the first answer.
 * Throws {@link LostRace} if a record is no longer what was decided upon.
 */
export async function writeVersions(
  session: Session,
  scope: Scope,
  { newest, placed }: RowsToWrite,
  currentRevs: ReadonlyMap<string, Revision>,
): Promise<void> {
  const isThere = (row: SoundRow) => currentRevs.has(row.key);
  const isNewest = new Set(newest);
  await inOrder([
    insertNew(
      session,
      scope,
      newest.filter((row) => !isThere(row)),
    ),
    replace(session, scope, newest.filter(isThere), currentRevs),
    keepInHistory(
      session,
      scope,
      placed.filter((row) => !isNewest.has(row)),
    ),
  ]);
}

/** The last row of each record, in one order for every writer: collection, then id. */
export function newestOf(rows: readonly SoundRow[]): readonly SoundRow[] {
  const newestByKey = [...new Map(rows.map((row) => [row.key, row]))];
  return newestByKey.sort(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row);
}

async function insertNew(session: Session, scope: Scope, rows: readonly SoundRow[]): Promise<void> {
  const asked = portionsOf(rows, sql.insertManyDocuments.rows).map((some) => {
    const [first] = some;
    if (some.length < sql.insertManyDocuments.rows || first === undefined) {
      return session.run(sql.insertDocuments, [scope, ...documentColumns(some)]);
    }
    const values: SqlValue[] = [scope, first.collection];
    for (const row of some) values.push(row.id, row.rev, row.utf8, patientNamedBy(row.collection, row));
    return session.run(sql.insertManyDocuments.statement, values);
  });
  await inOrder(asked);
}

/** Rows in their order, so many of one collection at once wherever there are as many, and what lies between. */
function portionsOf(rows: readonly SoundRow[], atOnce: number): readonly (readonly SoundRow[])[] {
  const portions: (readonly SoundRow[])[] = [];
  let begin = 0;
  let first = 0;
  while (first + atOnce <= rows.length) {
    const isOfOne = rows[first]?.collection === rows[first + atOnce - 1]?.collection;
    if (!isOfOne) {
      first += 1;
      continue;
    }
    portions.push(...split(rows.slice(begin, first), atOnce - 1), rows.slice(first, first + atOnce));
    first += atOnce;
    begin = first;
  }
  return [...portions, ...split(rows.slice(begin), atOnce - 1)];
}

function split<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_unused, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

async function replace(
  session: Session,
  scope: Scope,
  rows: readonly SoundRow[],
  currentRevs: ReadonlyMap<string, Revision>,
): Promise<void> {
  if (rows.length === 0) return;
  const columns = documentColumns(rows);
  const kept = session.run(sql.keepReplaced, [scope, columns[0], columns[1]]);
  const replaced = rows.map((row) => currentRevs.get(row.key) ?? null);
  const [, updated] = await inOrder([kept, session.run(sql.updateDocuments, [scope, ...columns, replaced])]);
  if (updated !== rows.length) throw new LostRace('another writer changed one of the records');
}

async function keepInHistory(session: Session, scope: Scope, rows: readonly SoundRow[]): Promise<void> {
  if (rows.length > 0) await session.run(sql.insertHistory, [scope, ...versionColumns(rows)]);
}

const versionColumns = (rows: readonly SoundRow[]) =>
  [
    rows.map((row) => row.collection),
    rows.map((row) => row.id),
    rows.map((row) => row.rev),
    rows.map((row) => row.utf8.toString()),
  ] as const;

const documentColumns = (rows: readonly SoundRow[]) =>
  [...versionColumns(rows), rows.map((row) => patientNamedBy(row.collection, row))] as const;

/** Keeps rows the center cannot use, whole, with the facility of the device. */
export async function writeQuarantine(
  session: Session,
  origin: PushOrigin,
  rows: readonly UnsoundRow[],
): Promise<void> {
  await session.run(sql.insertQuarantine, [
    origin.deviceScope,
    origin.device,
    'sync.record-refused',
    origin.at,
    rows.map((row) => row.digest),
    rows.map((row) => row.op),
    rows.map((row) => JSON.stringify(row.paths)),
    rows.map((row) => row.text),
  ]);
}

/**
 * Gives the rows their places in the feed, and returns the position before the first one. Has to be the last statement
 * before COMMIT.
 */
export async function takePositions(
  session: Session,
  origin: PushOrigin,
  { newest, placed }: RowsToWrite,
  currentRevs: ReadonlyMap<string, Revision>,
): Promise<number> {
  if (placed.length === 0) return 0;
  const digests = new DigestChange();
  for (const row of newest) {
    digests.replace(row.collection, row.id, currentRevs.get(row.key) ?? null, row.rev);
  }
  return await appendToFeed(session, origin, placed, digests);
}
