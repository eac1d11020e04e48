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
    const engine = await PGlite.create();
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

  /** Copies every table into a schema of its own. */
  async backUp(schema: string): Promise<void> {
    await this.query(`create schema ${schema}`);
    for (const table of await this.#tables()) {
      await this.query(`create table ${schema}.${table} as table public.${table}`);
    }
  }

  /** Puts such a copy back in place of what is there. */
  async restore(schema: string): Promise<void> {
    const tables = await this.#tables();
    await this.query('begin');
    await this.query(`truncate ${tables.join(', ')}`);
    for (const table of tables) {
      await this.query(`insert into public.${table} select * from ${schema}.${table}`);
    }
    await this.query('commit');
  }

  async forgetBackup(schema: string): Promise<void> {
    await this.query(`drop schema ${schema} cascade`);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  async #tables(): Promise<readonly string[]> {
    const { rows } = await this.query(
      `select tablename from pg_tables where schemaname = 'public' order by tablename`,
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
  await client.query('set plan_cache_mode = force_generic_plan; set synchronous_commit = off; set jit = off');
  return client;
}

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
