import type { Scope } from '#contracts/ids.ts';
import type { Clock } from '../ports.ts';
import type { Database } from '../postgres/database.ts';
import * as sql from './statements.ts';

/** Facilities whose records a facility has or had copies of. */
export interface KnownHomes {
  of(scope: Scope): Promise<readonly Scope[]>;
  /** A device of the facility wrote about a record of `home`: from now on it has to hear of it. */
  note(scope: Scope, home: Scope): void;
}

const freshMs = 30_000;
const mostKept = 5_000;

/** Reads them, at most every half minute per facility. */
export function createKnownHomes(database: Database, clock: Clock): KnownHomes {
  const kept = new Map<Scope, { readonly at: number; readonly homes: readonly Scope[] }>();
  const homesOf = async (scope: Scope): Promise<readonly Scope[]> => {
    const known = kept.get(scope);
    if (known !== undefined && Math.abs(clock.now() - known.at) < freshMs) return known.homes;
    const rows = await database.rows(sql.readKnownHomes, sql.ScopeRowSchema, [scope]);
    const homes = rows.map((row) => row.scope).filter((home) => home !== scope);
    if (kept.size >= mostKept) kept.clear();
    kept.set(scope, { at: clock.now(), homes });
    return homes;
  };
  return {
    of: homesOf,
    note: (scope, home) => {
      if (kept.get(scope)?.homes.includes(home) === false) kept.delete(scope);
    },
  };
}
