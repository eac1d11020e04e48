import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type CenterOptions, type RunningCenter, startCenter } from '#center/start-center.ts';
import type { Scope } from '#contracts/ids.ts';
import { facilityA, facilityB, facilityRecord } from './test-records.ts';
import { enrol, type Identity } from './wire-client.ts';

/** A center on its own embedded PostgreSQL, with two facilities. */
export interface CenterWorld {
  readonly center: RunningCenter;
  readonly dataFolder: string;
  /** A connection of its own, to look into the tables. */
  readonly sql: pg.Client;
  /** The column `count` of the first row that a query gives. */
  count(text: string, values: readonly unknown[]): Promise<number>;
  /** The newest position of a facility's feed. */
  headOf(scope: Scope): Promise<number>;
  enrol(scope?: Scope): Promise<Identity>;
  /** A second process's worth of center on the same PostgreSQL. */
  startSecond(options?: Partial<CenterOptions>): Promise<RunningCenter>;
  close(): Promise<void>;
}

const quiet = () => undefined;

/** A fresh folder for a center's data, readable for PostgreSQL's own account. */
export const newDataFolder = () => mkdtemp(join(tmpdir(), 'hamshira-center-')).then(openFolder);

async function openFolder(folder: string): Promise<string> {
  const { chmod } = await import('node:fs/promises');
  await chmod(folder, 0o755);
  return folder;
}

/** Starts the world; everything it opens is closed by `close`. */
export async function startWorld(options: Partial<CenterOptions> = {}): Promise<CenterWorld> {
  const dataFolder = await newDataFolder();
  const center = await startCenter({ dataFolder, log: quiet, ...options });
  await center.createFacility(facilityRecord(facilityA));
  await center.createFacility(facilityRecord(facilityB));
  const sql = new pg.Client({ connectionString: center.postgresUrl });
  sql.on('error', quiet);
  await sql.connect();
  await directoriesArrived(sql);
  const count: CenterWorld['count'] = async (text, values) => {
    const { rows } = await sql.query<{ count: string }>(text, [...values]);
    return Number(rows[0]?.count);
  };
  const others: RunningCenter[] = [];
  return {
    center,
    dataFolder,
    sql,
    count,
    headOf: (scope) => count('select head as count from scope_head where scope = $1', [scope]),
    enrol: async (scope = facilityA) => enrol(center.url, (await center.createEnrolmentCode(scope)).code),
    startSecond: async (more = {}) => {
      const other = await startCenter({
        dataFolder,
        postgresUrl: center.postgresUrl,
        backup: 'commit',
        log: quiet,
        ...more,
      });
      others.push(other);
      return other;
    },
    close: async () => {
      await sql.end().catch(quiet);
      for (const other of others) await other.close();
      await center.close();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

/** The courier tells each facility of the other one of its district; tests that count positions begin after it. */
async function directoriesArrived(sql: pg.Client): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const { rows } = await sql.query('select 1 from scope_head where head < 2');
    if (rows.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('the facilities never heard of each other');
}
