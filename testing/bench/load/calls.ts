import type { ChildProcess } from 'node:child_process';
import * as v from 'valibot';

const CallSchema = v.object({ call: v.number(), name: v.string(), value: v.unknown() });
const AnswerSchema = v.union([
  v.object({ answer: v.number(), value: v.unknown() }),
  v.object({ answer: v.number(), failure: v.string() }),
  v.object({ ready: v.literal(true) }),
]);

/** What a process answers, by name. Values are whatever JSON holds. */
export type Calls = Readonly<Record<string, (value: unknown) => Promise<unknown>>>;

/** A process that answers calls. */
export interface Side {
  /** Asks and parses the answer; rejects with what the other side threw, when it ends, or after `limitMs`. */
  ask<Value>(
    name: string,
    schema: v.GenericSchema<unknown, Value>,
    value?: unknown,
    limitMs?: number,
  ): Promise<Value>;
  readonly pid: number;
  /** Asks it to `close`, then waits for its end; kills it if that takes too long. */
  close(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
}

/** Serves the calls of the parent process, and says that it is ready. */
export function serveCalls(calls: Calls): void {
  process.on('message', (message) => {
    const { call, name, value } = v.parse(CallSchema, message);
    const answer = calls[name];
    const asked = answer === undefined ? Promise.reject(new Error(`no call ${name}`)) : answer(value);
    asked.then(
      (result) => process.send?.({ answer: call, value: result ?? null }),
      (error: unknown) =>
        process.send?.({ answer: call, failure: error instanceof Error ? (error.stack ?? '') : 'failure' }),
    );
  });
  process.send?.({ ready: true });
}

/** Wraps a forked process that runs {@link serveCalls}; resolves when it is ready. */
export async function sideOf(child: ChildProcess, what: string): Promise<Side> {
  const waiting = new Map<number, (outcome: { readonly value: unknown } | Error) => void>();
  let calls = 0;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void gone.then(() => {
    for (const settle of waiting.values()) settle(new Error(`${what} ended`));
  });
  await new Promise<void>((resolve, reject) => {
    child.on('message', (message) => {
      const parsed = v.parse(AnswerSchema, message);
      if ('ready' in parsed) return resolve();
      const settle = waiting.get(parsed.answer);
      waiting.delete(parsed.answer);
      settle?.('failure' in parsed ? new Error(`${what}: ${parsed.failure}`) : parsed);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`${what} ended with ${code ?? signal}`)));
  });
  const ask: Side['ask'] = (name, schema, value = null, limitMs = 600_000) =>
    new Promise((resolve, reject) => {
      calls += 1;
      const call = calls;
      const timer = setTimeout(() => settle(new Error(`${what}: no answer to ${name}`)), limitMs);
      const settle = (outcome: { readonly value: unknown } | Error) => {
        clearTimeout(timer);
        waiting.delete(call);
        if (outcome instanceof Error) reject(outcome);
        else resolve(v.parse(schema, outcome.value));
      };
      waiting.set(call, settle);
      child.send({ call, name, value });
    });
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  return {
    ask,
    pid: child.pid ?? 0,
    kill,
    close: async () => {
      const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await ask('close', v.unknown(), null, 15_000).catch(() => undefined);
      if (child.connected) child.disconnect();
      await gone;
      clearTimeout(timer);
    },
  };
}
