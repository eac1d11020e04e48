import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { ScopeSchema } from '#contracts/ids.ts';
import { checkRow } from './row-check.ts';

const scope = v.parse(ScopeSchema, 'SAM000123');

describe('ING-1: rows are read alone', () => {
  it.each([null, 1, 'x', [], {}, { op: 7 }])('%j is no row, and is kept as it is', (raw) => {
    const checked = checkRow(raw, 3, scope);
    expect(checked).toMatchObject({ kind: 'unsound', index: 3, op: null, text: JSON.stringify(raw) });
  });

  it('finds the operation id of a row that is otherwise broken', () => {
    const op = '0199b000-0000-7000-8000-000000000001';
    expect(checkRow({ op, record: {} }, 0, scope)).toMatchObject({ kind: 'unsound', op });
  });

  it('gives the same digest for the same row only', () => {
    const digest = (raw: unknown) => {
      const checked = checkRow(raw, 0, scope);
      return checked.kind === 'unsound' ? checked.digest : undefined;
    };
    expect(digest({ a: 1 })).toBe(digest({ a: 1 }));
    expect(digest({ a: 1 })).not.toBe(digest({ a: 2 }));
  });

  it('names paths and never values', () => {
    const checked = checkRow({ op: 'Qodirova', collection: 'Qodirova' }, 0, scope);
    expect(checked.kind === 'unsound' ? checked.paths : []).not.toContain(
      expect.stringContaining('Qodirova'),
    );
    expect(JSON.stringify(checked.kind === 'unsound' ? checked.paths : [])).not.toContain('Qodirova');
  });
});
