import type { Database } from '#center/postgres/database.ts';

/** When a database stops obeying, counted in calls from 1. */
export type Fault =
  /** From this call on nothing works: the process is dead. */
  | { readonly kind: 'dead'; readonly from: number }
  /** This call is done, but its answer is lost. */
  | { readonly kind: 'lost-answer'; readonly call: number };

/** A database that fails as told. */
export interface FailingDatabase extends Database {
  /** How many calls were made. */
  readonly calls: number;
}

/** Puts a fault in front of `database`. A transaction is one call: inside it a crash leaves nothing. */
export function failing(database: Database, fault: Fault): FailingDatabase {
  let calls = 0;
  const guard = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    calls += 1;
    if (fault.kind === 'dead' && calls >= fault.from) throw connectionLost();
    const value = await work();
    if (fault.kind === 'lost-answer' && calls === fault.call) throw connectionLost();
    return value;
  };
  return {
    get calls() {
      return calls;
    },
    rows: (statement, schema, values) => guard(() => database.rows(statement, schema, values)),
    run: (statement, values) => guard(() => database.run(statement, values)),
    transaction: (work) => guard(() => database.transaction(work)),
    waiting: () => database.waiting(),
    close: () => Promise.resolve(),
  };
}

const connectionLost = () => Object.assign(new Error('Connection terminated'), { code: '08006' });
