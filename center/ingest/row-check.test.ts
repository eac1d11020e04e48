import { describe, expect, it } from 'vitest';
import { checkRow } from './row-check.ts';

const now = 1_760_000_000_000;

describe('ING-1: rows are read alone', () => {
  it.each([null, 1, 'x', [], {}, { op: 7 }])('%j is no row, and is kept as it is', (raw) => {
    const checked = checkRow(raw, 3, now);
    expect(checked).toMatchObject({ kind: 'unsound', index: 3, op: null, text: JSON.stringify(raw) });
  });

  it('finds the operation id of a row that is otherwise broken', () => {
    const op = '0199b000-0000-7000-8000-000000000001';
    expect(checkRow({ op, record: {} }, 0, now)).toMatchObject({ kind: 'unsound', op });
  });

  it('gives the same digest for the same row only', () => {
    const digest = (raw: unknown) => {
      const checked = checkRow(raw, 0, now);
      return checked.kind === 'unsound' ? checked.digest : undefined;
    };
    expect(digest({ a: 1 })).toBe(digest({ a: 1 }));
    expect(digest({ a: 1 })).not.toBe(digest({ a: 2 }));
  });

  it('names paths and never values', () => {
    const checked = checkRow({ op: 'Qodirova', collection: 'Qodirova' }, 0, now);
    expect(checked.kind === 'unsound' ? checked.paths : []).not.toContain(
      expect.stringContaining('Qodirova'),
    );
    expect(JSON.stringify(checked.kind === 'unsound' ? checked.paths : [])).not.toContain('Qodirova');
  });
});
