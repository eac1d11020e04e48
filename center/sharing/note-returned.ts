import type { RecordId, Scope } from '#contracts/ids.ts';
import type { SoundRow } from '../ingest/row-check.ts';
import type { Session } from '../postgres/database.ts';
import { writeRequestErrands } from './move-statements.ts';

/**
 * Has requests about patients looked at again whose record comes as a new one: a workstation brings it back after a restore, and the
 * patient may have moved since (docs/specs/center.md SHA-11), or be asked for already (SHA-13). Returns whether there is something
 * for the courier to do.
 */
export function noteReturned(
  session: Session,
  scope: Scope,
  at: number,
  rows: readonly SoundRow[],
): Promise<boolean> {
  const isNew = ({ collection, baseRev }: SoundRow) => collection === 'patients' && baseRev === null;
  return noteArrived(
    session,
    scope,
    at,
    rows.filter(isNew).map(({ id }) => id),
  );
}

/** The same of patients whose record was not in the facility before, however it came. */
export async function noteArrived(
  session: Session,
  scope: Scope,
  at: number,
  patients: readonly RecordId[],
): Promise<boolean> {
  if (patients.length === 0) return false;
  return (await session.run(writeRequestErrands, [scope, at, patients])) > 0;
}
