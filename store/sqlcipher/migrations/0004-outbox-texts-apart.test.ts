import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Connection } from '../connection.ts';
import { migrate, migrations } from '../migrations.ts';

let folder: string;
let connection: Connection;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hamshira-migration-'));
  connection = Connection.open({ file: join(folder, 'm.db'), key: new Uint8Array(32) });
  migrate(connection, migrations.slice(0, 3));
});
afterEach(() => {
  connection.close();
  rmSync(folder, { recursive: true });
});

const append = (op: string, id: string, more: { readonly state?: string; readonly aside?: number } = {}) =>
  connection
    .prepare(
      `INSERT INTO outbox (op, collection, record_id, scope, lane, travel_lane, record, at, state, aside, center_seq, accepted_at)
       VALUES (?, 'visits', ?, 'TST000001', 1, 1, ?, 5, ?, ?, 7, 70)`,
    )
    .run([op, id, JSON.stringify({ id, rev: `1-${op}` }), more.state ?? 'pending', more.aside ?? 0]);
const migrateOn = () => migrate(connection, migrations.slice(0, 4));
const columns = (sql: string) => connection.prepare(sql).rows([]);

// STO-4, STO-13
it('keeps every row with its text and its revision', () => {
  append('a', 'x');
  append('b', 'x', { aside: 1 });
  append('c', 'y', { state: 'quarantined' });
  migrateOn();
  expect(columns('SELECT op, rev, state, aside, record FROM outbox JOIN outbox_text USING (seq)')).toEqual([
    { op: 'a', rev: '1-a', state: 'pending', aside: 0, record: '{"id":"x","rev":"1-a"}' },
    { op: 'b', rev: '1-b', state: 'pending', aside: 1, record: '{"id":"x","rev":"1-b"}' },
    { op: 'c', rev: '1-c', state: 'quarantined', aside: 0, record: '{"id":"y","rev":"1-c"}' },
  ]);
});

it('numbers on behind rows that were forgotten', () => {
  append('a', 'x');
  append('b', 'x');
  connection.execute('DELETE FROM outbox');
  migrateOn();
  connection.execute(
    `INSERT INTO outbox (op, collection, record_id, rev, scope, lane, travel_lane, at) VALUES ('c', 'visits', 'x', '1-c', 'TST000001', 1, 1, 5)`,
  );
  expect(columns('SELECT seq, op FROM outbox')).toEqual([{ seq: 3, op: 'c' }]);
});

it('tells no receipt of a record that was taken off', () => {
  append('a', 'x', { state: 'accepted' });
  append('b', 'y', { state: 'accepted' });
  connection.execute(
    `INSERT INTO receipt (collection, record_id, seq, rev, at) VALUES ('visits', 'y', 2, '1-b', 70)`,
  );
  migrateOn();
  expect(columns('SELECT op, taken_off FROM outbox')).toEqual([
    { op: 'a', taken_off: 1 },
    { op: 'b', taken_off: 0 },
  ]);
});

it('lets neither a row nor its text change, and both go together', () => {
  append('a', 'x', { state: 'accepted' });
  migrateOn();
  connection.execute(`INSERT INTO outbox_text (seq, record) VALUES (99, '{}')`);
  for (const change of [`outbox SET rev = '2-a'`, `outbox SET op = 'b'`, `outbox_text SET record = '{}'`]) {
    expect(() => connection.execute(`UPDATE ${change}`)).toThrow('keeps its content');
  }
  connection.execute('DELETE FROM outbox');
  expect(columns('SELECT seq FROM outbox_text')).toEqual([{ seq: 99 }]);
});
