import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#center/postgres/embedded.ts';
import { systemEffects } from '#center/system-effects.ts';
import { newDataFolder } from './center-world.ts';

let folder: string;
let running: EmbeddedPostgres | undefined;
const lines: string[] = [];
const effects = systemEffects((line) => lines.push(line));

beforeEach(async () => {
  folder = await newDataFolder();
  lines.length = 0;
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function ask<Row extends pg.QueryResultRow>(text: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: running?.url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

describe('POS-1: the embedded PostgreSQL', () => {
  it('writes to the disk what it acknowledges, and keeps it over a restart', async () => {
    running = await startEmbeddedPostgres(folder, effects);
    const settings = await ask<{
      name: string;
      setting: string;
    }>(`select name, setting from pg_settings where name in
      ('fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'listen_addresses')`);
    expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      data_checksums: 'on',
      listen_addresses: '127.0.0.1',
    });
    await ask('create table kept as select 42 as answer');
    await running.stop();
    running = await startEmbeddedPostgres(folder, effects);
    expect(await ask('select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('lets nobody in without the password, which others cannot read', async () => {
    running = await startEmbeddedPostgres(folder, effects);
    const wrong = new URL(running.url);
    wrong.password = 'wrong';
    const client = new pg.Client({ connectionString: wrong.href });
    await expect(client.connect()).rejects.toThrow('password');
    expect((await stat(join(folder, 'postgres-password'))).mode & 0o777).toBe(0o600);
  });

  it('POS-4: keeps what it is asked out of its log', async () => {
    running = await startEmbeddedPostgres(folder, effects);
    await ask('create table once (id text primary key)');
    await ask("insert into once values ('Maxfiyxonova')");
    await expect(ask("insert into once values ('Maxfiyxonova')")).rejects.toThrow('duplicate key');
    await expect(ask("select 'Maxfiyxonova'::int")).rejects.toThrow('invalid input');
    const log = await readFile(join(folder, 'postgres.log'), 'utf8');
    expect(log).toContain('ready to accept connections');
    expect(log).not.toContain('Maxfiyxonova');
  });

  it('POS-3: starts although a power cut left its postmaster.pid empty', async () => {
    running = await startEmbeddedPostgres(folder, effects);
    await running.stop();
    await writeFile(join(folder, 'cluster', 'postmaster.pid'), '');
    running = await startEmbeddedPostgres(folder, effects);
    expect(await ask('select 42 as answer')).toEqual([{ answer: 42 }]);
    expect(lines.join()).toContain('postmaster.pid');
  });

  it('POS-3: gives a PostgreSQL that is writing its postmaster.pid the time for it', async () => {
    running = await startEmbeddedPostgres(folder, effects);
    const path = join(folder, 'cluster', 'postmaster.pid');
    const written = await readFile(path, 'utf8');
    await writeFile(path, '');
    const second = startEmbeddedPostgres(folder, effects);
    const refused = expect(second).rejects.toThrow('Another center is running');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await writeFile(path, written);
    await refused;
  });

  it('touches nothing in a folder that holds something else', async () => {
    await mkdir(join(folder, 'cluster'));
    await writeFile(join(folder, 'cluster', 'thesis.txt'), 'mine');
    await expect(startEmbeddedPostgres(folder, effects)).rejects.toThrow('nothing was changed');
    expect(await readFile(join(folder, 'cluster', 'thesis.txt'), 'utf8')).toBe('mine');
  });

  it.runIf(process.getuid?.() === 0)('POS-2: finds another place where its account cannot go', async () => {
    const closed = join(folder, 'closed', 'data');
    await mkdir(closed, { recursive: true });
    await chmod(join(folder, 'closed'), 0o700);
    running = await startEmbeddedPostgres(closed, effects);
    const { cluster } = JSON.parse(await readFile(join(closed, 'cluster.json'), 'utf8'));
    expect(cluster).toMatch(/^\/var\/lib\/hamshira-center\/[0-9a-f]{16}$/);
    try {
      expect(lines.join()).toContain('cannot reach');
      await ask('create table kept as select 42 as answer');
      await running.stop();
      running = await startEmbeddedPostgres(closed, effects);
      expect(await ask('select answer from kept')).toEqual([{ answer: 42 }]);
    } finally {
      await running.stop();
      running = undefined;
      await rm(cluster, { recursive: true });
    }
  });
});
