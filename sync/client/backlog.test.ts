import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { OutboxRow } from '#clinic/ports/replica.ts';
import { OperationIdSchema } from '#contracts/ids.ts';
import { recordSchemas } from '#contracts/records/registry.ts';
import { Backlog } from './backlog.ts';

const idOf = (number: number) => `0199b000-0000-7000-8000-${String(number).padStart(12, '0')}`;
const person = idOf(0);

function rowOf(seq: number): OutboxRow {
  const record = v.parse(recordSchemas.visits, {
    id: idOf(seq),
    scope: 'TRN000001',
    rev: `1-${'0'.repeat(32)}`,
    author: person,
    device: person,
    capturedAt: seq,
    hlc: '0199b0000000-0000-00000003',
    body: { patientId: person, day: '2026-10-01', reason: '', urgency: 'routine', entries: [] },
  });
  return {
    op: v.parse(OperationIdSchema, idOf(seq)),
    isAside: false,
    collection: 'visits',
    lane: 1,
    baseRev: null,
    id: record.id,
    rev: record.rev,
    utf8: Buffer.from(JSON.stringify(record)),
    record,
    at: seq,
    seq,
    state: 'pending',
    centerSeq: null,
    acceptedAt: null,
    refusal: null,
  };
}

/** An outbox of so many rows that counts the rows it is asked for. */
function outboxOf(count: number) {
  const rows = Array.from({ length: count }, (_unused, index) => rowOf(index + 1));
  const outbox = {
    rowsRead: 0,
    rows,
    pending: (limit: number, after?: OutboxRow) => {
      const read = rows.filter(({ seq }) => after === undefined || seq > after.seq).slice(0, limit);
      outbox.rowsRead += read.length;
      return read;
    },
  };
  return outbox;
}

const anyRow = () => true;
const seqs = (rows: readonly OutboxRow[]) => rows.map(({ seq }) => seq);
const from = (first: number, count: number) =>
  Array.from({ length: count }, (_unused, index) => first + index);

describe('Backlog', () => {
  it('gives thousands in order, each once, and reads each once although all of them are under way', () => {
    const outbox = outboxOf(3_210);
    const backlog = new Backlog(outbox);
    const given: OutboxRow[] = [];
    const underWay = new Set<number>();
    for (let offer = 0; offer < 100; offer += 1) {
      const taken = backlog.rows(anyRow, underWay, 0).slice(0, 383);
      if (taken.length === 0) break;
      backlog.taken(taken);
      for (const row of taken) underWay.add(row.seq);
      given.push(...taken);
    }
    expect(seqs(given)).toEqual(from(1, 3_210));
    expect(outbox.rowsRead).toBe(3_210);
    expect(backlog.isEmpty).toBe(true);
  });

  it('fills an offer beyond rows that have to wait, and gives these first once they may go', () => {
    const backlog = new Backlog(outboxOf(3_000));
    const isAvailable = ({ seq }: OutboxRow) => seq > 900;
    expect(seqs(backlog.rows(isAvailable, new Set(), 0))).toEqual(from(901, 500));
    expect(seqs(backlog.rows(anyRow, new Set(), 0))).toEqual(from(1, 500));
    expect(backlog.isEmpty).toBe(false);
  });

  it('loses no row where thousands wait', () => {
    const backlog = new Backlog(outboxOf(9_000));
    for (let look = 0; look < 20; look += 1) {
      expect(backlog.rows(() => false, new Set(), 0)).toEqual([]);
    }
    const given: OutboxRow[] = [];
    const underWay = new Set<number>();
    for (let rows = backlog.rows(anyRow, underWay, 0); rows.length > 0; ) {
      backlog.taken(rows);
      for (const row of rows) underWay.add(row.seq);
      given.push(...rows);
      rows = backlog.rows(anyRow, underWay, 0);
    }
    expect(seqs(given)).toEqual(from(1, 9_000));
  });

  it('reads anew what changed', () => {
    const outbox = outboxOf(3);
    const backlog = new Backlog(outbox);
    const [first] = backlog.rows(anyRow, new Set(), 0);
    if (first === undefined) throw new Error('no row');
    backlog.taken([first]);
    outbox.rows.push(rowOf(4));
    expect(seqs(backlog.rows(anyRow, new Set([first.seq]), 0))).toEqual([2, 3]);
    backlog.changed();
    expect(seqs(backlog.rows(anyRow, new Set([first.seq]), 0))).toEqual([2, 3, 4]);
  });

  // PUSH-15
  it('tells of urgent rows as soon as there are some, also where nothing else was read', () => {
    const outbox = outboxOf(2_000);
    const backlog = new Backlog(outbox);
    expect(backlog.mayHoldUrgent(new Set(), 0)).toBe(false);
    outbox.rows.unshift({ ...rowOf(0), lane: 0 });
    expect(backlog.mayHoldUrgent(new Set(), 0)).toBe(false);
    backlog.changed();
    expect(backlog.mayHoldUrgent(new Set(), 0)).toBe(true);
    const rows = backlog.rows(anyRow, new Set(), 0);
    expect(rows[0]?.lane).toBe(0);
    backlog.taken(rows);
    expect(backlog.mayHoldUrgent(new Set(), 0)).toBe(false);
  });

  it('reads on before it says that nothing urgent is there', () => {
    const outbox = outboxOf(3_000);
    outbox.rows.push({ ...rowOf(3_001), lane: 0 });
    const backlog = new Backlog(outbox);
    const underWay = new Set<number>();
    const seen: boolean[] = [];
    for (let offer = 0; offer < 7; offer += 1) {
      seen.push(backlog.mayHoldUrgent(underWay, 0));
      const rows = backlog.rows(anyRow, underWay, 0);
      backlog.taken(rows);
      for (const row of rows) underWay.add(row.seq);
    }
    expect(seen.at(-1)).toBe(true);
    expect(outbox.rowsRead).toBe(3_001);
  });
});
