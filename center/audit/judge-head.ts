import type * as v from 'valibot';
import type { AuditHead, StatusSchema } from '#contracts/wire/client-messages.ts';

/** What a workstation says of its audit trail. */
export type ToldTrail = NonNullable<v.InferOutput<typeof StatusSchema>['audit']>;

/** Why a head does not continue those that were told before. */
export type HeadFinding = 'rolled-back' | null;

/**
 * Judges a head that a workstation tells (AUD-7). `newest`: the head with the highest number told so far. `toldAtKept`: the hashes told
 * earlier for the number of `atKept`.
 */
export function judgeHead(
  told: ToldTrail,
  newest: AuditHead | null,
  toldAtKept: readonly string[],
): HeadFinding {
  if (newest !== null && told.seq < newest.seq) return 'rolled-back';
  if (newest !== null && told.seq === newest.seq && told.hash !== newest.hash) return 'rolled-back';
  const { atKept } = told;
  if (atKept === undefined || toldAtKept.length === 0) return null;
  return atKept.hash !== null && toldAtKept.includes(atKept.hash) ? null : 'rolled-back';
}
