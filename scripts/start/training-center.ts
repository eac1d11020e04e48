import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Scope } from '#contracts/ids.ts';
import { StartRefusal } from './arguments.ts';
import { type CenterOrder, type CenterSays, CenterSaysSchema } from './center-messages.ts';
import { type Child, startChild } from './child.ts';

const script = fileURLToPath(new URL('./center-process.ts', import.meta.url));
/** A first start makes a PostgreSQL cluster and writes the district. */
const startLimitMs = 120_000;
const answerLimitMs = 20_000;
const closeLimitMs = 20_000;

/** The center of this start, which can be stopped and started again. */
export interface TrainingCenter {
  /** For workstations; the same after every start. */
  readonly url: string;
  /** For people; new with every start. */
  pageUrl(): string;
  isRunning(): boolean;
  start(): Promise<void>;
  stop(): Promise<void>;
  makeCode(scope: Scope): Promise<string>;
}

/** Starts the center. Throws a {@link StartRefusal} when it does not come up. */
export async function openTrainingCenter(
  order: CenterOrder,
  logFolder: string,
  endedByItself: (how: string) => void,
): Promise<TrainingCenter> {
  let child: Child<CenterSays> | undefined;
  let ready = { url: '', pageUrl: '' };

  const start = async (): Promise<void> => {
    await mkdir(order.dataFolder, { recursive: true });
    const starting = startChild({
      name: 'center',
      script,
      arguments: [JSON.stringify(order)],
      logPath: join(logFolder, 'center.log'),
      messages: CenterSaysSchema,
    });
    ready = await readyFrom(starting);
    child = starting;
    starting.onUnexpectedEnd((how) => {
      child = undefined;
      endedByItself(how);
    });
  };

  await start();
  return {
    url: ready.url,
    pageUrl: () => ready.pageUrl,
    isRunning: () => child !== undefined,
    start,
    async stop() {
      const stopping = child;
      child = undefined;
      await stopping?.close(closeLimitMs);
    },
    async makeCode(scope) {
      if (child === undefined) throw new StartRefusal('The center is stopped.');
      child.send({ type: 'make-code', scope });
      const answer = await child.next(answerLimitMs);
      if (answer.type !== 'code') throw new Error(`the center answered ${answer.type} instead of a code`);
      return answer.code;
    },
  };
}

async function readyFrom(
  child: Child<CenterSays>,
): Promise<{ readonly url: string; readonly pageUrl: string }> {
  try {
    const answer = await child.next(startLimitMs);
    if (answer.type === 'ready') return answer;
    throw new StartRefusal(
      `The center did not start: ${answer.type === 'failed' ? answer.reason : answer.type}`,
    );
  } catch (error) {
    await child.kill();
    if (error instanceof StartRefusal) throw error;
    throw new StartRefusal(`The center did not start: ${error instanceof Error ? error.message : 'unknown'}`);
  }
}
