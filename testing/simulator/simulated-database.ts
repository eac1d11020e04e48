import * as v from 'valibot';
import {
  type Database,
  inOrder,
  type Session,
  type SqlValue,
  type Statement,
} from '#center/postgres/database.ts';
import type { Answer, PostgresInProcess } from './postgres-in-process.ts';

/** Decides about every statement and commit of one life of the center. */
export interface StatementWatch {
  /** False: the power goes now, before the statement is run. */
  mayRun(statement: Statement): boolean;
  /** False: the power goes now, after the commit and before anybody hears of it. */
  mayHearOfCommit(): boolean;
  readonly isOver: () => boolean;
}

const never = <Value>(): Promise<Value> => new Promise(() => {});

/**
 * The center's `Database` over the PostgreSQL of this process, for one life of the center: after a power cut nothing of
 * that life gets an answer any more, and its open transaction is gone.
 */
export class SimulatedDatabase implements Database {
  readonly #postgres: PostgresInProcess;
  readonly #watch: StatementWatch;
  /** The one connection is used by one transaction or statement after the other. */
  #turn: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(postgres: PostgresInProcess, watch: StatementWatch) {
    this.#postgres = postgres;
    this.#watch = watch;
  }

  rows<Row>(
    statement: Statement,
    schema: v.GenericSchema<unknown, Row>,
    values: readonly SqlValue[],
  ): Promise<readonly Row[]> {
    return this.#exclusively(() => this.#session().rows(statement, schema, values));
  }

  run(statement: Statement, values: readonly SqlValue[]): Promise<number> {
    return this.#exclusively(() => this.#session().run(statement, values));
  }

  transaction<Value>(work: (session: Session) => Promise<Value>): Promise<Value> {
    return this.#exclusively(async () => {
      // Not waited for, as in the product.
      const begun = this.#postgres.query('begin isolation level read committed');
      let value: Value;
      try {
        [, value] = await inOrder([begun, work(this.#session())]);
      } catch (error) {
        await this.#postgres.query('rollback');
        throw error;
      }
      if (!this.#watch.mayRun({ name: 'commit', text: 'commit' })) throw new PowerGone();
      await this.#postgres.query('commit');
      if (!this.#watch.mayHearOfCommit()) throw new PowerGone();
      return value;
    });
  }

  waiting(): number {
    return this.#waiting;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #session(): Session {
    return {
      rows: async (statement, schema, values) =>
        v.parse(v.array(schema), (await this.#ask(statement, values)).rows),
      run: async (statement, values) => (await this.#ask(statement, values)).touched,
    };
  }

  async #ask(statement: Statement, values: readonly SqlValue[]): Promise<Answer> {
    if (this.#watch.isOver() || !this.#watch.mayRun(statement)) throw new PowerGone();
    return await this.#postgres.query(statement, values);
  }

  async #exclusively<Value>(work: () => Promise<Value>): Promise<Value> {
    const before = this.#turn;
    let done: () => void = () => {};
    this.#turn = new Promise((resolve) => {
      done = resolve;
    });
    this.#waiting += 1;
    await before;
    this.#waiting -= 1;
    try {
      if (this.#watch.isOver()) return await never();
      return await work();
    } catch (error) {
      if (!(error instanceof PowerGone) && !this.#watch.isOver()) throw error;
      // The server notices the lost connection; nothing of the dead process hears anything.
      await this.#postgres.query('rollback');
      done();
      return await never();
    } finally {
      done();
    }
  }
}

/** Unwinds what the dead process was doing. */
class PowerGone extends Error {}
