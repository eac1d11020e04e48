import * as v from 'valibot';
import type { Link } from '#contracts/bridge/link.ts';
import type { LiveViewInput, LiveViewName, LiveViewOutput, LiveViews } from '#contracts/bridge/live-views.ts';
import { liveViews } from '#contracts/bridge/live-views.ts';
import { type WorkstationMessage, WorkstationMessageSchema } from '#contracts/bridge/messages.ts';
import {
  type RequestInput,
  type RequestName,
  type RequestOutput,
  type Requests,
  requests,
} from '#contracts/bridge/requests.ts';
import { appError } from '#contracts/errors.ts';
import { fail, ok, type Result } from '#contracts/result.ts';

/** A live view as a test sees it. */
export interface TestView<Output> {
  /** Snapshots so far; `seen` is said for each unless `isSlow`. */
  readonly snapshots: Output[];
  readonly sequence: number[];
  ended: string | null;
  /** Says `seen` for the newest snapshot. */
  seen(): void;
  close(): void;
  /** The newest snapshot that fits, waiting for it. */
  until(fits: (value: Output) => boolean): Promise<Output>;
  /** The code it ended with, waiting for it. */
  untilEnded(): Promise<string>;
}

/** A screen for tests: speaks the bridge over any link, and can misbehave. */
export interface TestScreen {
  request<Name extends RequestName>(
    name: Name,
    input: RequestInput<Name>,
  ): Promise<Result<RequestOutput<Name>>>;
  /** A request as a strange screen would send it. */
  ask(name: string, input: unknown): Promise<Result<unknown>>;
  open<Name extends LiveViewName>(
    name: Name,
    input: LiveViewInput<Name>,
    options?: { readonly isSlow?: boolean },
  ): TestView<LiveViewOutput<Name>>;
  /** A view as a strange screen would open it. */
  openRaw(name: string, input: unknown): TestView<unknown>;
  send(message: unknown): void;
  /** Everything that was heard. */
  readonly heard: WorkstationMessage[];
  readonly isClosed: boolean;
  close(): void;
}

export function openTestScreen(link: Link): TestScreen {
  const heard: WorkstationMessage[] = [];
  const waiting = new Map<number, (answer: Result<unknown>) => void>();
  const views = new Map<number, { hear(message: WorkstationMessage): void }>();
  let lastId = 0;
  let isClosed = false;

  link.onMessage((raw) => {
    const message = v.parse(WorkstationMessageSchema, raw);
    heard.push(message);
    if (message.type === 'welcome') return;
    if (message.type === 'answer') waiting.get(message.id)?.(ok(message.value));
    if (message.type === 'failure') waiting.get(message.id)?.(fail(message.error));
    views.get(message.id)?.hear(message);
  });
  link.onClose(() => {
    isClosed = true;
    for (const settle of waiting.values()) settle(fail(appError('bridge.link-lost')));
  });
  const nextId = () => {
    lastId += 1;
    return lastId;
  };
  const ask = (name: string, input: unknown): Promise<Result<unknown>> =>
    new Promise((resolve) => {
      const id = nextId();
      waiting.set(id, resolve);
      if (isClosed) resolve(fail(appError('bridge.link-lost')));
      else link.send({ type: 'request', id, name, input });
    });
  const openView = <Output>(
    name: string,
    input: unknown,
    parse: (value: unknown) => Output,
    isSlow: boolean,
  ): TestView<Output> => {
    const id = nextId();
    const view: TestView<Output> = {
      snapshots: [],
      sequence: [],
      ended: null,
      seen: () => link.send({ type: 'seen', id, seq: view.sequence.at(-1) ?? 0 }),
      close: () => link.send({ type: 'close', id }),
      until: (fits) => eventually(() => view.snapshots.findLast(fits), `a snapshot of ${name}`),
      untilEnded: () => eventually(() => view.ended ?? undefined, `the end of ${name}`),
    };
    views.set(id, {
      hear: (message) => {
        if (message.type === 'ended') view.ended = message.error.code;
        if (message.type !== 'snapshot') return;
        view.snapshots.push(parse(message.value));
        view.sequence.push(message.seq);
        if (!isSlow) view.seen();
      },
    });
    link.send({ type: 'open', id, name, input });
    return view;
  };

  return {
    ask,
    heard,
    get isClosed() {
      return isClosed;
    },
    request: async (name, input) => parsedAnswer(name, await ask(name, input)),
    open: (name, input, options) => openView(name, input, parserOf(name), options?.isSlow ?? false),
    openRaw: (name, input) => openView(name, input, (value) => value, false),
    send: (message) => link.send(message),
    close: () => link.close(),
  };
}

function parserOf<Name extends LiveViewName>(name: Name): (value: unknown) => LiveViewOutput<Name> {
  const schema: LiveViews[Name]['output'] = liveViews[name].output;
  return (value) => v.parse(schema, value);
}

function parsedAnswer<Name extends RequestName>(
  name: Name,
  answer: Result<unknown>,
): Result<RequestOutput<Name>> {
  if (!answer.ok) return answer;
  const schema: Requests[Name]['output'] = requests[name].output;
  return ok(v.parse(schema, answer.value));
}

/** Waits until `look` gives something; throws after `limitMs`. */
export async function eventually<Value>(
  look: () => Value | undefined,
  what: string,
  limitMs = 10_000,
): Promise<Value> {
  const until = Date.now() + limitMs;
  for (;;) {
    const value = look();
    if (value !== undefined) return value;
    if (Date.now() > until) throw new Error(`waited ${limitMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
