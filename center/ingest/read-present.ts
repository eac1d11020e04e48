import type { Revision, Scope } from '#contracts/ids.ts';
import type { Session } from '../postgres/database.ts';
import type { Decision, LoggedOperation } from './decide.ts';
import { keyOf, type SoundRow } from './row-check.ts';
import { isConflict } from './row-outcome.ts';
import * as sql from './statements.ts';

/** What the center has of the records of a batch. */
export interface Present {
  /** Newest revisions, row-locked, by key. */
  readonly currentRevs: ReadonlyMap<string, Revision>;
  /** Homes of records that are copies here, by key. */
  readonly homes: ReadonlyMap<string, Scope>;
  /** Operations among the rows' that were applied earlier. */
  readonly logged: ReadonlyMap<SoundRow['op'], LoggedOperation>;
}

/** What is present for a batch of nothing but new records. */
export const nothingPresent: Present = { currentRevs: new Map(), homes: new Map(), logged: new Map() };

/** Locks the records concerned, then looks for operations applied earlier. */
export async function readPresent(
  session: Session,
  scope: Scope,
  rows: readonly SoundRow[],
): Promise<Present> {
  if (rows.length === 0) return nothingPresent;
  const records = [...new Map(rows.map((row) => [row.key, row])).values()];
  const locked = await session.rows(sql.lockDocuments, sql.LockedSchema, [
    scope,
    records.map((row) => row.collection),
    records.map((row) => row.id),
  ]);
  const logged = await session.rows(sql.readOperations, sql.LoggedSchema, [scope, rows.map((row) => row.op)]);
  return {
    currentRevs: new Map(locked.map((document) => [keyOf(document.collection, document.id), document.rev])),
    homes: new Map(
      locked.flatMap(({ collection, id, home }) => (home === null ? [] : [[keyOf(collection, id), home]])),
    ),
    logged: new Map(logged.map((operation) => [operation.op, operation])),
  };
}

/** Which of the outdated rows rest on a version the center has in its history. */
export async function findKnownBases(
  session: Session,
  scope: Scope,
  decisions: readonly Decision[],
): Promise<ReadonlySet<string>> {
  const rows = decisions.flatMap((decision) =>
    decision.kind === 'outdated' && decision.isBaseKnown === 'look-up' ? [decision.row] : [],
  );
  if (rows.length === 0) return new Set();
  const found = await session.rows(sql.findHistory, sql.FoundVersionSchema, [
    scope,
    rows.map((row) => row.collection),
    rows.map((row) => row.id),
    rows.map((row) => row.baseRev),
  ]);
  return new Set(found.map(({ collection, id, rev }) => `${keyOf(collection, id)}/${rev}`));
}

/** The center's versions of the records in conflict, as JSON text by key. */
export async function readConflicts(
  session: Session,
  scope: Scope,
  decisions: readonly Decision[],
  knownBases: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const rows = decisions.filter((decision) => isConflict(decision, knownBases)).map(({ row }) => row);
  if (rows.length === 0) return new Map();
  const bodies = await session.rows(sql.readBodies, sql.BodySchema, [
    scope,
    rows.map((row) => row.collection),
    rows.map((row) => row.id),
  ]);
  return new Map(bodies.map(({ collection, id, body }) => [keyOf(collection, id), body]));
}
