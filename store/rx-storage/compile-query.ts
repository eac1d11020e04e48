import type { SqlValue } from '../sqlcipher/connection.ts';
import { type Column, fixedColumns, type TableLayout, toColumnValue } from './table-layout.ts';

/** A selector in SQL. Every document the selector takes is taken by the SQL; if `exact`, no other one is. */
export interface Condition {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
  readonly exact: boolean;
}

/** A Mango query in SQL, without a table. */
export interface CompiledQuery {
  readonly where: Condition;
  /** Null if SQL cannot sort as RxDB does: sort with RxDB's comparator. */
  readonly orderBy: string | null;
  readonly skip: number;
  readonly limit: number;
}

/** The parts of a filled Mango query that matter here. */
export interface MangoParts {
  readonly selector: object;
  readonly sort: readonly object[];
  readonly skip: number;
  readonly limit?: number | undefined;
}

/** Turns a query into SQL over the columns of `layout` (STO-10). What has no column is left to RxDB's matcher. */
export function compileQuery(layout: TableLayout, query: MangoParts): CompiledQuery {
  const columns = columnsByPath(layout);
  return {
    where: conditionOf(columns, query.selector),
    orderBy: orderOf(columns, query.sort, layout.primaryPath),
    skip: query.skip,
    limit: query.limit ?? Number.POSITIVE_INFINITY,
  };
}

type Columns = ReadonlyMap<string, Column>;

const columnsByLayout = new WeakMap<TableLayout, Columns>();

function columnsByPath(layout: TableLayout): Columns {
  const known = columnsByLayout.get(layout);
  if (known !== undefined) return known;
  const primary: Column = { path: layout.primaryPath, name: 'id', kind: 'text' };
  const columns = new Map(
    [primary, ...fixedColumns, ...layout.columns].map((column) => [column.path, column]),
  );
  columnsByLayout.set(layout, columns);
  return columns;
}

const everything: Condition = { sql: '', parameters: [], exact: true };
const notInSql: Condition = { sql: '', parameters: [], exact: false };

function conditionOf(columns: Columns, selector: object): Condition {
  return all(Object.entries(selector).map(([field, matcher]) => partOf(columns, field, matcher)));
}

function partOf(columns: Columns, field: string, matcher: unknown): Condition {
  if (field === '$and') return all(subselectors(matcher).map((selector) => conditionOf(columns, selector)));
  if (field === '$or') return any(subselectors(matcher).map((selector) => conditionOf(columns, selector)));
  const column = columns.get(field);
  if (column === undefined) return notInSql;
  return all(operatorsOf(matcher).map(([operator, operand]) => comparison(column, operator, operand)));
}

const subselectors = (value: unknown): object[] =>
  Array.isArray(value) ? value.filter((part) => typeof part === 'object' && part !== null) : [];

/** Operators of one field; a plain value means equality. */
function operatorsOf(matcher: unknown): [string, unknown][] {
  if (typeof matcher !== 'object' || matcher === null) return [['$eq', matcher]];
  const operators = Object.entries(matcher);
  return operators.length > 0 ? operators : [['unknown', matcher]];
}

const comparators: Readonly<Record<string, string>> = {
  $eq: '=',
  $gt: '>',
  $gte: '>=',
  $lt: '<',
  $lte: '<=',
};

function comparison(column: Column, operator: string, operand: unknown): Condition {
  if (operator === '$in') return membership(column, operand);
  const comparator = comparators[operator];
  const value = operandOf(column, operand);
  if (comparator === undefined || value === null) return notInSql;
  // A literal, because SQLite uses the indexes of living documents only where it can see this at preparation.
  if (column.name === 'deleted')
    return { sql: `deleted ${comparator} ${Number(value)}`, parameters: [], exact: true };
  return { sql: `${column.name} ${comparator} ?`, parameters: [value], exact: true };
}

function membership(column: Column, operand: unknown): Condition {
  if (!Array.isArray(operand) || column.name === 'deleted') return notInSql;
  const values = operand.map((value) => operandOf(column, value));
  if (values.includes(null)) return notInSql;
  const list = JSON.stringify(values);
  return {
    sql: `${column.name} IN (SELECT value FROM json_each(?))`,
    parameters: [list],
    exact: true,
  };
}

/** The operand as a column value, or null if SQL would compare it differently from RxDB. */
function operandOf(column: Column, operand: unknown): SqlValue {
  if (typeof operand === 'number' && !Number.isFinite(operand)) return null;
  if (typeof operand === 'string' && (operand.includes('\0') || !operand.isWellFormed())) return null;
  return toColumnValue(column.kind, operand);
}

function all(parts: readonly Condition[]): Condition {
  const translated = parts.filter(({ sql }) => sql !== '');
  return {
    sql: translated.map(({ sql }) => sql).join(' AND '),
    parameters: translated.flatMap(({ parameters }) => parameters),
    exact: parts.every(({ exact }) => exact),
  };
}

function any(parts: readonly Condition[]): Condition {
  if (parts.length === 0) return notInSql;
  // One branch that takes everything, or that SQL does not know, leaves nothing to filter by.
  if (parts.some(({ sql }) => sql === ''))
    return parts.some((part) => part.sql === '' && part.exact) ? everything : notInSql;
  return {
    sql: `(${parts.map(({ sql }) => `(${sql})`).join(' OR ')})`,
    parameters: parts.flatMap(({ parameters }) => parameters),
    exact: parts.every(({ exact }) => exact),
  };
}

function orderOf(columns: Columns, sort: readonly object[], primaryPath: string): string | null {
  const terms: string[] = [];
  for (const [path, direction] of sort.flatMap((part) => Object.entries(part))) {
    const column = columns.get(path);
    if (column === undefined) return null;
    // All documents of a query are either living or not asked apart; one constant column sorts nothing.
    terms.push(`${column.name}${direction === 'desc' ? ' DESC' : ''}`);
    if (path === primaryPath) break;
  }
  return terms.join(', ');
}
