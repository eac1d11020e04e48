import type { Database, Session, SqlValue, Statement } from '#center/postgres/database.ts';

/** A moment of a courier's or an ingest's work. */
export interface Moment {
  readonly when: 'before' | 'after';
  /** Said of statements outside transactions. */
  readonly isIt: (statement: Statement, values: readonly SqlValue[]) => boolean;
}

/** A database with which something happens once, before or after the first statement that is it. */
export function meddling(database: Database, { when, isIt }: Moment, happen: () => Promise<void>): Database {
  let hasHappened = false;
  return {
    ...database,
    rows: async (statement, schema, values) => {
      const isNow = !hasHappened && isIt(statement, values);
      hasHappened ||= isNow;
      if (isNow && when === 'before') await happen();
      const rows = await database.rows(statement, schema, values);
      if (isNow && when === 'after') await happen();
      return rows;
    },
  };
}

/** A database some of whose transactions are held up. */
export interface Held {
  readonly database: Database;
  /** Resolves when one is. */
  readonly reached: Promise<void>;
}

/** A database whose transactions wait before the statement of a name: everything earlier is done and not yet committed. */
export function heldBefore(database: Database, name: string, until: Promise<void>): Held {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const held = (session: Session): Session => ({
    run: (statement, values) => session.run(statement, values),
    rows: async (statement, schema, values) => {
      if (statement.name === name) {
        reach();
        await until;
      }
      return await session.rows(statement, schema, values);
    },
  });
  const transaction: Database['transaction'] = (work) =>
    database.transaction((session) => work(held(session)));
  return { database: { ...database, transaction }, reached };
}

/**
 * A database whose transactions are rolled back at their end, one in three, as a lost race would do; `pauseMs` says from a chance
 * of 0 to 255 how long one waits at its end, so that others overtake its commit.
 */
export function unlucky(
  database: Database,
  nextChance: () => number,
  pauseMs: (chance: number) => number = () => 0,
): Database {
  return {
    ...database,
    transaction: (work) =>
      database.transaction(async (session) => {
        const value = await work(session);
        const chance = nextChance();
        const waitMs = pauseMs(chance);
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
        if (chance % 3 === 0) throw Object.assign(new Error('rolled back'), { code: '40001' });
        return value;
      }),
  };
}
