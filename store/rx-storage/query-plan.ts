import type { SqlValue } from '../sqlcipher/connection.ts';
import type { CompiledQuery, MangoParts } from './compile-query.ts';

/** A query ready to run on any connection; plain data, so that it can go to the reader thread. */
export interface QueryPlan {
  readonly table: string;
  /** `WHERE ...` or nothing. */
  readonly where: string;
  readonly parameters: readonly SqlValue[];
  /** Whether SQL alone decides which documents match. */
  readonly exact: boolean;
  /** `ORDER BY ...`, or null if RxDB's comparator has to sort. */
  readonly orderBy: string | null;
  readonly skip: number;
  /** Null: no limit. */
  readonly limit: number | null;
  /** For RxDB's matcher and comparator. */
  readonly query: { readonly selector: object; readonly sort: readonly object[] };
}

export function planQuery(table: string, compiled: CompiledQuery, query: MangoParts): QueryPlan {
  return {
    table,
    where: compiled.where.sql === '' ? '' : `WHERE ${compiled.where.sql}`,
    parameters: compiled.where.parameters,
    exact: compiled.where.exact,
    orderBy: compiled.orderBy === null ? null : `ORDER BY ${compiled.orderBy}`,
    skip: compiled.skip,
    limit: Number.isFinite(compiled.limit) ? compiled.limit : null,
    query: { selector: query.selector, sort: query.sort },
  };
}

/** Whether SQL can give the answer by itself, page and all. */
export const isAllSql = (plan: QueryPlan): boolean => plan.exact && plan.orderBy !== null;

/** `SELECT` of `columns` for a plan that is all SQL; takes limit and skip after the plan's parameters. */
export const pageStatement = (plan: QueryPlan, columns: string): string =>
  `SELECT ${columns} FROM ${plan.table} ${plan.where} ${plan.orderBy ?? ''} LIMIT ? OFFSET ?`;

/** The parameters of {@link pageStatement}. */
export const pageParameters = (plan: QueryPlan): SqlValue[] => [
  ...plan.parameters,
  plan.limit ?? -1,
  plan.skip,
];

/** `SELECT` of `columns` for every row the SQL takes, sorted if SQL can. */
export const rowsStatement = (plan: QueryPlan, columns: string): string =>
  `SELECT ${columns} FROM ${plan.table} ${plan.where} ${plan.orderBy ?? ''}`;
