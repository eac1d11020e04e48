import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import * as v from 'valibot';

export interface ChildOptions<Message> {
  /** For messages at the terminal: `center`, `workstation`. */
  readonly name: string;
  readonly script: string;
  readonly arguments: readonly string[];
  /** Where what it writes to its standard error is appended. */
  readonly logPath: string;
  /** What it may say. Anything else ends it: it is another build. */
  readonly messages: v.GenericSchema<unknown, Message>;
}

/** A process of this start, told what to do over its message channel. */
export interface Child<Message> {
  readonly pid: number;
  send(message: object): void;
  /** The next message. Rejects when the process ends first, or after `limitMs`. */
  next(limitMs: number): Promise<Message>;
  /** Told once, when it ended by itself. */
  onUnexpectedEnd(told: (how: string) => void): void;
  /** Asks it to close what is open, and kills it when it takes longer than `limitMs`. */
  close(limitMs: number): Promise<void>;
  /** SIGKILL, as a power cut would. Resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts a script of the project on the same Node. The script closes itself when this process is gone. */
export function startChild<Message>(options: ChildOptions<Message>): Child<Message> {
  // Straight to the file: a pipe through this process would break with it, and the child could not close in order.
  const log = openSync(options.logPath, 'a', 0o600);
  const child = fork(options.script, [...options.arguments], {
    // What it says on its standard output is for people who start it themselves, and holds addresses with tokens.
    stdio: ['ignore', 'ignore', log, 'ipc'],
    execArgv: [],
  });
  const inbox = receiveFrom(child, options);
  const ended = endOf(child).finally(() => closeSync(log));
  let isExpected = false;
  return {
    pid: child.pid ?? 0,
    send: (message) => void (child.connected && child.send(message)),
    next: (limitMs) => inbox.next(limitMs),
    onUnexpectedEnd: (told) => void ended.then((how) => isExpected || told(how)),
    async close(limitMs) {
      isExpected = true;
      if (child.connected) child.send({ type: 'close' });
      const limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
      await ended;
      clearTimeout(limit);
    },
    async kill() {
      isExpected = true;
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const endOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
  });

/** Messages in order, to whoever waits for the next one. One waits at a time. */
function receiveFrom<Message>(child: ChildProcess, { name, messages, logPath }: ChildOptions<Message>) {
  const unread: Message[] = [];
  let waiting: PromiseWithResolvers<Message> | undefined;
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    waiting?.reject(failure);
  };
  child.on('message', (raw) => {
    const parsed = v.safeParse(messages, raw);
    if (!parsed.success) return fail(new Error(`the ${name} said something unknown`));
    if (waiting === undefined) return void unread.push(parsed.output);
    waiting.resolve(parsed.output);
    waiting = undefined;
  });
  void endOf(child).then((how) => fail(new Error(`the ${name} ended (${how}); see ${logPath}`)));
  return {
    async next(limitMs: number): Promise<Message> {
      const first = unread.shift();
      if (first !== undefined) return first;
      if (failure !== undefined) throw failure;
      const answer = Promise.withResolvers<Message>();
      waiting = answer;
      const limit = setTimeout(() => {
        answer.reject(new Error(`the ${name} did not answer within ${limitMs / 1000} s`));
      }, limitMs);
      try {
        return await answer.promise;
      } finally {
        clearTimeout(limit);
        waiting = undefined;
      }
    },
  };
}
