import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { OutboxRow } from '#clinic/ports/replica.ts';
import { OperationIdSchema, type Revision, RevisionSchema } from '#contracts/ids.ts';
import { type RecordOf, recordSchemas } from '#contracts/records/registry.ts';
import { OfferRowSchema } from '#contracts/wire/client-messages.ts';
import { takeBatch } from './offer-row.ts';
import { OfferText } from './offer-text.ts';

const idOf = (number: number) => `0199b000-0000-7000-8000-${String(number).padStart(12, '0')}`;
const revOf = (version: number): Revision => v.parse(RevisionSchema, `${version}-${'5'.repeat(32)}`);

const visit = (reason: string, rev = revOf(1)): RecordOf<'visits'> =>
  v.parse(recordSchemas.visits, {
    id: idOf(1),
    scope: 'TRN000001',
    author: idOf(2),
    device: idOf(3),
    capturedAt: 5,
    hlc: '0199b0000000-0000-00000003',
    body: { patientId: idOf(4), day: '2026-10-01', reason, urgency: 'routine', entries: [] },
    rev,
  });

const rowOf = (record: RecordOf<'visits'>, text: string, more: Partial<OutboxRow> = {}): OutboxRow => ({
  op: v.parse(OperationIdSchema, idOf(9)),
  isAside: false,
  collection: 'visits',
  lane: 1,
  baseRev: null,
  id: record.id,
  rev: record.rev,
  utf8: Buffer.from(text),
  record,
  at: 5,
  seq: 1,
  state: 'pending',
  centerSeq: null,
  acceptedAt: null,
  refusal: null,
  ...more,
});

const noShadows = { shadow: () => undefined, shadows: () => [], checkpoint: () => undefined };
const MessageSchema = v.object({
  type: v.literal('offer'),
  batch: v.literal(7),
  rows: v.array(v.unknown()),
});
const listOf = (utf8: Uint8Array): readonly unknown[] =>
  v.parse(MessageSchema, JSON.parse(Buffer.from(utf8).toString('utf8'))).rows;
const begun = (text = new OfferText()) => {
  text.begin(7);
  return text;
};
const taken = (rows: readonly OutboxRow[], bytes = 100_000, text = begun()) =>
  takeBatch(rows, { rows: 10, bytes }, noShadows, new Set(), text);
const offered = (...rows: readonly OutboxRow[]) =>
  listOf(taken(rows).utf8).map((raw) => {
    // The schema drops nothing of what was written.
    expect(v.parse(OfferRowSchema, raw)).toEqual(raw);
    return raw;
  });

describe('takeBatch', () => {
  const tricky = `,"rev":"${revOf(1)}"}`;
  const record = visit(tricky);
  const { rev, ...content } = record;
  const { scope, ...others } = content;

  // PUSH-14
  it.each([
    ['the revision last', JSON.stringify({ ...content, rev })],
    ['the revision before the scope', JSON.stringify({ ...others, rev, scope })],
    ['the revision before another member', JSON.stringify({ ...others, scope, rev, zone: 1 })],
    ['the revision in front of what looks like it', JSON.stringify({ rev, ...others, scope })],
    [
      'what looks like both in its last member',
      JSON.stringify({ ...others, rev, scope, zone: { a: 1, rev, scope } }),
    ],
    ['the revision first', JSON.stringify({ rev, ...content })],
    ['the revision last, after white space', `${JSON.stringify(content).slice(0, -1)}, "rev": "${rev}" }`],
  ])('offers a whole record without its revision, kept with %s', (_name, text) => {
    expect(offered(rowOf(record, text))).toEqual([
      { op: idOf(9), collection: 'visits', check: '5'.repeat(8), base: null, record: content },
    ]);
  });

  it.each([
    ['last', JSON.stringify({ ...content, rev })],
    ['before the scope', JSON.stringify({ ...others, rev, scope })],
  ])('does not parse a record kept with the revision %s', (_name, text) => {
    const row = {
      ...rowOf(record, text),
      get record(): never {
        throw new Error('parsed');
      },
    };
    expect(offered(row)).toMatchObject([{ record: content }]);
  });

  it('says what a row is aside of and what it replaced', () => {
    const more = { isAside: true, supersedes: [v.parse(OperationIdSchema, idOf(8))], baseRev: revOf(7) };
    expect(offered(rowOf(record, JSON.stringify(record), more))).toMatchObject([
      { aside: true, supersedes: [idOf(8)], base: revOf(7), record: content },
    ]);
  });

  it('offers an edit as its difference to the row before', () => {
    const next = visit('dizzy', revOf(2));
    const rows = [
      rowOf(record, JSON.stringify(record)),
      rowOf(next, JSON.stringify(next), { baseRev: record.rev, seq: 2 }),
    ];
    expect(offered(...rows)[1]).toEqual({
      op: idOf(9),
      collection: 'visits',
      check: '5'.repeat(8),
      base: record.rev,
      id: record.id,
      delta: { set: { reason: 'dizzy' } },
    });
  });

  it('stops before the row that does not fit, and says how long the list is', () => {
    const rows = [1, 2, 3].map((seq) => rowOf(record, JSON.stringify(record), { seq }));
    const [one, three] = [taken(rows.slice(0, 1)), taken(rows)];
    const two = taken(rows, 2 * one.bytes);
    expect([one, two, three].map((batch) => listOf(batch.utf8).length)).toEqual([1, 2, 3]);
    expect(two.rows.map(({ row }) => row.seq)).toEqual([1, 2]);
    expect(two.bytes).toBe(JSON.stringify(listOf(two.utf8)).length);
    expect(taken([])).toMatchObject({ rows: [], bytes: 0, tooLarge: undefined });
  });

  // PUSH-10
  it('leaves out a row that no message can hold, and names it', () => {
    const large = JSON.stringify({ ...others, zone: 'ў'.repeat(2 * 1024 * 1024), rev, scope });
    const rows = [
      rowOf(record, JSON.stringify(record)),
      rowOf(record, large, { seq: 2 }),
      rowOf(record, JSON.stringify(record), { seq: 3 }),
    ];
    const batch = taken(rows, 8 * 1024 * 1024);
    expect([listOf(batch.utf8).length, batch.tooLarge?.seq]).toEqual([1, 2]);
  });

  it('puts one offer after another together in the same bytes', () => {
    const text = new OfferText();
    const lengths = ['', 'ўқғҳ'.repeat(30_000), ''].map((zone) => {
      const kept = JSON.stringify({ ...others, zone, rev, scope });
      const batch = taken([rowOf(record, kept)], 1_000_000, begun(text));
      expect(listOf(batch.utf8)).toMatchObject([{ record: { ...content, zone } }]);
      return batch.bytes;
    });
    expect(lengths[0]).toBe(lengths[2]);
  });
});
