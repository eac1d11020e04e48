import type { RecordQuery } from '#clinic/ports/replica.ts';
import type { AnyRecord } from '#contracts/records/registry.ts';

/** The records that answer a query of the Replica port, in its order. */
export function findIn<Row extends AnyRecord>(records: readonly Row[], query: RecordQuery): readonly Row[] {
  const { equals = {}, range, orderBy = [{ path: 'id', direction: 'asc' }], limit } = query;
  const matching = records.filter(
    (record) =>
      Object.entries(equals).every(([path, value]) => valueAt(record, path) === value) &&
      isInRange(record, range),
  );
  return matching.sort((left, right) => compareBy(left, right, orderBy)).slice(0, limit);
}

function isInRange(record: AnyRecord, range: RecordQuery['range']): boolean {
  if (range === undefined) return true;
  const value = valueAt(record, range.path);
  if (typeof value !== 'string' && typeof value !== 'number') return false;
  const isAtLeast = range.atLeast === undefined || value >= range.atLeast;
  return isAtLeast && (range.below === undefined || value < range.below);
}

function compareBy(left: AnyRecord, right: AnyRecord, orderBy: NonNullable<RecordQuery['orderBy']>): number {
  for (const { path, direction } of orderBy) {
    const [a, b] = [String(valueAt(left, path)), String(valueAt(right, path))];
    const numeric = Number(valueAt(left, path)) - Number(valueAt(right, path));
    const order = Number.isNaN(numeric) ? (a < b ? -1 : a > b ? 1 : 0) : numeric;
    if (order !== 0) return direction === 'asc' ? order : -order;
  }
  return 0;
}

function valueAt(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.split('.')) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Object.entries(found).find(([name]) => name === key)?.[1];
  }
  return found;
}
