import pg from 'pg';
import * as v from 'valibot';
import type { Log } from '../ports.ts';

/** A statement with `$1` places. The name makes PostgreSQL keep its plan per connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

export type SqlValue = string | number | boolean | null | readonly (string | number | boolean | null)[];

/** Runs statements, inside a transaction or each on its own. */
export interface Session {
  /** Rows, each parsed by `schema`. */
  rows<Row>(
    statement: Statement,
    schema: v.GenericSchema<unknown, Row>,
    values: readonly SqlValue[],
  ): Promise<readonly Row[]>;
  /** How many rows were touched. */
  run(statement: Statement, values: readonly SqlValue[]): Promise<number>;
}

/** Any PostgreSQL, through a bounded pool of connections. */
export interface Database extends Session {
  /**
   * Runs `work` in one READ COMMITTED transaction. Resolves after COMMIT is durable; whatever `work` throws rolls it
   * back and is thrown on. A lost connection leaves open whether the commit happened: `work` has to be repeatable.
   */
  transaction<Value>(work: (session: Session) => Promise<Value>): Promise<Value>;
  /** How many callers wait for a connection. */
  waiting(): number;
  close(): Promise<void>;
}

/** A whole number that PostgreSQL sends as text (bigint). */
export const bigint = v.pipe(
  v.union([v.string(), v.number()]),
  v.transform(Number),
  v.number(),
  v.safeInteger(),
);

const connectionSettings = [
  'synchronous_commit=on',
  'statement_timeout=60000',
  'lock_timeout=3000',
  'idle_in_transaction_session_timeout=60000',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');

/** Opens a pool on the database at `url`; connects at the first use. */
export function openDatabase(url: string, log: Log, connections = 10): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 15_000,
    idleTimeoutMillis: 60_000,
    options: connectionSettings,
    application_name: 'hamshira center',
  });
  pool.on('error', (error) =>
    log(`A connection to PostgreSQL was lost: ${sqlStateOf(error) ?? error.name}.`),
  );
  return {
    ...sessionOn((statement, values) => pool.query({ ...statement, values: [...values] })),
    transaction: (work) => transactionOn(pool, work),
    waiting: () => pool.waitingCount,
    close: () => pool.end(),
  };
}

type Ask = (
  statement: Statement,
  values: readonly SqlValue[],
) => Promise<pg.QueryResult<Record<string, unknown>>>;

function sessionOn(ask: Ask): Session {
  return {
    rows: async (statement, schema, values) => {
      const answer = await ask(statement, values);
      return v.parse(v.array(schema), answer.rows);
    },
    run: async (statement, values) => (await ask(statement, values)).rowCount ?? 0,
  };
}

async function transactionOn<Value>(
  pool: pg.Pool,
  work: (session: Session) => Promise<Value>,
): Promise<Value> {
  const client = await pool.connect();
  let isBroken = false;
  try {
    await client.query('begin isolation level read committed');
    const value = await work(
      sessionOn((statement, values) => client.query({ ...statement, values: [...values] })),
    );
    const end = await client.query('commit');
    if (end.command !== 'COMMIT') throw new Error('PostgreSQL rolled the transaction back at its end.');
    return value;
  } catch (error) {
    isBroken = await client.query('rollback').then(
      () => false,
      () => true,
    );
    throw error;
  } finally {
    client.release(isBroken);
  }
}

/** The SQLSTATE or system code of a database error; undefined for anything else. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
