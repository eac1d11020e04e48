import type { Scope } from '#contracts/ids.ts';
import type { Session } from '../postgres/database.ts';
import { keyColumns } from './note-applied.ts';
import * as sql from './statements.ts';

/**
 * Strikes off errands that are done (docs/specs/center.md SHA-2). Those that were asked for once more meanwhile are due again at
 * once; those whose claim ran out belong to whoever claimed them since. Two statements, because one alone sees the moment before a
 * transaction it has to wait for: an errand asked for once more by that transaction would be neither struck off nor released.
 */
export async function finishErrands(
  session: Session,
  scope: Scope,
  errands: readonly sql.Errand[],
): Promise<void> {
  const names = [scope, errands.map(({ kind }) => kind), ...keyColumns(errands)] as const;
  const claims = errands.map((errand) => errand.claimed_until);
  const generations = errands.map(({ generation }) => generation);
  const struck = await session.run(sql.strikeErrands, [...names, claims, generations]);
  if (struck < errands.length) await session.run(sql.releaseErrands, [...names, claims]);
}
