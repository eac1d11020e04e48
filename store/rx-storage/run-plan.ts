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

/**
 * Takes what SQL finds through RxDB's matcher and comparator. Bodies are read one by one, so that no more of them are in
 * memory than match.
 */
function matching(source: StatementSource, plan: QueryPlan): Found[] {
  const matches = matcherOf(plan);
  const body = source.prepare(`SELECT body FROM ${plan.table} WHERE rowid = ?`);
  const end = plan.skip + (plan.limit ?? Number.POSITIVE_INFINITY);
  const found: Found[] = [];
  for (const row of source.prepare(rowsStatement(plan, 'rowid')).values(plan.parameters)) {
    if (plan.orderBy !== null && found.length >= end) break;
    const text = bodyText(body.value([row]));
    const document: Stored = JSON.parse(text);
    if (matches(document)) found.push(plan.orderBy === null ? { body: text, document } : { body: text });
  }
  if (plan.orderBy === null) sortFound(plan, found);
  return found.slice(plan.skip, end);
}

function bodyText(value: SqlValue | undefined): string {
  if (typeof value !== 'string') throw new Error('a row vanished inside its own transaction');
  return value;
}

function matcherOf(plan: QueryPlan): (document: Stored) => boolean {
  if (plan.exact) return () => true;
  return getQueryMatcher(schemaNobodyReads(), filledQuery(plan));
}

function sortFound(plan: QueryPlan, found: Found[]): void {
  const compare = getSortComparator<AnyDocument>(schemaNobodyReads(), filledQuery(plan));
  found.sort((left, right) =>
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
