import type { RequestInput, RequestName, RequestOutput } from '#contracts/bridge/requests.ts';
import { appError } from '#contracts/errors.ts';
import { fail, type Result } from '#contracts/result.ts';
import type { Session } from '../session.ts';
import type { Workstation } from '../workstation.ts';

type Answer<Name extends RequestName> = Result<RequestOutput<Name>>;

/** Where a request meets the workstation. `session` was found to be allowed; null only where anyone may ask. */
export interface RequestContext {
  readonly workstation: Workstation;
  readonly session: Session | null;
}

/** Answers one kind of request. The input has been parsed and the session authorised. */
export type RequestHandler<Name extends RequestName> = (
  input: RequestInput<Name>,
  context: RequestContext,
) => Promise<Answer<Name>>;

/** A handler that needs somebody at work. The lock waits until it is done. */
export function whileUnlocked<Name extends RequestName>(
  handle: (
    input: RequestInput<Name>,
    session: Session,
    workstation: Workstation,
  ) => Answer<Name> | Promise<Answer<Name>>,
): RequestHandler<Name> {
  return async (input, { workstation, session }) => {
    if (session === null) return fail(appError('access.locked'));
    return workstation.whileOpen(async () => handle(input, session, workstation));
  };
}
