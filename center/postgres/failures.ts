import { sqlStateOf } from './database.ts';

/**
 * What to do about a failed transaction. `again`: it lost against another one or its connection broke, run it again.
 * `later`: the database has no room or is stopping, try in a while. `defect`: running it again would fail the same way.
 */
export type FailureKind = 'again' | 'later' | 'defect';

/** Serialization failure, deadlock, unique violation (another writer was first). */
const lostRaces = new Set(['40001', '40P01', '23505']);
/** Lock not had in time, query cancelled by its time limit, disk full, out of memory, too many connections, shutting down, starting up. */
const passing = new Set(['55P03', '57014', '53100', '53200', '53300', '57P01', '57P02', '57P03', '25P03']);
const brokenConnection = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND']);

/** Thrown when rows changed between looking and writing; the batch is decided anew. */
export class LostRace extends Error {}

/** Classifies what a transaction threw (SQLSTATE, PostgreSQL manual appendix A). */
export function kindOfFailure(error: unknown): FailureKind {
  if (error instanceof LostRace) return 'again';
  const state = sqlStateOf(error);
  if (state === undefined) return isConnectionLoss(error) ? 'later' : 'defect';
  if (lostRaces.has(state)) return 'again';
  if (passing.has(state) || brokenConnection.has(state) || state.startsWith('08')) return 'later';
  return 'defect';
}

/** node-postgres tells of some lost connections by words alone. */
function isConnectionLoss(error: unknown): boolean {
  return (
    error instanceof Error &&
    /Connection terminated|timeout exceeded when trying to connect/.test(error.message)
  );
}
