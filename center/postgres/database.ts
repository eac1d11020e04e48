import pg from 'pg';
import * as v from 'valibot';
import type { Log } from '../ports.ts';

/** A statement with `$1` places. The name makes PostgreSQL keep its plan per connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Bytes stand for a text in UTF-8: of long ones PostgreSQL and the driver make less work than of strings. */
export type SqlValue =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly (string | number | boolean | null)[];

/**
 * Runs statements, inside a transaction or each on its own. Those of a transaction run in the order in which they were asked,
 * also if the answer of one is not waited for before the next is asked (see {@link inOrder}).
 */
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
    pipeline: true,
  });
  pool.on('error', (error) =>
    log(`A connection to PostgreSQL was lost: ${sqlStateOf(error) ?? error.name}.`),
  );
  return {
    ...sessionOn((statement, values) => pool.query(askedOf(statement, values))),
    transaction: (work) => transactionOn(pool, work),
    waiting: () => pool.waitingCount,
    close: () => pool.end(),
  };
}

type Ask = (
  statement: Statement,
  values: readonly SqlValue[],
) => Promise<pg.QueryResult<Record<string, unknown>>>;

const askedOf = (statement: Statement, values: readonly SqlValue[]) => ({
  ...statement,
  values: values.map((value) => (isList(value) ? arrayLiteral(value) : value)),
});

const isList = (value: SqlValue): value is Extract<SqlValue, readonly unknown[]> => Array.isArray(value);

/** PostgreSQL's text of an array (manual, 8.15.6). The driver's own takes four times as long for ids and revisions. */
export function arrayLiteral(values: Extract<SqlValue, readonly unknown[]>): string {
  let text = '';
  for (const value of values) {
    const element = typeof value === 'string' ? quoted(value) : String(value ?? 'NULL');
    text += text === '' ? element : `,${element}`;
  }
  return `{${text}}`;
}

const quoted = (text: string) =>
  /["\\]/.test(text) ? `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : `"${text}"`;

function sessionOn(ask: Ask): Session {
  return {
    rows: async (statement, schema, values) => {
      const answer = await ask(statement, values);
      return v.parse(v.array(schema), answer.rows);
    },
    run: async (statement, values) => (await ask(statement, values)).rowCount ?? 0,
  };
}

/**
 * Waits for statements that were asked one right after the other, so that PostgreSQL never waits for this process, and for
 * whatever else the promises stand for. Throws what the first one failed with: in a transaction the others failed because of it.
 */
export async function inOrder<const Asked extends readonly Promise<unknown>[]>(
  asked: Asked,
): Promise<{ -readonly [Index in keyof Asked]: Awaited<Asked[Index]> }> {
  await Promise.allSettled(asked);
  return await Promise.all(asked);
}

async function transactionOn<Value>(
  pool: pg.Pool,
  work: (session: Session) => Promise<Value>,
): Promise<Value> {
  const client = await pool.connect();
  let isBroken = false;
  let isOver = false;
  const ask: Ask = async (statement, values) => {
    if (isOver) throw new Error('A statement was asked after its transaction.');
    return await client.query(askedOf(statement, values));
  };
  try {
    const begun = client.query('begin isolation level read committed');
    const [, value] = await inOrder([begun, work(sessionOn(ask))]);
    isOver = true;
    const end = await client.query('commit');
    if (end.command !== 'COMMIT') throw new Error('PostgreSQL rolled the transaction back at its end.');
    return value;
  } catch (error) {
    isOver = true;
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
