import { Duplex } from 'node:stream';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import type { SqlValue, Statement } from '#center/postgres/database.ts';

/** What one statement gave. */
export interface Answer {
  readonly rows: readonly Record<string, unknown>[];
  readonly touched: number;
}

/**
 * Real PostgreSQL inside this process (PGlite), in memory, spoken to by the center's own driver over one connection. It makes
 * no fsync: what is committed counts as durable. Slow to start (seconds), so one is used for many worlds, one after the other.
 */
export class PostgresInProcess {
  readonly #engine: PGlite;
  #client: pg.Client;
  #underWay = 0;

  private constructor(engine: PGlite, client: pg.Client) {
    this.#engine = engine;
    this.#client = client;
  }

  static async start(): Promise<PostgresInProcess> {
    const engine = await PGlite.create({ startParams: [...PGlite.defaultStartParams, ...settings] });
    return new PostgresInProcess(engine, await connect(engine));
  }

  /** Statements that are not answered yet. */
  get underWay(): number {
    return this.#underWay;
  }

  /** A named statement keeps its plan until the next {@link reset}. */
  async query(statement: string | Statement, values: readonly SqlValue[] = []): Promise<Answer> {
    const asked = typeof statement === 'string' ? { text: statement } : statement;
    this.#underWay += 1;
    try {
      const answer = await this.#client.query<Record<string, unknown>>({ ...asked, values: [...values] });
      return { rows: answer.rows, touched: answer.rowCount ?? 0 };
    } finally {
      this.#underWay -= 1;
    }
  }

  /** Empty, as it was made; plans and settings of the last world are gone. */
  async reset(): Promise<void> {
    await this.query('rollback');
    const schemas = await this.query(`select nspname from pg_namespace where nspname like 'backup%'`);
    for (const { nspname } of schemas.rows) await this.query(`drop schema ${String(nspname)} cascade`);
    await this.query('drop schema public cascade');
    await this.query('create schema public');
    await this.query('discard all');
    this.#client = await connect(this.#engine);
  }

  /** Copies every table that holds anything into a schema of its own. */
  async backUp(schema: string): Promise<void> {
    const tables = await this.#tables('public');
    const holding = await this.query(
      tables
        .map((table) => `select '${table}' as name where exists (select from ${table})`)
        .join(' union all '),
    );
    const copies = holding.rows.map(
      ({ name }) => `create table ${schema}.${String(name)} as table public.${String(name)};`,
    );
    await this.query(`create schema ${schema}; ${copies.join(' ')}`);
  }

  /** Puts such a copy back in place of what is there. */
  async restore(schema: string): Promise<void> {
    const everything = (await this.#tables('public')).join(', ');
    const kept = await this.#tables(schema);
    const refills = kept.map((table) => `insert into public.${table} select * from ${schema}.${table};`);
    await this.query(`begin; truncate ${everything}; ${refills.join(' ')} commit`);
  }

  /** What a server does by itself now and then: without it statements keep the plans that were made for empty tables. */
  async lookAfterTables(): Promise<void> {
    await this.query(`vacuum (analyze) ${(await this.#tables('public')).join(', ')}`);
  }

  async forgetBackup(schema: string): Promise<void> {
    await this.query(`drop schema ${schema} cascade`);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  async #tables(schema: string): Promise<readonly string[]> {
    const { rows } = await this.query(
      'select tablename from pg_tables where schemaname = $1 order by tablename',
      [schema],
    );
    return rows.map(({ tablename }) => String(tablename));
  }
}

async function connect(engine: PGlite): Promise<pg.Client> {
  const client = new pg.Client({
    stream: () => new EngineStream(engine),
    user: 'postgres',
    database: 'postgres',
    pipeline: true,
  });
  await client.connect();
  // Planning anew what was planned before is most of a small statement; nothing here survives the process anyway.
  await client.query('set plan_cache_mode = force_generic_plan');
  return client;
}

/** Nothing here outlives the process or is looked after meanwhile, so nothing is written or counted for that. */
const settings = [
  'wal_level=minimal',
  'max_wal_senders=0',
  'full_page_writes=off',
  'synchronous_commit=off',
  'checkpoint_timeout=1d',
  'track_counts=off',
  'track_activities=off',
  'autovacuum=off',
  'jit=off',
  // Everything is in memory.
  'random_page_cost=1',
].flatMap((setting) => ['-c', setting]);

/** First byte of the only message without a letter for its kind. */
const startUp = 0;

/** What the driver takes for a socket; the engine answers each message at once. */
class EngineStream extends Duplex {
  readonly #engine: PGlite;

  constructor(engine: PGlite) {
    super();
    this.#engine = engine;
  }

  /** The driver asks for these of a socket. */
  setNoDelay(): void {}

  connect(): void {
    process.nextTick(() => this.emit('connect'));
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#ask(chunk).then(() => done(), done);
  }

  override _writev(chunks: { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#ask(Buffer.concat(chunks.map(({ chunk }) => chunk))).then(() => done(), done);
  }

  async #ask(message: Buffer): Promise<void> {
    if (message[0] === startUp) this.push(Buffer.from(await this.#engine.execProtocolRaw(message)));
    else {
      const answer: Buffer[] = [];
      const onRawData = (data: Uint8Array) => void answer.push(Buffer.from(data));
      // Not read by the engine for itself too, and nothing to be written to any disk.
      await this.#engine.execProtocolRawStream(message, { syncToFs: false, onRawData });
      this.push(Buffer.concat(answer));
    }
  }
}
