import type { OperationId, Revision, Scope } from '#contracts/ids.ts';
import { versionOf } from '#sync/merge/revision.ts';
import { dayInUzbekistan } from '../calendar.ts';
import type { FeedEntry } from '../feed/append.ts';
import { DigestChange } from '../feed/digest-change.ts';
import type { Device } from '../ingest/batch.ts';
import type { BroughtBack } from '../ingest/hooks.ts';
import type { SoundRow } from '../ingest/row-check.ts';
import { LoggedSchema, readOperations } from '../ingest/statements.ts';
import type { Session } from '../postgres/database.ts';
import { kindOfFailure } from '../postgres/failures.ts';
import { readStored } from './center-version.ts';
import { keyOf } from './deliver.ts';
import { keyColumns } from './note-applied.ts';
import { inScope, place, type SharingContext } from './sharing-context.ts';
import * as sql from './statements.ts';

/**
 * Where rows about other facilities' records are at home (docs/specs/sync.md SHR-5): records that are shared with the
 * device's facility, or were: what was written before the copy was withdrawn still arrives. A review may be about such a
 * record without being one itself.
 */
export async function homesOfRows(
  { database }: SharingContext,
  { scope }: Device,
  rows: readonly SoundRow[],
): Promise<ReadonlyMap<number, Scope>> {
  const logged = await database.rows(readOperations, LoggedSchema, [scope, rows.map(({ op }) => op)]);
  const isAnswered = new Set(logged.map(({ op }) => op));
  const named = rows.map((row) => ({ row, record: subjectOfReview(row) ?? row }));
  const found = await database.rows(sql.findFormerHomes, sql.FormerHomeSchema, [
    scope,
    ...keyColumns([...named.map(({ record }) => record), ...rows]),
  ]);
  const homeByKey = new Map(found.map((record) => [keyOf(record), record.home ?? scope]));
  const homes = new Map<number, Scope>();
  for (const { row, record } of named) {
    const ownHome = homeByKey.get(keyOf(row));
    const home = ownHome ?? homeByKey.get(keyOf(record));
    if (isAnswered.has(row.op)) homes.set(row.index, scope);
    // A new record is at home where it says; it may say only where what it is about is at home.
    else if (home !== undefined && (ownHome !== undefined || home === row.scope)) homes.set(row.index, home);
  }
  return homes;
}

function subjectOfReview({ collection, utf8 }: SoundRow): Pick<SoundRow, 'collection' | 'id'> | undefined {
  return collection === 'reviews' ? readStored(collection, utf8.toString()).body.subject : undefined;
}

/**
 * Brings the newest versions of rows that were taken at their home back to the device's facility at once, and gives the
 * rows positions in its feed, so that the device counts in one feed only. Every row gets a new position behind which the
 * newest version stands again: what the device skips as older than its own write is then surely older.
 */
export async function bringBack(
  context: SharingContext,
  device: Device,
  home: Scope,
  rows: readonly SoundRow[],
): Promise<BroughtBack> {
  try {
    const found = await context.database.rows(sql.readDocuments, sql.DocumentSchema, [
      home,
      ...keyColumns(rows),
    ]);
    // Two rows of one record find it twice; its place in the digest changes once.
    const newest = [...new Map(found.map((document) => [keyOf(document), document])).values()];
    const order = { device, home, rows, newest };
    const back = await inScope(context, (session) => writeBack(session, context, order));
    for (const { scope } of rows) context.noteHome?.(device.scope, scope);
    return back;
  } catch (error) {
    // They were taken at their home: coming again they are answered there without being applied twice.
    if (kindOfFailure(error) === 'defect') throw error;
    return { positions: new Map(), applied: [] };
  }
}

interface Return {
  readonly device: Device;
  readonly home: Scope;
  readonly rows: readonly SoundRow[];
  readonly newest: readonly sql.Document[];
}

async function writeBack(
  session: Session,
  { effects }: SharingContext,
  { device: { device, scope }, home, rows, newest }: Return,
): Promise<BroughtBack> {
  const locked = await session.rows(sql.lockDocuments, sql.LockedSchema, [scope, ...keyColumns(rows)]);
  const logged = await session.rows(readOperations, LoggedSchema, [scope, rows.map(({ op }) => op)]);
  const placeByOp = new Map<OperationId, FeedPlace>(logged.map(({ op, seq, at }) => [op, { seq, at }]));
  const fresh = rows.filter(({ op }) => !placeByOp.has(op));
  if (fresh.length === 0) return { positions: positionsOf(rows, placeByOp), applied: [] };
  const presentByKey = new Map(locked.map((row) => [keyOf(row), row]));
  const copies = newest.filter((document) => presentByKey.get(keyOf(document))?.home !== null);
  const held = copies.filter((document) => presentByKey.has(keyOf(document)));
  const digests = new DigestChange();
  const changed = held.filter((document) => {
    const present = presentByKey.get(keyOf(document))?.rev ?? null;
    if (versionOf(document.rev) <= versionOf(present)) return false;
    digests.replace(document.collection, document.id, present, document.rev);
    return true;
  });
  if (changed.length > 0) {
    await session.run(sql.updateDocuments, [
      scope,
      ...keyColumns(changed),
      changed.map(({ rev }) => rev),
      changed.map(({ body }) => body),
      changed.map((document) => document.home ?? home),
      changed.map(({ patient }) => patient),
    ]);
  }
  const now = effects.clock.now();
  const origin = { scope, device, at: now, day: dayInUzbekistan(now) };
  const changedRevs = new Map(changed.map((document) => [keyOf(document), document.rev]));
  const entries = [...fresh.map(entryOf), ...standAgain(fresh, presentByKey, changedRevs)];
  const applied = await place(session, origin, entries, digests);
  for (const [index, { op }] of fresh.entries()) {
    placeByOp.set(op, { seq: applied.from + 1 + index, at: now });
  }
  return { positions: positionsOf(rows, placeByOp), applied: [applied] };
}

const entryOf = ({ lane, collection, id, rev, op }: SoundRow): FeedEntry => ({
  lane,
  collection,
  id,
  rev,
  op,
});

/** The versions that stand in the doc table but are not the last entries of {@link entryOf}. */
function standAgain(
  rows: readonly SoundRow[],
  presentByKey: ReadonlyMap<string, { readonly rev: Revision }>,
  changedRevs: ReadonlyMap<string, Revision>,
): readonly FeedEntry[] {
  const lastByKey = new Map(rows.map((row) => [keyOf(row), row]));
  return [...lastByKey].flatMap(([key, { lane, collection, id, rev }]) => {
    const standing = changedRevs.get(key) ?? presentByKey.get(key)?.rev;
    return standing === undefined || standing === rev
      ? []
      : [{ lane, collection, id, rev: standing, op: null }];
  });
}

interface FeedPlace {
  readonly seq: number;
  readonly at: number;
}

const positionsOf = (rows: readonly SoundRow[], placeByOp: ReadonlyMap<OperationId, FeedPlace>) =>
  new Map(
    rows.flatMap(({ index, op }) => {
      const found = placeByOp.get(op);
      return found === undefined ? [] : [[index, found] as const];
    }),
  );
