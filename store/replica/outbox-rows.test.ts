import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Connection } from '../sqlcipher/connection.ts';
import { migrate, migrations } from '../sqlcipher/migrations.ts';
import { readOutboxRows } from './outbox-rows.ts';

let folder: string;
let connection: Connection;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hamshira-outbox-rows-'));
  connection = Connection.open({ file: join(folder, 'rows.db'), key: new Uint8Array(32) });
  migrate(connection, migrations);
});
afterAll(() => {
  connection.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => connection.execute('DELETE FROM outbox'));

const idOf = (number: number) => `0199b000-0000-7000-8000-${String(number).padStart(12, '0')}`;
const revOf = (number: number) => `1-${String(number).padStart(32, '0')}`;
/** Texts of one, two, three and four bytes a letter, each of another length. */
const textOf = (number: number) =>
  JSON.stringify({ id: idOf(number), reason: 'aʻЎ中😀\n\u0000,"'.repeat(number % 7), rev: revOf(number) });

function append(number: number, lane: number, supersedes: string | null = null): void {
  connection
    .prepare(
      `INSERT INTO outbox (op, collection, record_id, rev, scope, lane, travel_lane, base_rev, at, supersedes)
       VALUES (?, 'visits', ?, ?, 'TST000001', 1, ?, NULL, ?, ?)`,
    )
    .run([idOf(number), idOf(number), revOf(number), lane, number, supersedes]);
  connection
    .prepare('INSERT INTO outbox_text (seq, record) VALUES (last_insert_rowid(), ?)')
    .run([textOf(number)]);
}

const read = (clause: string, order: 'travel' | 'writing') =>
  readOutboxRows(connection, { clause, parameters: [], order });
const numbers = (count: number) => Array.from({ length: count }, (_unused, index) => index + 1);

// STO-13
describe('readOutboxRows', () => {
  it('gives every row its own text, also where many are read together', () => {
    for (const number of numbers(250)) append(number, number % 3);
    const rows = read('ORDER BY seq DESC', 'writing');
    expect(rows.map(({ at }) => at)).toEqual(numbers(250));
    for (const { at, id, rev, utf8, record } of rows) {
      expect([id, rev]).toEqual([idOf(at), revOf(at)]);
      expect(Buffer.from(utf8).toString('utf8')).toBe(textOf(at));
      expect(record).toEqual(JSON.parse(textOf(at)));
    }
  });

  it('sorts by lane of travel and writing, whatever the statement says', () => {
    for (const number of numbers(120)) append(number, 2 - (number % 3));
    const rows = read('ORDER BY seq DESC', 'travel');
    const expected = numbers(120).toSorted((left, right) => (right % 3) - (left % 3) || left - right);
    expect(rows.map(({ at }) => at)).toEqual(expected);
  });

  it('tells what a row is and what became of it', () => {
    append(1, 1, JSON.stringify([idOf(8), idOf(9)]));
    append(2, 1);
    connection.execute(
      `UPDATE outbox SET state = 'accepted', center_seq = 9007199254740991, accepted_at = 1795000000000 WHERE at = 2`,
    );
    const [first, second] = read('ORDER BY seq', 'writing');
    const same = { collection: 'visits', lane: 1, baseRev: null, isAside: false, refusal: null };
    expect(first).toMatchObject({ ...same, state: 'pending', centerSeq: null, acceptedAt: null });
    expect(first?.supersedes).toEqual([idOf(8), idOf(9)]);
    expect(second).toMatchObject({ ...same, state: 'accepted' });
    expect([second?.centerSeq, second?.acceptedAt]).toEqual([Number.MAX_SAFE_INTEGER, 1_795_000_000_000]);
    expect(second).not.toHaveProperty('supersedes');
  });

  it('gives nothing for nothing, and refuses a row without its text', () => {
    expect(read('ORDER BY seq', 'writing')).toEqual([]);
    append(1, 1);
    append(2, 1);
    connection.execute('DELETE FROM outbox_text WHERE seq = (SELECT max(seq) FROM outbox_text)');
    expect(() => read('ORDER BY seq', 'writing')).toThrow('without its text');
  });
});
