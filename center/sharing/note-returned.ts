import type { Scope } from '#contracts/ids.ts';
import type { SoundRow } from '../ingest/row-check.ts';
import type { Session } from '../postgres/database.ts';
import { writeMoveErrands } from './move-statements.ts';

/**
 * Has the moves of patients looked at again whose record comes as a new one: a workstation brings it back after a restore, and the
 * patient may have moved since (docs/specs/center.md SHA-11). Returns whether there is something for the courier to do.
 */
export async function noteReturned(
  session: Session,
  scope: Scope,
  at: number,
  rows: readonly SoundRow[],
): Promise<boolean> {
  const returned = rows.flatMap(({ collection, baseRev, id }) =>
    collection === 'patients' && baseRev === null ? [id] : [],
  );
  if (returned.length === 0) return false;
  return (await session.run(writeMoveErrands, [scope, at, returned])) > 0;
}
