import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Connection } from './connection.ts';
import { type Migration, migrate, migrations } from './migrations.ts';

let folder: string;
let connection: Connection;
const open = () => Connection.open({ file: join(folder, 'm.db'), key: new Uint8Array(32) });
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hamshira-migrations-'));
  connection = open();
});
afterEach(() => {
  connection.close();
  rmSync(folder, { recursive: true });
});

const tables = () =>
  connection.prepare(`SELECT name FROM sqlite_schema WHERE name LIKE 'step%' ORDER BY 1`).values([]);
const step = (version: number, breaks: () => boolean = () => false): Migration => ({
  version,
  run: (target) => {
    target.execute(`CREATE TABLE step${version}a (x)`);
    if (breaks()) throw new Error('power cut');
    target.execute(`CREATE TABLE step${version}b (x)`);
  },
});

// STO-4
it('goes on after a cut in the middle of a step, without half of it', () => {
  let isCut = true;
  const steps = [step(1), step(2, () => isCut), step(3)];
  expect(() => migrate(connection, steps)).toThrow('power cut');
  connection.close();
  connection = open();
  expect(tables()).toEqual(['step1a', 'step1b']);
  isCut = false;
  migrate(connection, steps);
  migrate(connection, steps);
  expect(tables()).toEqual(['step1a', 'step1b', 'step2a', 'step2b', 'step3a', 'step3b']);
});

it('refuses a file that knows more steps', () => {
  migrate(connection, [step(1), step(2)]);
  expect(() => migrate(connection, [step(1)])).toThrow('store.newer');
});

it('numbers the real steps from 1 without gaps', () => {
  expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, position) => position + 1));
});
