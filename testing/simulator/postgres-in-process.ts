import { PGlite } from '@electric-sql/pglite';
import type { SqlValue } from '#center/postgres/database.ts';

/** What one statement gave. */
export interface Answer {
  readonly rows: readonly Record<string, unknown>[];
  readonly touched: number;
}

/**
 * Real PostgreSQL inside this process (PGlite), in memory, one connection. It makes no fsync: what is committed counts as
 * durable. Slow to start (seconds), so one is used for many worlds, one after the other.
 */
export class PostgresInProcess {
  readonly #engine: PGlite;
  #underWay = 0;

  private constructor(engine: PGlite) {
    this.#engine = engine;
  }

  static async start(): Promise<PostgresInProcess> {
    const engine = await PGlite.create();
    return new PostgresInProcess(engine);
  }

  /** Statements that are not answered yet. */
  get underWay(): number {
    return this.#underWay;
  }

  async query(text: string, values: readonly SqlValue[] = []): Promise<Answer> {
    this.#underWay += 1;
    try {
      const { rows, affectedRows } = await this.#engine.query<Record<string, unknown>>(text, [...values]);
      return { rows, touched: affectedRows ?? rows.length };
    } finally {
      this.#underWay -= 1;
    }
  }

  /** Empty, as it was made; plans and settings of the last world are gone. */
  async reset(): Promise<void> {
    await this.#engine.exec('rollback').catch(() => undefined);
    const schemas = await this.query(`select nspname from pg_namespace where nspname like 'backup%'`);
    for (const { nspname } of schemas.rows) await this.query(`drop schema ${String(nspname)} cascade`);
    await this.query('drop schema public cascade');
    await this.query('create schema public');
    await this.query('discard all');
  }

  /** Copies every table into a schema of its own. */
  async backUp(schema: string): Promise<void> {
    await this.query(`create schema ${schema}`);
    for (const table of await this.tables()) {
      await this.query(`create table ${schema}.${table} as table public.${table}`);
    }
  }

  /** Puts such a copy back in place of what is there. */
  async restore(schema: string): Promise<void> {
    const tables = await this.tables();
    await this.query('begin');
    await this.query(`truncate ${tables.join(', ')}`);
    for (const table of tables)
      await this.query(`insert into public.${table} select * from ${schema}.${table}`);
    await this.query('commit');
  }

  async forgetBackup(schema: string): Promise<void> {
    await this.query(`drop schema ${schema} cascade`);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  async tables(): Promise<readonly string[]> {
    const { rows } = await this.query(
      `select tablename from pg_tables where schemaname = 'public' order by tablename`,
    );
    return rows.map(({ tablename }) => String(tablename));
  }
}
