import type { MangoQuery } from 'rxdb';
import type { RecordQuery } from '#clinic/ports/replica.ts';
import type { RecordId, Revision } from '#contracts/ids.ts';
import type { CollectionName, RecordOf } from '#contracts/records/registry.ts';
import { compileQuery, type MangoParts } from '../rx-storage/compile-query.ts';
import { planQuery, type QueryPlan } from '../rx-storage/query-plan.ts';
import { countMatches, findBodies } from '../rx-storage/run-plan.ts';
import { indexName } from '../rx-storage/table-register.ts';
import type { Connection, SqlValue } from '../sqlcipher/connection.ts';
import { commonPaths, type RecordTables, storedTypes, toRecord } from './record-tables.ts';

/** The same question in RxDB's words. Throws on a path that the record type does not index: a defect of the caller. */
export function toMango(collection: CollectionName, query: RecordQuery): MangoParts {
  const selector: Record<string, Record<string, string | number>> = {};
  for (const [path, value] of Object.entries(query.equals ?? {})) selector[path] = { $eq: value };
  if (query.range !== undefined) {
    const { path, atLeast, below } = query.range;
    selector[path] = {
      ...selector[path],
      ...(atLeast === undefined ? {} : { $gte: atLeast }),
      ...(below === undefined ? {} : { $lt: below }),
    };
  }
  const sort = (query.orderBy ?? []).map(({ path, direction }) => ({ [path]: direction }));
  const isSortedById = query.orderBy?.some(({ path }) => path === 'id') === true;
  const allSort = isSortedById ? sort : [...sort, { id: 'asc' as const }];
  checkPaths(collection, [...Object.keys(selector), ...allSort.flatMap((part) => Object.keys(part))]);
  return { selector, sort: allSort, skip: 0, limit: query.limit };
}

/** {@link toMango} as RxDB's `find` takes it. */
export function toRxQuery<C extends CollectionName>(
  collection: C,
  query: RecordQuery,
): MangoQuery<RecordOf<C>> {
  const { selector, sort, limit } = toMango(collection, query);
  // RxDB wants paths typed by the document; ours were checked against the record type's indexes.
  return { selector, sort, ...(limit === undefined ? {} : { limit }) } as MangoQuery<RecordOf<C>>;
}

/** The records that answer a query, read at once. */
export function findRecords<C extends CollectionName>(
  connection: Connection,
  tables: RecordTables,
  collection: C,
  query: RecordQuery,
): readonly RecordOf<C>[] {
  const table = tables.of(collection);
  return findBodies(connection, planOf(tables, collection, query)).map((body) =>
    toRecord<C>(table.parseBody(body)),
  );
}

/** How many records answer a query, its limit included. */
export function countRecords(
  connection: Connection,
  tables: RecordTables,
  collection: CollectionName,
  query: RecordQuery,
): number {
  return countMatches(connection, planOf(tables, collection, query));
}

/**
 * Revisions by id, ascending from behind `after` (null: from the first), from the index alone (STO-8). Ids and revisions are
 * trusted like the records they were written with.
 */
export function listRevisions(
  connection: Connection,
  tables: RecordTables,
  collection: CollectionName,
  after: RecordId | null,
  limit: number,
): readonly { readonly id: RecordId; readonly rev: Revision }[] {
  const table = tables.of(collection);
  const rev = table.columnOf('rev');
  // Named, because SQLite would take the primary key's index, and then read every document for its revision.
  const index = indexName(table.name, ['id', rev]);
  return connection
    .prepare(
      // One text for each, which needs no object made for every row. Neither holds a space.
      `SELECT ${rev} || ' ' || id FROM ${table.name} INDEXED BY ${index} WHERE deleted = 0 AND id > ? ORDER BY id LIMIT ?`,
    )
    .values([after ?? '', limit])
    .map(revisionOf);
}

function revisionOf(text: SqlValue): { readonly id: RecordId; readonly rev: Revision } {
  const pair = String(text);
  const space = pair.indexOf(' ');
  return { id: pair.slice(space + 1) as RecordId, rev: pair.slice(0, space) as Revision };
}

function planOf(tables: RecordTables, collection: CollectionName, query: RecordQuery): QueryPlan {
  const { layout, name } = tables.of(collection);
  const mango = toMango(collection, query);
  const living = { ...mango, selector: { _deleted: { $eq: false }, ...mango.selector } };
  return planQuery(name, compileQuery(layout, living), living);
}

function checkPaths(collection: CollectionName, paths: readonly string[]): void {
  const allowed = new Set([...commonPaths, ...storedTypes[collection].indexes.flat()]);
  const unknown = paths.find((path) => !allowed.has(path));
  if (unknown !== undefined) throw new Error(`${collection} is not indexed by ${unknown}`);
}
