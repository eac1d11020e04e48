import type { Connection } from '../sqlcipher/connection.ts';
import { isAllSql, type QueryPlan, rowsStatement } from './query-plan.ts';
import type { Reader } from './reader.ts';
import { countMatches, findBodies } from './run-plan.ts';

/** Documents that may be read and parsed at once on the event loop: some five milliseconds (docs/decisions/storage-engine.md). */
export const maxDocumentsAtOnce = 500;
/** Index entries that may be counted at once on the event loop: about a millisecond. */
const maxEntriesAtOnce = 5_000;

/** How SQLite reaches the rows of a statement. */
interface Access {
  /** Every condition is answered by one index, so that only matching entries are touched. */
  readonly isSearch: boolean;
  /** Rows come in the order asked for, so that a limit bounds the work. */
  readonly isStreaming: boolean;
}

/**
 * Runs queries where they do not hold up the event loop (STO-11): light ones at once on the writer's connection, heavy
 * ones in the reader thread. Without a reader everything runs at once.
 */
export class QueryRunner {
  readonly #connection: Connection;
  readonly #reader: Reader | undefined;
  readonly #accessByStatement = new Map<string, Access>();

  constructor(connection: Connection, reader: Reader | undefined) {
    this.#connection = connection;
    this.#reader = reader;
  }

  /** The documents a plan finds, parsed. */
  async find(plan: QueryPlan): Promise<unknown[]> {
    if (this.#reader === undefined || this.isLight(plan)) return this.findNow(plan);
    return this.#reader.find(plan);
  }

  /** How many documents a plan finds. */
  async count(plan: QueryPlan): Promise<number> {
    if (this.#reader === undefined || this.#isLightCount(plan)) return countMatches(this.#connection, plan);
    return this.#reader.count(plan);
  }

  /** Like {@link find}, at once. */
  findNow(plan: QueryPlan): unknown[] {
    const bodies = findBodies(this.#connection, plan);
    const documents: unknown[] = [];
    for (const body of bodies) documents.push(JSON.parse(body));
    return documents;
  }

  /** Whether a plan may run on the event loop. */
  isLight(plan: QueryPlan): boolean {
    const access = this.#accessOf(plan);
    const end = plan.skip + (plan.limit ?? Number.POSITIVE_INFINITY);
    if (access.isStreaming && isAllSql(plan) && end <= maxDocumentsAtOnce) return true;
    if (access.isSearch) return this.#hasAtMost(plan, plan.where, maxDocumentsAtOnce);
    return this.#hasAtMost({ ...plan, parameters: [] }, '', maxDocumentsAtOnce);
  }

  #isLightCount(plan: QueryPlan): boolean {
    if (!plan.exact) return this.isLight(plan);
    const where = this.#accessOf(plan).isSearch ? plan.where : '';
    return this.#hasAtMost(where === '' ? { ...plan, parameters: [] } : plan, where, maxEntriesAtOnce);
  }

  #hasAtMost(plan: QueryPlan, where: string, most: number): boolean {
    const counted = this.#connection
      .prepare(`SELECT count(*) FROM (SELECT 1 FROM ${plan.table} ${where} LIMIT ${most + 1})`)
      .value(plan.parameters);
    return Number(counted) <= most;
  }

  #accessOf(plan: QueryPlan): Access {
    const statement = rowsStatement(plan, 'rowid');
    const known = this.#accessByStatement.get(statement);
    if (known !== undefined) return known;
    if (this.#accessByStatement.size >= maxKnownStatements) this.#accessByStatement.clear();
    const access = accessOf(this.#connection, statement, plan);
    this.#accessByStatement.set(statement, access);
    return access;
  }
}

const maxKnownStatements = 1_000;

/** Reads SQLite's own account of a statement: https://www.sqlite.org/eqp.html */
function accessOf(connection: Connection, statement: string, plan: QueryPlan): Access {
  const steps = connection
    .prepare(`EXPLAIN QUERY PLAN ${statement}`)
    .rows(plan.parameters)
    .map((row) => String(row.detail));
  const [step] = steps;
  const isSorted = !steps.some((detail) => detail.includes('TEMP B-TREE'));
  if (step === undefined || steps.some((detail) => detail.includes('MULTI-INDEX'))) {
    return { isSearch: false, isStreaming: false };
  }
  const answered = step.match(/\?/g)?.length ?? 0;
  const isSearch =
    step.startsWith('SEARCH') && answered >= plan.parameters.length && plan.parameters.length > 0;
  const isPlainScan = step.startsWith('SCAN') && plan.parameters.length === 0;
  return { isSearch, isStreaming: isSorted && (isSearch || isPlainScan) };
}
