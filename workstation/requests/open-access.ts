import { appError } from '#contracts/errors.ts';
import { fail, type Result } from '#contracts/result.ts';
import type { OpenAccess } from '../access-desk.ts';
import { keepNewestList } from '../list-freshness.ts';
import type { Workstation } from '../workstation.ts';

/** Does something with the list of who may open, and tells the screens of it. */
export async function withAccess<Value>(
  workstation: Workstation,
  work: (access: OpenAccess) => Promise<Result<Value>>,
): Promise<Result<Value>> {
  const access = workstation.access();
  if (access === null) return fail(appError('access.locked'));
  const outcome = await work(access);
  // From now on a list from before this change is an older one (ACC-29); a full disk puts that off to the next unlock.
  const replica = workstation.session()?.replica;
  if (replica !== undefined) {
    await keepNewestList(replica, access.slots).catch((error) => workstation.parts.log.incident(error));
  }
  workstation.tellAccess();
  return outcome;
}
