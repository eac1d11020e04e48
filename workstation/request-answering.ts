import * as v from 'valibot';
import { type RequestName, type RequestOutput, type Requests, requests } from '#contracts/bridge/requests.ts';
import { appError } from '#contracts/errors.ts';
import { fail, type Result } from '#contracts/result.ts';
import { refusal, refusalBeyondLimit } from './authorisation.ts';
import { expectedFailure } from './expected-failure.ts';
import { pathsOf } from './issue-paths.ts';
import type { LinkServerOptions } from './link-server.ts';
import type { RequestHandler } from './requests/handler.ts';
import { requestHandlers } from './requests/request-handlers.ts';
import type { Workstation } from './workstation.ts';

/**
 * Answers one request: name, then authorisation, then input, then the handler. Never rejects. A request that writes is
 * answered after its commit is durable.
 */
export async function answerRequest(
  workstation: Workstation,
  name: string,
  input: unknown,
  options: LinkServerOptions,
): Promise<Result<unknown>> {
  try {
    if (!isRequestName(name)) return fail(appError('bridge.unknown-message', { message: name }));
    const answer = await answerNamed(workstation, name, input);
    if (answer.ok && options.checksOutput) v.parse(requests[name].output, answer.value);
    return answer;
  } catch (error) {
    return fail(expectedFailure(workstation, error));
  }
}

const isRequestName = (name: string): name is RequestName => Object.hasOwn(requests, name);

async function answerNamed<Name extends RequestName>(
  workstation: Workstation,
  name: Name,
  input: unknown,
): Promise<Result<RequestOutput<Name>>> {
  const session = workstation.session();
  const refused =
    refusal(requests[name].audience, session) ?? refusalBeyondLimit(name, workstation.mustConnect());
  if (refused !== null) return fail(refused);
  const schema: Requests[Name]['input'] = requests[name].input;
  const parsed = v.safeParse(schema, input);
  if (!parsed.success) return fail(appError('bridge.invalid-input', { paths: pathsOf(parsed.issues) }));
  const handle: RequestHandler<Name> = requestHandlers[name];
  return handle(parsed.output, { workstation, session });
}
