import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { OperationIdSchema, RecordIdSchema, RevisionSchema } from '#contracts/ids.ts';
import { type CollectionName, recordSchemas } from '#contracts/records/registry.ts';
import { decideRows } from './decide.ts';
import type { SoundRow } from './row-check.ts';

const id = v.parse(RecordIdSchema, '0199b000-0000-7000-8000-000000000001');
const rev = (version: number, digit: string) => v.parse(RevisionSchema, `${version}-${digit.repeat(32)}`);
const op = (digit: string) => v.parse(OperationIdSchema, `0199b000-0000-7000-8000-${digit.repeat(12)}`);

/** Decisions do not look into it. */
const record = v.parse(recordSchemas.staff, {
  id,
  scope: 'SAM000123',
  rev: `1-${'0'.repeat(32)}`,
  author: id,
  device: id,
  capturedAt: 0,
  hlc: '0199b0000000-0000-00000001',
  body: { name: { family: 'Karimova', given: 'Nodira' }, roles: ['nurse'], active: true },
});

function row(
  number: string,
  base: SoundRow['baseRev'],
  next: SoundRow['rev'],
  collection: CollectionName = 'patients',
) {
  const index = Number.parseInt(number, 16);
  return {
    kind: 'sound',
    index,
    op: op(number),
    collection,
    id,
    key: `${collection}/${id}`,
    baseRev: base,
    rev: next,
    scope: record.scope,
    lane: 1,
    isAside: false,
    subject: null,
    pinfl: null,
    utf8: Buffer.from('{}'),
  } as const;
}

const kinds = (
  rows: readonly SoundRow[],
  current: SoundRow['rev'] | null,
  logged: Parameters<typeof decideRows>[2] = new Map(),
) => {
  const currentRevs = new Map(current === null ? [] : rows.map((each) => [each.key, current] as const));
  return decideRows(rows, currentRevs, logged, record.scope).map((decision) =>
    decision.kind === 'outdated' ? `outdated ${decision.isBaseKnown}` : decision.kind,
  );
};

describe('ING-3 and ING-4: compare and set', () => {
  it('applies a new record, and an edit of the newest version', () => {
    expect(kinds([row('1', null, rev(1, 'a'))], null)).toEqual(['apply']);
    expect(kinds([row('1', rev(1, 'a'), rev(2, 'b'))], rev(1, 'a'))).toEqual(['apply']);
  });

  it('follows a chain inside the batch', () => {
    const chain = [
      row('1', null, rev(1, 'a')),
      row('2', rev(1, 'a'), rev(2, 'b')),
      row('3', rev(2, 'b'), rev(3, 'c')),
    ];
    expect(kinds(chain, null)).toEqual(['apply', 'apply', 'apply']);
  });

  it('knows a base that was passed over inside the batch', () => {
    const rows = [
      row('1', null, rev(1, 'a')),
      row('2', rev(1, 'a'), rev(2, 'b')),
      row('3', rev(1, 'a'), rev(2, 'c')),
    ];
    expect(kinds(rows, null)).toEqual(['apply', 'apply', 'outdated true']);
  });

  it('asks the history about any other base, and knows that an absent record has none', () => {
    expect(kinds([row('1', rev(1, 'a'), rev(2, 'b'))], rev(5, 'f'))).toEqual(['outdated look-up']);
    expect(kinds([row('1', rev(1, 'a'), rev(2, 'b'))], null)).toEqual(['outdated false']);
    expect(kinds([row('1', null, rev(1, 'b'))], rev(1, 'a'))).toEqual(['outdated true']);
  });
});

describe('ING-2: operations', () => {
  it('repeats the answer of an earlier push, whatever the record is now', () => {
    const logged = new Map([[op('1'), { rev: rev(1, 'a'), seq: 7, at: 1 }]]);
    expect(kinds([row('1', null, rev(1, 'a'))], rev(9, 'f'), logged)).toEqual(['applied-earlier']);
    expect(kinds([row('1', null, rev(1, 'b'))], rev(9, 'f'), logged)).toEqual(['misused-operation']);
  });

  it('applies a row once that stands twice in the batch', () => {
    const twice = row('1', null, rev(1, 'a'));
    expect(kinds([twice, twice], null)).toEqual(['apply', 'repeated']);
    expect(kinds([twice, row('1', null, rev(1, 'b'))], null)).toEqual(['apply', 'misused-operation']);
  });
});

describe('ING-8: rows put aside', () => {
  const aside = (number: string, base: SoundRow['baseRev'], next: SoundRow['rev']) => ({
    ...row(number, base, next),
    isAside: true,
  });

  it('are kept whatever their base, once, and never become the newest version', () => {
    expect(kinds([aside('1', null, rev(1, 'a'))], rev(9, 'f'))).toEqual(['keep-aside']);
    expect(kinds([aside('1', rev(3, 'a'), rev(4, 'a'))], null)).toEqual(['keep-aside']);
    const twice = aside('1', null, rev(1, 'a'));
    expect(kinds([twice, twice], null)).toEqual(['keep-aside', 'repeated']);
    expect(kinds([twice, row('2', null, rev(1, 'b'))], null)).toEqual(['keep-aside', 'apply']);
  });

  it('are known as bases', () => {
    const rows = [aside('1', rev(1, 'a'), rev(2, 'b')), row('2', rev(2, 'b'), rev(3, 'c'))];
    expect(kinds(rows, rev(5, 'f'))).toEqual(['keep-aside', 'outdated true']);
  });

  it('were perhaps applied before they were put aside', () => {
    const logged = new Map([[op('1'), { rev: rev(2, 'b'), seq: 7, at: 1 }]]);
    expect(kinds([aside('1', rev(1, 'a'), rev(2, 'b'))], rev(9, 'f'), logged)).toEqual(['applied-earlier']);
  });
});

describe('ING-5: where the center decides', () => {
  it('takes what is new and nothing else', () => {
    expect(kinds([row('1', null, rev(1, 'a'), 'staff')], null)).toEqual(['apply']);
    expect(kinds([row('1', rev(1, 'a'), rev(2, 'b'), 'staff')], rev(1, 'a'))).toEqual(['outdated true']);
  });
});
