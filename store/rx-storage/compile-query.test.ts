import { describe, expect, it } from 'vitest';
import { compileQuery } from './compile-query.ts';
import type { TableLayout } from './table-layout.ts';

const layout: TableLayout = {
  primaryPath: 'id',
  columns: [
    { path: 'body.day', name: 'c0', kind: 'text' },
    { path: 'at', name: 'c1', kind: 'number' },
    { path: 'urgent', name: 'c2', kind: 'boolean' },
  ],
  indexes: [['c0', 'id']],
  hasAttachments: false,
  isWalked: true,
};
const where = (selector: object) => compileQuery(layout, { selector, sort: [{ id: 'asc' }], skip: 0 }).where;

// STO-10
describe('a selector in SQL', () => {
  it.each([
    [{}, '', [], true],
    [{ 'body.day': { $eq: 'x' } }, 'c0 = ?', ['x'], true],
    [{ 'body.day': 'x', at: { $gt: 1, $lte: 2 } }, 'c0 = ? AND c1 > ? AND c1 <= ?', ['x', 1, 2], true],
    [{ _deleted: { $eq: false } }, 'deleted = 0', [], true],
    [{ urgent: { $eq: true } }, 'c2 = ?', [1], true],
    [{ id: { $in: ['a', 'b'] } }, 'id IN (SELECT value FROM json_each(?))', ['["a","b"]'], true],
    [{ $or: [{ at: 1 }, { at: 2 }] }, '((c1 = ?) OR (c1 = ?))', [1, 2], true],
    [{ $and: [{ at: 1 }, { 'body.day': 'x' }] }, 'c1 = ? AND c0 = ?', [1, 'x'], true],
  ])('%j', (selector, sql, parameters, exact) => {
    expect(where(selector)).toEqual({ sql, parameters, exact });
  });

  it.each([
    [{ 'body.other': 1 }, ''],
    [{ at: { $ne: 1 } }, ''],
    [{ at: 'text' }, ''],
    [{ at: null }, ''],
    [{ at: { $gt: Number.POSITIVE_INFINITY } }, ''],
    [{ 'body.day': 'nul\0' }, ''],
    [{ 'body.day': { $in: ['a', 1] } }, ''],
    [{ 'body.day': 'x', note: { $regex: 'y' } }, 'c0 = ?'],
    [{ $or: [{ at: 1 }, { note: 2 }] }, ''],
    [{ $nor: [{ at: 1 }] }, ''],
    [{ at: {} }, ''],
  ])('leaves to RxDB what it cannot say exactly: %j', (selector, sql) => {
    expect(where(selector)).toMatchObject({ sql, exact: false });
  });
});

it('sorts by columns, and gives up on other paths', () => {
  const order = (sort: object[]) => compileQuery(layout, { selector: {}, sort, skip: 0 }).orderBy;
  expect(order([{ 'body.day': 'desc' }, { id: 'asc' }])).toBe('c0 DESC, id');
  expect(order([{ id: 'asc' }, { at: 'asc' }])).toBe('id');
  expect(order([{ 'body.other': 'asc' }, { id: 'asc' }])).toBeNull();
});
