import { appError } from '#contracts/errors.ts';
import { fail, type Result } from '#contracts/result.ts';
import type { OpenAccess } from '../access-desk.ts';
import type { Workstation } from '../workstation.ts';

/** Does something with the list of who may open, and tells the screens of it. */
export async function withAccess<Value>(
  workstation: Workstation,
  work: (access: OpenAccess) => Promise<Result<Value>>,
): Promise<Result<Value>> {
  const access = workstation.access();
  if (access === null) return fail(appError('access.locked'));
  const outcome = await work(access);
  workstation.tellAccess();
  return outcome;
}
