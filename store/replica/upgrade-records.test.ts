import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SqlcipherStorage } from '../rx-storage/storage.ts';
import { schemaVersionsOf } from '../rx-storage/table-register.ts';
import { Connection } from '../sqlcipher/connection.ts';
import { migrate } from '../sqlcipher/migrations.ts';
import { openRecordTable, rxDatabaseName, type StoredType } from './record-tables.ts';
import { upgradeRecords } from './upgrade-records.ts';

let folder: string;
let connection: Connection;
let storage: SqlcipherStorage;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hamshira-upgrade-'));
  connection = Connection.open({ file: join(folder, 'u.db'), key: new Uint8Array(32) });
  migrate(connection);
  storage = new SqlcipherStorage({ connection });
});
afterEach(() => {
  connection.close();
  rmSync(folder, { recursive: true });
});

const first: StoredType = {
  version: 0,
  upgrades: {},
  indexed: [{ path: 'body.day', type: 'string', maxLength: 10 }],
  indexes: [['body.day']],
};
const third: StoredType = {
  version: 2,
  upgrades: {
    0: (body) => ({ ...(body as object), one: 1 }),
    1: (body) => ({ ...(body as object), two: 2 }),
  },
  indexed: [{ path: 'body.day', type: 'string', maxLength: 10 }],
  indexes: [['body.day'], ['capturedAt']],
};
const stored = (number: number) => ({
  ...{ id: `id-${number}`, scope: 'TST000001', capturedAt: number, body: { day: `2026-01-0${number}` } },
  ...{ _deleted: false, _attachments: {}, _meta: { lwt: number }, _rev: '1-a' },
});
type StoredVisit = Parameters<ReturnType<typeof openRecordTable<'visits'>>['insert']>[0];
const write = (type: StoredType, number: number) =>
  openRecordTable(storage, 'visits', type).insert(stored(number) as never as StoredVisit);

// STO-4
it('takes old records through every upgrade, once, and drops their table', () => {
  for (const number of [1, 2, 3]) write(first, number);
  const upgraded: string[] = [];
  upgradeRecords(storage, 'visits', third, ({ id }) => upgraded.push(id));
  upgradeRecords(storage, 'visits', third, ({ id }) => upgraded.push(id));
  expect(upgraded).toEqual(['id-1', 'id-2', 'id-3']);
  expect(openRecordTable(storage, 'visits', third).read('id-2')).toMatchObject({
    body: { day: '2026-01-02', one: 1, two: 2 },
  });
  expect(schemaVersionsOf(connection, rxDatabaseName, 'visits')).toEqual([2]);
});

it('leaves the old table whole when it is cut in the middle', () => {
  for (const number of [1, 2, 3]) write(first, number);
  const cut = () =>
    upgradeRecords(storage, 'visits', third, ({ id }) => {
      if (id === 'id-2') throw new Error('power cut');
    });
  expect(cut).toThrow('power cut');
  expect(openRecordTable(storage, 'visits', first).read('id-3')).toBeDefined();
  expect(openRecordTable(storage, 'visits', third).read('id-1')).toBeUndefined();
  const upgraded: string[] = [];
  upgradeRecords(storage, 'visits', third, ({ id }) => upgraded.push(id));
  expect(upgraded).toHaveLength(3);
});

it('makes new indexes for records that are there', () => {
  for (const number of [1, 2, 3]) write(first, number);
  const again = new SqlcipherStorage({ connection });
  const table = openRecordTable(again, 'visits', { ...third, version: 0, upgrades: {} });
  // Those of the type, and the one for revisions.
  expect(table.layout.indexes).toHaveLength(3);
  expect(table.read('id-3')).toMatchObject({ body: { day: '2026-01-03' } });
  const column = table.layout.columns.find(({ path }) => path === 'capturedAt')?.name;
  const plan = connection
    .prepare(
      `EXPLAIN QUERY PLAN SELECT id FROM ${table.name} WHERE deleted = 0 AND ${column} > 1 ORDER BY ${column}, id`,
    )
    .rows([]);
  expect(plan.map(({ detail }) => detail)).toEqual([
    expect.stringContaining(`INDEX ${table.name}_${column}_id`),
  ]);
});
