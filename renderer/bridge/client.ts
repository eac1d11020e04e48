import * as v from 'valibot';
import {
  type LiveViewInput,
  type LiveViewName,
  type LiveViewOutput,
  type LiveViews,
  liveViews,
} from '#contracts/bridge/live-views.ts';
import type { WorkstationMessage } from '#contracts/bridge/messages.ts';
import {
  type RequestInput,
  type RequestName,
  type RequestOutput,
  type Requests,
  requests,
} from '#contracts/bridge/requests.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { type ConnectionOptions, type ConnectionState, openConnection } from './connection.ts';
import { makeOpenedViews, type OpenedView, type ViewReport } from './opened-views.ts';
import { makePendingRequests } from './pending-requests.ts';

/** The screen's side of the bridge: typed requests and live views over whatever link is there. */
export interface BridgeClient {
  /**
   * Asks the workstation. Fails with the errors of the request's contract, or `bridge.link-lost` when the answer did not
   * come: then the request may or may not have been carried out.
   */
  request<Name extends RequestName>(
    name: Name,
    input: RequestInput<Name>,
  ): Promise<Result<RequestOutput<Name>>>;
  /** Opens a live view; it survives lost links. The receiver calls `seen` when a snapshot is on the screen. */
  openView<Name extends LiveViewName>(
    name: Name,
    input: LiveViewInput<Name>,
    told: (report: ViewReport<LiveViewOutput<Name>>) => void,
  ): OpenedView;
  connection(): ConnectionState;
  onConnection(listener: (state: ConnectionState) => void): () => void;
  /** Tries the link at once, also after a refusal. */
  retry(): void;
  close(): void;
}

/** Connects and stays connected until closed. */
export function openBridgeClient(options: ConnectionOptions): BridgeClient {
  let lastId = 0;
  const nextId = () => {
    lastId += 1;
    return lastId;
  };
  const send = (message: unknown) => connection.send(message);
  const pending = makePendingRequests(send, nextId, options.timers);
  const views = makeOpenedViews(send, nextId, options.timers);

  const connection = openConnection(options, {
    connected() {
      views.connected();
      pending.connected();
    },
    lost() {
      views.lost();
      pending.lost();
    },
    message: (message) => dispatch(message, pending, views),
  });

  return {
    request: (name, input) => {
      const contract = requests[name];
      const { promise, resolve } = Promise.withResolvers<Result<RequestOutput<typeof name>>>();
      const checked = v.safeParse(contract.input, input);
      if (!checked.success) return Promise.resolve(fail(invalidInput(checked.issues)));
      pending.add(name, checked.output, (outcome) => resolve(parseAnswer(name, outcome)));
      return promise;
    },
    openView: (name, input, told) => views.open(name, input, (report) => told(parseReport(name, report))),
    connection: () => connection.state(),
    onConnection: (listener) => connection.onState(listener),
    retry: () => connection.retry(),
    close() {
      connection.close();
      pending.failAll(appError('bridge.link-lost'));
    },
  };
}

function dispatch(
  message: WorkstationMessage,
  pending: ReturnType<typeof makePendingRequests>,
  views: ReturnType<typeof makeOpenedViews>,
): void {
  switch (message.type) {
    case 'answer':
      pending.answer(message.id, message.value);
      break;
    case 'failure':
      pending.fail(message.id, message.error);
      break;
    case 'snapshot':
      views.snapshot(message.id, message.seq, message.value);
      break;
    case 'ended':
      views.ended(message.id, message.error);
      break;
    case 'welcome':
      break;
  }
}

function parseAnswer<Name extends RequestName>(
  name: Name,
  outcome: Result<unknown>,
): Result<RequestOutput<Name>> {
  if (!outcome.ok) return outcome;
  const schema: Requests[Name]['output'] = requests[name].output;
  const parsed = v.safeParse(schema, outcome.value);
  return parsed.success ? ok(parsed.output) : fail(appError('bridge.unknown-message', { message: name }));
}

function parseReport<Name extends LiveViewName>(
  name: Name,
  report: ViewReport<unknown>,
): ViewReport<LiveViewOutput<Name>> {
  if (report.kind === 'ended') return report;
  const schema: LiveViews[Name]['output'] = liveViews[name].output;
  const parsed = v.safeParse(schema, report.value);
  if (parsed.success) return { kind: 'snapshot', value: parsed.output, seen: report.seen };
  return { kind: 'ended', error: appError('bridge.unknown-message', { message: name }) };
}

function invalidInput(issues: readonly v.BaseIssue<unknown>[]): AppError {
  const fields = issues.flatMap((issue) => v.getDotPath(issue) ?? []);
  return appError('bridge.invalid-input', { fields: fields.slice(0, 100) });
}
