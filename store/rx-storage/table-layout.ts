import {
  getPrimaryFieldOfPrimaryKey,
  getSchemaByObjectPath,
  type RxDocumentData,
  type RxJsonSchema,
} from 'rxdb';
import type { SqlValue } from '../sqlcipher/connection.ts';
import { orderedText } from './ordered-text.ts';

export type ColumnKind = 'text' | 'number' | 'boolean';

/** A field of the documents that has a column of its own, so that SQL can filter and sort by it. */
export interface Column {
  readonly path: string;
  readonly name: string;
  readonly kind: ColumnKind;
}

/** How the documents of one collection and schema version lie in their table. */
export interface TableLayout {
  readonly primaryPath: string;
  readonly columns: readonly Column[];
  /** Column names of each index, most significant first, the primary key last; or first, where it covers what is read by id. */
  readonly indexes: readonly (readonly string[])[];
  readonly hasAttachments: boolean;
  /** Whether there is an index for RxDB's walk through what changed since. */
  readonly isWalked: boolean;
}

/** What a storage instance may be asked for beyond its schema. */
export interface TableOptions {
  /** Paths that get a column without an index. */
  readonly columns?: readonly string[];
  /** Which of them, in order of the primary key, are read without the documents. */
  readonly coveredById?: readonly string[];
  /** False where RxDB is not asked what changed since; then that takes a look at every document. */
  readonly isWalked?: boolean;
}

/** Fields of every table; the rest of a document is only in its JSON body. */
export const fixedColumns: readonly Column[] = [
  { path: '_deleted', name: 'deleted', kind: 'boolean' },
  { path: '_meta.lwt', name: 'lwt', kind: 'number' },
];

/** The layout that follows from a schema as RxDB fills it: its indexes, and the paths asked for. */
export function layoutOf<Document>(
  schema: RxJsonSchema<RxDocumentData<Document>>,
  options: TableOptions,
): TableLayout {
  const primaryPath: string = getPrimaryFieldOfPrimaryKey(schema.primaryKey);
  const indexedPaths = (schema.indexes ?? []).map((index) => (typeof index === 'string' ? [index] : index));
  const fixed = new Set([primaryPath, ...fixedColumns.map(({ path }) => path)]);
  const paths = new Set([...indexedPaths.flat(), ...(options.columns ?? [])].map(String));
  const columns = [...paths]
    .filter((path) => !fixed.has(path))
    .flatMap((path, position) => {
      const kind = kindOf(schema, path);
      return kind === undefined ? [] : [{ path, name: `c${position}`, kind }];
    });
  return {
    primaryPath,
    columns,
    indexes: [
      ...indexesOf(indexedPaths, columns, primaryPath),
      ...coveringIndexes(columns, options.coveredById ?? []),
    ],
    hasAttachments: schema.attachments !== undefined,
    isWalked: options.isWalked ?? true,
  };
}

/**
 * RxDB puts `_deleted` in front of every index and the primary key behind it. Ours hold living documents only, so
 * `_deleted` drops out, and what then is left alone (the primary key, the last write time) has its index anyway.
 */
function indexesOf(
  indexedPaths: readonly (readonly string[])[],
  columns: readonly Column[],
  primaryPath: string,
): string[][] {
  const nameByPath = new Map(columns.map(({ path, name }) => [path, name]));
  const indexes = indexedPaths.map((paths) => {
    const names = paths.filter((path) => path !== primaryPath).map((path) => nameByPath.get(path));
    return names.filter((name) => name !== undefined);
  });
  const unique = new Map(indexes.filter((names) => names.length > 0).map((names) => [names.join(), names]));
  return [...unique.values()].map((names) => [...names, 'id']);
}

function coveringIndexes(columns: readonly Column[], paths: readonly string[]): string[][] {
  const names = columns.filter(({ path }) => paths.includes(path)).map(({ name }) => name);
  return names.length === 0 ? [] : [['id', ...names]];
}

function kindOf<Document>(
  schema: RxJsonSchema<RxDocumentData<Document>>,
  path: string,
): ColumnKind | undefined {
  const type = getSchemaByObjectPath(schema, path)?.type;
  if (type === 'string') return 'text';
  if (type === 'number' || type === 'integer') return 'number';
  return type === 'boolean' ? 'boolean' : undefined;
}

/**
 * The column value of a field. A value of another type than the schema says is no value for SQL: comparisons with it are
 * false in RxDB too, which compares within one type only.
 */
export function toColumnValue(kind: ColumnKind, value: unknown): SqlValue {
  if (kind === 'text') return typeof value === 'string' ? orderedText(value) : null;
  if (kind === 'number') return typeof value === 'number' ? value : null;
  return typeof value === 'boolean' ? Number(value) : null;
}

/** A function that reads the field at a dotted path of a document. */
export function fieldReader(path: string): (document: object) => unknown {
  const steps = path.split('.');
  const [first, second] = steps;
  if (first !== undefined && steps.length === 1) return (document) => Reflect.get(document, first);
  if (first !== undefined && second !== undefined && steps.length === 2) {
    return (document) => memberOf(Reflect.get(document, first), second);
  }
  return (document) => steps.reduce<unknown>(memberOf, document);
}

const memberOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
