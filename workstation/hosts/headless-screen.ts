import * as v from 'valibot';
import type { Link } from '#contracts/bridge/link.ts';
import { WorkstationMessageSchema } from '#contracts/bridge/messages.ts';
import {
  type RequestInput,
  type RequestName,
  type RequestOutput,
  type Requests,
  requests,
} from '#contracts/bridge/requests.ts';
import { appError } from '#contracts/errors.ts';
import { fail, ok, type Result } from '#contracts/result.ts';

/** A screen without pictures: scripts that enrol and prepare a workstation through the same requests as everybody. */
export interface HeadlessScreen {
  /** Fails with the errors of the request's contract, or `bridge.link-lost` when the link closed before the answer. */
  request<Name extends RequestName>(
    name: Name,
    input: RequestInput<Name>,
  ): Promise<Result<RequestOutput<Name>>>;
  close(): void;
}

/** A headless screen on a link that needs no greeting. */
export function openHeadlessScreen(link: Link): HeadlessScreen {
  const waiting = new Map<number, (answer: Result<unknown>) => void>();
  let lastId = 0;
  let isClosed = false;

  link.onMessage((raw) => {
    const message = v.parse(WorkstationMessageSchema, raw);
    if (message.type === 'answer') settle(message.id, ok(message.value));
    if (message.type === 'failure') settle(message.id, fail(message.error));
  });
  link.onClose(() => {
    isClosed = true;
    for (const id of [...waiting.keys()]) settle(id, fail(appError('bridge.link-lost')));
  });
  const settle = (id: number, answer: Result<unknown>): void => {
    waiting.get(id)?.(answer);
    waiting.delete(id);
  };
  const ask = (name: RequestName, input: unknown): Promise<Result<unknown>> => {
    if (isClosed) return Promise.resolve(fail(appError('bridge.link-lost')));
    lastId += 1;
    const id = lastId;
    return new Promise((resolve) => {
      waiting.set(id, resolve);
      link.send({ type: 'request', id, name, input });
    });
  };

  return {
    request: async (name, input) => parsed(name, await ask(name, input)),
    close: () => link.close(),
  };
}

function parsed<Name extends RequestName>(name: Name, answer: Result<unknown>): Result<RequestOutput<Name>> {
  if (!answer.ok) return answer;
  const schema: Requests[Name]['output'] = requests[name].output;
  return ok(v.parse(schema, answer.value));
}
