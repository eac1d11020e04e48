import {
  type FilledMangoQuery,
  fillWithDefaultSettings,
  getQueryMatcher,
  getSortComparator,
  type RxDocumentData,
  type RxJsonSchema,
} from 'rxdb';
import type { PreparedStatement, SqlValue } from '../sqlcipher/connection.ts';
import { isAllSql, pageParameters, pageStatement, type QueryPlan, rowsStatement } from './query-plan.ts';

/** What running a plan needs of a connection. */
export interface StatementSource {
  prepare(sql: string): PreparedStatement;
}

/** Any stored document; only its path values are looked at here. */
type AnyDocument = { readonly id: string };
type Stored = RxDocumentData<AnyDocument>;

/** A document found: its JSON text, and its parsed form if it had to be parsed to know. */
interface Found {
  readonly body: string;
  readonly document?: Stored;
}

/** Runs a plan and gives the JSON texts of the documents, in order. Blocks until done: see `QueryRunner` for where. */
export function findBodies(source: StatementSource, plan: QueryPlan): string[] {
  if (isAllSql(plan)) {
    return source.prepare(pageStatement(plan, 'body')).values(pageParameters(plan)).map(String);
  }
  return matching(source, plan).map(({ body }) => body);
}

/** Number of documents the plan finds, limit and skip included. */
export function countMatches(source: StatementSource, plan: QueryPlan): number {
  if (!plan.exact) return matching(source, { ...plan, orderBy: plan.orderBy ?? '' }).length;
  const total = Number(
    source.prepare(`SELECT count(*) FROM ${plan.table} ${plan.where}`).value(plan.parameters) ?? 0,
  );
  return Math.max(0, Math.min(total - plan.skip, plan.limit ?? Number.POSITIVE_INFINITY));
}

/** Takes what SQL finds through RxDB's matcher and comparator. */
function matching(source: StatementSource, plan: QueryPlan): Found[] {
  const end = plan.skip + (plan.limit ?? Number.POSITIVE_INFINITY);
  // Without a condition in SQL and without a limit every document is read: in the order they lie on the disk.
  const readsAll = plan.parameters.length === 0 && plan.limit === null;
  const found =
    plan.orderBy === null || readsAll
      ? sortFound(plan, filtered(plan, readsAll ? bodiesAsTheyLie(source, plan) : bodiesOf(source, plan)))
      : firstOf(end, filtered(plan, bodiesOf(source, plan)));
  return found.slice(plan.skip, end);
}

/** Bodies in the plan's order, read one by one: no more of them are in memory than match. */
function* bodiesOf(source: StatementSource, plan: QueryPlan): Generator<string> {
  const body = source.prepare(`SELECT body FROM ${plan.table} WHERE rowid = ?`);
  for (const row of source.prepare(rowsStatement(plan, 'rowid')).values(plan.parameters)) {
    yield bodyText(body.value([row]));
  }
}

const rowsPerWindow = 500;

function* bodiesAsTheyLie(source: StatementSource, plan: QueryPlan): Generator<string> {
  const last = Number(source.prepare(`SELECT max(rowid) FROM ${plan.table}`).value([]) ?? 0);
  const condition = plan.where === '' ? 'WHERE' : `${plan.where} AND`;
  const window = source.prepare(`SELECT body FROM ${plan.table} ${condition} rowid > ? AND rowid <= ?`);
  for (let from = 0; from < last; from += rowsPerWindow) {
    for (const body of window.values([from, from + rowsPerWindow])) yield bodyText(body);
  }
}

function* filtered(plan: QueryPlan, bodies: Iterable<string>): Generator<Found> {
  const matches = matcherOf(plan);
  for (const body of bodies) {
    const document: Stored = JSON.parse(body);
    if (matches(document)) yield { body, document };
  }
}

function firstOf(count: number, found: Iterable<Found>): Found[] {
  const first: Found[] = [];
  if (count === 0) return first;
  for (const one of found) {
    first.push({ body: one.body });
    if (first.length >= count) break;
  }
  return first;
}

function bodyText(value: SqlValue | undefined): string {
  if (typeof value !== 'string') throw new Error('a row vanished inside its own transaction');
  return value;
}

function matcherOf(plan: QueryPlan): (document: Stored) => boolean {
  if (plan.exact) return () => true;
  return getQueryMatcher(schemaNobodyReads(), filledQuery(plan));
}

function sortFound(plan: QueryPlan, all: Iterable<Found>): Found[] {
  const compare = getSortComparator<AnyDocument>(schemaNobodyReads(), filledQuery(plan));
  return [...all].sort((left, right) =>
    left.document === undefined || right.document === undefined ? 0 : compare(left.document, right.document),
  );
}

const filledQuery = (plan: QueryPlan): FilledMangoQuery<AnyDocument> => ({
  selector: plan.query.selector,
  sort: plan.query.sort.map((part) => ({ ...part })),
  skip: 0,
});

/** RxDB's matcher and comparator ask for a schema and ignore it. */
const schemaNobodyReads = (): RxJsonSchema<Stored> =>
  fillWithDefaultSettings<AnyDocument>({
    version: 0,
    primaryKey: 'id',
    type: 'object',
    properties: { id: { type: 'string', maxLength: 100 } },
  });
